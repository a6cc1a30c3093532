"""The direction of the imports: what stands low knows nothing of what stands on it.

At the bottom is the language that sentences are said in, then records and errors, then what every
stage leans on, then the stages, the checker that puts them in a row, and the ways in. The heavy
libraries are imported late and in few places.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the bottom up. A module imports from the floors below its own, never sideways; on the floors
# in `SOCIABLE` the modules may lean on each other. A name stands for everything below it, too.
FLOORS: dict[str, set[str]] = {
    "words": {"quotecheck.translation"},
    "records": {"quotecheck.errors", "quotecheck.records"},
    "shapes": {"quotecheck.wire"},
    "foundations": {
        "quotecheck.coref",
        "quotecheck.encode",
        "quotecheck.language",
        "quotecheck.normalize",
        "quotecheck.settings",
        "quotecheck.tok2vec",
        "quotecheck.transformer",
        # Parts of stages that would be too long in one piece:
        "quotecheck.address",  # of fetch
        "quotecheck.align",  # of locate
        "quotecheck.ambiguity",  # of verdict
        "quotecheck.antecedents",  # of referents
        "quotecheck.choose",  # of extract
        "quotecheck.decode",  # of extract
        "quotecheck.edits",  # of verdict
        "quotecheck.forms",  # of verdict
        "quotecheck.gate",  # of fetch
        "quotecheck.groups",  # of referents
        "quotecheck.index",  # of locate
        "quotecheck.links",  # of referents
        "quotecheck.marks",  # of claim
        "quotecheck.matches",  # of locate
        "quotecheck.mentions",  # of referents
        "quotecheck.operators",  # of scope
        "quotecheck.pagedata",  # of extract
        "quotecheck.pairing",  # of referents
        "quotecheck.places",  # of locate
        "quotecheck.sets",  # of referents
        "quotecheck.speech",  # of scope
        "quotecheck.textfragment",  # of report
        "quotecheck.visible",  # of extract
        "quotecheck.weights",  # of verdict
    },
    "claim": {"quotecheck.claim"},
    "passages": {"quotecheck.passages"},
    "scope": {"quotecheck.scope"},  # a stage in several modules
    "stages": {
        "quotecheck.context",
        "quotecheck.extract",
        "quotecheck.fetch",
        "quotecheck.locate",
        "quotecheck.referents",
        "quotecheck.repair",
        "quotecheck.verdict",
        "quotecheck.wording",
    },
    "report": {"quotecheck.report"},
    "cases": {"quotecheck.cases"},
    "views": {
        "quotecheck.annotation",
        "quotecheck.markdown",
        "quotecheck.runs",
        "quotecheck.terminal",
    },
    "checker": {"quotecheck.checker"},
    "ways in": {
        "quotecheck.audit",
        "quotecheck.batch",
        "quotecheck.evaluate",
        "quotecheck.floors",
        "web",
    },
    "commands": {"quotecheck.cli"},
    "apart": {"quotecheck.training"},
}
SOCIABLE = {"foundations", "scope", "views", "ways in", "apart"}
# The package's front door, which imports the public names from wherever they are.
DOOR = "quotecheck"

# The modules that hold the models. They import slow libraries at their top, so everybody else
# imports them late: inside the function that loads a model.
LATE = {
    "quotecheck.coref.component",
    "quotecheck.coref.network",
    "quotecheck.coref.parts",
    "quotecheck.coref.plurals",
    "quotecheck.coref.weights",
    "quotecheck.encode",
    "quotecheck.language",
    "quotecheck.tok2vec",
    "quotecheck.transformer",
    "quotecheck.training",
}

# Which modules may import a library.
LIBRARIES = {
    "flask": {"web"},
    "werkzeug": {"web"},
    "sqlalchemy": {"web.database", "web.store", "web.tables", "web.migrations"},
    "alembic": {"web.database", "web.migrations"},
    "gunicorn": {"web.workers"},
    "prometheus_client": {"web.health", "web.workers"},
    "structlog": {"web.logs"},
    "rich": {"quotecheck.terminal"},
    "babel": {"quotecheck.translation", "web.languages", "web.present"},
    "trafilatura": {"quotecheck.extract", "quotecheck.choose", "quotecheck.pagedata"},
    "httpx": {"quotecheck.fetch", "quotecheck.gate"},
    "pydantic": {"quotecheck.wire", "web.codec", "web.openapi"},
    "torch": LATE,
    "transformers": LATE,
    "sentence_transformers": LATE,
    "spacy": LATE,
    "thinc": LATE,
}

# All of the check that the web application may know; `web.server` alone puts the checker together.
WEB_KNOWS = {
    "quotecheck.cases",
    "quotecheck.checker",
    "quotecheck.claim",
    "quotecheck.decode",
    "quotecheck.errors",
    "quotecheck.annotation",
    "quotecheck.markdown",
    "quotecheck.records",
    "quotecheck.report",
    "quotecheck.runs",
    "quotecheck.settings",
    "quotecheck.translation",
    "quotecheck.wire",
}
SERVER_KNOWS = WEB_KNOWS | {"quotecheck.encode", "quotecheck.fetch", "quotecheck.language"}

# What must not be in memory once `import quotecheck` is done: `--help` should not wait for these.
SLOW = (
    *("torch", "spacy", "thinc", "transformers", "sentence_transformers"),
    *("flask", "httpx", "trafilatura", "numpy", "pydantic", "rapidfuzz", "rich"),
    "babel",
)


@dataclass(frozen=True, slots=True)
class Import:
    """One import of one module: what it names, and whether it runs as soon as its module does."""

    target: str
    is_at_top: bool
    line: int


def name_of(path: Path) -> str:
    """Return the dotted name of the module in a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_imports(path: Path) -> list[Import]:
    """Return the imports of a module, those for the type checker alone left out."""
    found: list[Import] = []

    def walk(node: ast.AST, *, is_at_top: bool) -> None:
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                for below in node.orelse:
                    walk(below, is_at_top=is_at_top)
                return
            case ast.Import():
                found.extend(Import(alias.name, is_at_top, node.lineno) for alias in node.names)
            case ast.ImportFrom(module=str(base), level=0):
                # `from package import module` names the module; for other names `owner` finds it.
                found.extend(
                    Import(f"{base}.{alias.name}", is_at_top, node.lineno) for alias in node.names
                )
            case ast.ImportFrom():
                found.append(Import("." * node.level, is_at_top, node.lineno))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                is_at_top = False
        for below in ast.iter_child_nodes(node):
            walk(below, is_at_top=is_at_top)

    walk(ast.parse(path.read_text(encoding="utf-8")), is_at_top=True)
    return found


