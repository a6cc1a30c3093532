"""The language in which sentences are said: English, or any that has a catalog in `translations/`.

The catalogs' keys are the English sentences themselves. What a check finds is told in English and
can be told again: `Report.retold("de")`, or under `use_language("de")` whatever is said anew.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # read at run time where a report is put away
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGLISH: Final = "en"
DOMAIN: Final = "quotecheck"
CATALOGS: Final = Path(__file__).parent / "translations"

# Each request and each thread has its own.
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


@cache
def available_languages() -> tuple[str, ...]:
    """Return the codes of all languages that sentences can be said in, English first."""
    compiled = CATALOGS.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return (ENGLISH, *sorted(path.parent.parent.name for path in compiled))


def current_language() -> str:
    """Return the code of the language that sentences are said in just now."""
    return _language.get()


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Say sentences in a language, as long as the context lasts.

    Args:
        code: The language, with or without a region: `de`, `de-AT`, `de_AT`. One that there is no
            catalog for is English.
    """
    token = _language.set(_nearest(code))
    try:
        yield
    finally:
        _language.reset(token)


def gettext(sentence: str) -> str:
    """Return a sentence in the current language; one that no catalog knows stays English."""
    # Under the empty key a catalog keeps what is said of the catalog.
    return _catalog(_language.get()).gettext(sentence) if sentence else ""


def ngettext(one: str, several: str, count: int) -> str:
    """Return the sentence for so many things in the current language."""
    return _catalog(_language.get()).ngettext(one, several, count)


def N_(sentence: str) -> str:  # noqa: N802  # the name by which gettext's tools know it
    """Mark a sentence for translation that is said later."""
    return sentence


@dataclass(frozen=True, slots=True)
class Message:
    """Sentences that are made in one language and said in another: `str` gives them in English.

    `values` stand for the names in braces, in any of the sentences. One that is written as
    `{count:,}` is a number to be read as such, with the separators that the language has; without
    a colon it is left as it is, like a port or a status.
    """

    sentences: tuple[str, ...]
    values: Mapping[str, str | float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in English."""
        return self._fill(self.sentences, ENGLISH)

    def said(self) -> str:
        """Say it in the current language."""
        return self._fill([gettext(sentence) for sentence in self.sentences], current_language())

    def _fill(self, sentences: tuple[str, ...] | list[str], language: str) -> str:
        text = " ".join(sentences)
        return _Filler(language).vformat(text, (), self.values) if self.values else text


class _Filler(Formatter):
    """Puts values in the place of names, numbers as the language writes them."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: object, format_spec: str) -> str:
        """Write one value."""
        if format_spec and isinstance(value, int | float) and self._language != ENGLISH:
            from babel.numbers import format_decimal  # noqa: PLC0415  # English does without

            return format_decimal(value, locale=self._language)
        return str(super().format_field(value, format_spec))


def _nearest(code: str) -> str:
    """Return the available language that a code names, its region left out where need be."""
    known = {name.lower(): name for name in available_languages()}
    wanted = code.replace("-", "_").lower()
    return known.get(wanted) or known.get(wanted.partition("_")[0], ENGLISH)


@cache
def _catalog(language: str) -> NullTranslations:
    if language == ENGLISH:
        return NullTranslations()
    return translation(DOMAIN, CATALOGS, [language])
