# Quotecheck's everyday commands. `make` alone explains them.
#
# PYTHON       the Python to make .venv with; by default the first on the path that will do
# TORCH_INDEX  a further package index with another build of PyTorch; a CPU build there is preferred
# PIP_EXTRA    further arguments for every `pip install`
# FORM         where the form is that `make bookmarklet` makes bookmarks for

PYTHON ?=
TORCH_INDEX ?=
PIP_EXTRA ?=
FORM ?= http://127.0.0.1:8000/

PIP := .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
       --progress-bar off --constraint constraints.txt \
       $(if $(TORCH_INDEX),--extra-index-url '$(TORCH_INDEX)') $(PIP_EXTRA)

# The scripts in .venv hold its path, so a checkout that was moved gets a new one; what is installed
# depends on what the two files say, not on when they were written.
PLACE := $(shell pwd | cksum | cut -d ' ' -f 1)
PINS := $(shell cat pyproject.toml constraints.txt | cksum | cut -d ' ' -f 1)
MADE := .venv/.made-$(PLACE)
RUNS := .venv/.runs-$(PLACE)-$(PINS)
TESTS := .venv/.tests-$(PLACE)-$(PINS)

# An upgrade of the system can take away the Python that .venv was made with.
ifeq (,$(shell .venv/bin/python -c 'print(1)' 2>/dev/null))
$(shell rm -f .venv/.made-* .venv/.runs-* .venv/.tests-*)
endif

.DEFAULT_GOAL := help
.PHONY: help setup serve bookmarklet test lint format translations clean

help: ## show what can be done here
	@echo 'Quotecheck: is a quotation fair to its source?'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(RUNS) ## make .venv and install Quotecheck into it

serve: $(RUNS) ## set up what is missing, then start the web form on http://127.0.0.1:8000
	@.venv/bin/quotecheck serve

bookmarklet: $(RUNS) ## print the two bookmarks' addresses, for the form at FORM
	@.venv/bin/python -m web.bookmarklet '$(FORM)'

test: $(TESTS) ## set up what is missing, then run the whole test suite, style checks included
	@.venv/bin/python -m pytest

lint: $(TESTS) ## check formatting, style and types alone
	@.venv/bin/python -m ruff format --check .
	@.venv/bin/python -m ruff check .
	@.venv/bin/python -m mypy

format: $(TESTS) ## format the code, and mend what ruff can mend
	@.venv/bin/python -m ruff format .
	@.venv/bin/python -m ruff check --fix .

CHECK_WORDS := --domain quotecheck -d quotecheck/translations
PAGE_WORDS := --domain messages -d web/translations
EXTRACT := .venv/bin/pybabel --quiet extract --add-location file --sort-by-file \
           --add-comments Translators: --width 100
UPDATE := .venv/bin/pybabel --quiet update --width 100 --no-fuzzy-matching \
          --ignore-obsolete --ignore-pot-creation-date

translations: $(RUNS) ## gather the sentences to translate, update the catalogs and compile them
	@set -eu; \
	template=$$(mktemp); \
	trap 'rm -f "$$template"' EXIT; \
	$(EXTRACT) -F pyproject.toml -o "$$template" quotecheck; \
	$(UPDATE) $(CHECK_WORDS) -i "$$template"; \
	.venv/bin/pybabel compile $(CHECK_WORDS) --statistics; \
	$(EXTRACT) -F web/babel.cfg -k gettext -k _ -k lazy_gettext -o "$$template" web; \
	$(UPDATE) $(PAGE_WORDS) -i "$$template"; \
	.venv/bin/pybabel compile $(PAGE_WORDS) --statistics

clean: ## remove .venv, caches and build output
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A step leaves its stamp only when all of it went well; what was begun and broken off starts anew.

$(MADE):
	@set -eu; \
	if .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	    && grep -qF "$$(pwd)/.venv" .venv/pyvenv.cfg; then touch $@; exit 0; fi; \
	found=''; \
	for name in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
	    if "$$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	        >/dev/null 2>&1; then found="$$name"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo 'Quotecheck needs Python 3.11 or newer, with the venv module' \
	        '(Debian and Ubuntu: apt install python3-venv).' >&2; \
	    echo 'If you have one elsewhere, name it: make setup PYTHON=/path/to/python3.' >&2; \
	    exit 1; \
	fi; \
	echo "Making .venv with $$("$$found" --version) …"; \
	rm -rf .venv; \
	"$$found" -m venv .venv; \
	touch $@

$(RUNS): $(MADE)
	@set -eu; \
	rm -f .venv/.runs-* .venv/.tests-*; \
	echo 'Installing Quotecheck and what it needs (several minutes the first time) …'; \
	$(PIP) --editable .; \
	touch $@; \
	echo 'Installed: .venv/bin/quotecheck'

$(TESTS): $(RUNS)
	@set -eu; \
	echo 'Installing what the tests need …'; \
	$(PIP) --editable '.[test]'; \
	touch $@