MODULES = {
    name_of(path): path for top in ("quotecheck", "web") for path in (ROOT / top).rglob("*.py")
}
IMPORTS = {name: read_imports(path) for name, path in MODULES.items()}


def owner(target: str) -> str | None:
    """Return the module of ours that an imported name belongs to."""
    while target and target not in MODULES:
        target = target.rpartition(".")[0]
    return target or None


def is_within(name: str, packages: set[str]) -> bool:
    """Say whether a module is one of those named, or below one of them."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def floor_of(name: str) -> str:
    """Return the floor that a module stands on."""
    for floor, names in FLOORS.items():
        if is_within(name, names):
            return floor
    pytest.fail(f"{name} stands on no floor yet: say in FLOORS where it belongs")


@pytest.mark.parametrize("name", sorted(MODULES.keys() - {DOOR}))
def test_imports_lead_downwards(name: str) -> None:
    """A module imports from the floors below it, and from its own only where that is said."""
    order = list(FLOORS)
    own = floor_of(name)
    for found in IMPORTS[name]:
        target = owner(found.target)
        if target is None or target in {name, DOOR}:
            continue
        floor = floor_of(target)
        is_allowed = order.index(floor) < order.index(own) or (floor == own and own in SOCIABLE)
        assert is_allowed, f"{name}, line {found.line}: {own} must not import {target} ({floor})"


@pytest.mark.parametrize("name", sorted(MODULES.keys() - {DOOR}))
def test_core_does_not_go_through_the_front_door(name: str) -> None:
    """Inside the package, modules are imported by their own names; only `web` uses the public."""
    if name.startswith("quotecheck"):
        through = [found for found in IMPORTS[name] if owner(found.target) == DOOR]
        assert not through, f"{name} imports {through[0].target} from the package itself"


@pytest.mark.parametrize("name", sorted(name for name in MODULES if is_within(name, {"web"})))
def test_web_knows_only_what_is_listed(name: str) -> None:
    """The web application has its checks made, and reaches into no step of them."""
    known = SERVER_KNOWS if name == "web.server" else WEB_KNOWS
    for found in IMPORTS[name]:
        target = owner(found.target) or ""
        if is_within(target, {"quotecheck"}):
            assert target in known, f"{name}, line {found.line}: imports {target}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_are_absolute(name: str) -> None:
    """Every import says in full what it imports."""
    assert not [found.line for found in IMPORTS[name] if found.target.startswith(".")]


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_is_imported_only_where_it_belongs(library: str) -> None:
    """Each library that shapes the code around it stays in the few modules that wrap it."""
    for name, imports in IMPORTS.items():
        if not is_within(name, LIBRARIES[library]):
            for found in imports:
                root = found.target.partition(".")[0]
                assert root != library, f"{name}, line {found.line}: imports {library}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_models_are_imported_late(name: str) -> None:
    """What loads slowly is imported by the function that needs it, never with its module."""
    if not is_within(name, LATE):
        for found in IMPORTS[name]:
            is_late = is_within(owner(found.target) or "", LATE)
            assert not (is_late and found.is_at_top), (
                f"{name}, line {found.line}: import {found.target} inside a function"
            )


def test_nothing_imports_training() -> None:
    """What made the weights is no part of a check."""
    for name, imports in IMPORTS.items():
        if not is_within(name, {"quotecheck.training"}):
            for found in imports:
                target = owner(found.target) or ""
                assert not is_within(target, {"quotecheck.training"}), f"{name}, line {found.line}"


def test_importing_the_package_loads_nothing_slow() -> None:
    """`import quotecheck`, and `--help`, bring in no library that holds models."""
    code = f"import sys, quotecheck.cli; print(*(m for m in {SLOW} if m in sys.modules))"
    done = subprocess.run(  # noqa: S603  # our own code, given above
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
