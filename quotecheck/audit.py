"""An article's quotations against the sources that it links for them.

    article ─► quotations with their links (`passages.py`) ─► a check against each link in turn

Links in the quoting sentence are tried first, then those in its paragraph, then those in the one
before; as soon as the words are found at one distance, those farther off are not asked. Of several
answers the best counts. Sources are had one after the other, each once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from quotecheck.errors import SourceError, UnsupportedLanguage
from quotecheck.extract import extract_linked
from quotecheck.passages import Where, find_quotings
from quotecheck.records import FragmentKind, Label, Source
from quotecheck.report import describe_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from quotecheck.checker import Checker, Fetch
    from quotecheck.passages import Candidate, Quoting
    from quotecheck.records import Article, Page
    from quotecheck.report import Report
    from quotecheck.wire import AuditDict, QuotingDict, TriedDict

SCHEMA_VERSION: Final = 1
MAX_SOURCES: Final = 20
# Ten printed pages, as in the form: a paragraph that is longer is no paragraph.
MAX_PASSAGE_CHARS: Final = 20_000

UNLINKED: Final = "no source linked"
ONLY_BEFORE: Final = (
    "no source linked: only the paragraph before has links, and these words are not behind them"
)
UNREAD_BEFORE: Final = (
    "no source linked: only the paragraph before has links, and not all of them could be read"
)
TOO_LONG: Final = "the paragraph is too long to be checked"
LIMIT: Final = "not tried: as many sources were read as --max-sources allows"
ITSELF: Final = "the link leads back to the article"
ALOOF: Final = "the linked page lacks these words, which may be no quotation"

_LOCATED: Final = (Label.FAITHFUL, Label.NEEDS_CONTEXT, Label.MISREPRESENTS)  # the best first
FAULTS: Final = frozenset({Label.NEEDS_CONTEXT, Label.MISREPRESENTS, Label.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Tried:
    """A linked page, and what the check against it said.

    `label` is None where there was none; `reason` then says why, and so it does where the page
    could not be read.
    """

    url: str
    where: Where
    label: Label | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """What came out for one quotation, or for several that go together.

    `report` is the answer that counts, None where nothing could be checked; `reason` says why there
    is none, or why it is no answer.
    """

    quoting: Quoting
    sources: tuple[Tried, ...] = ()
    report: Report | None = None
    reason: str | None = None

    @property
    def is_fault(self) -> bool:
        """Whether something was found."""
        return self.report is not None and self.report.label in FAULTS


@dataclass(frozen=True, slots=True)
class Audit:
    """All that was found in an article; `n_sources` counts the pages that were asked for."""

    source: Source
    article: Article
    quotations: tuple[Audited, ...]
    n_sources: int

    def count(self) -> dict[str, int]:
        """Count the quotations by label, with those that have none, and the sources."""
        labels = Counter(item.report.label for item in self.quotations if item.report)
        return {
            "quotations": len(self.quotations),
            **{label.value: labels[label] for label in Label},
            "unchecked": sum(item.report is None for item in self.quotations),
            "sources": self.n_sources,
        }

    def to_dict(self) -> AuditDict:
        """Return the audit as the JSON object that the contract describes."""
        return {
            "schema_version": SCHEMA_VERSION,
            "article": describe_source(self.source, self.article),
            "quotations": [_quoting_dict(item) for item in self.quotations],
            "counts": self.count(),
        }


def audit_article(
    checker: Checker,
    source: Source,
    *,
    max_sources: int = MAX_SOURCES,
    progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """Check what an article quotes against the sources that it links.

    Args:
        checker: Makes the checks, and fetches the article and its sources.
        source: The article.
        max_sources: How many different sources are asked for at most.
        progress: Told after each quotation how many are done, and how many there are.

    Raises:
        SourceError: The article could not be had or read. Sources that could not are answers.
    """
    once = _Once(checker.fetch)
    linked = extract_linked(once(source))
    if linked.article.language not in {None, "en"}:
        raise UnsupportedLanguage(
            "This article is not in English, the one language that the check reads."
        )
    auditor = _Auditor(checker.with_fetch(once), linked.article, max_sources)
    quotings = find_quotings(linked)
    quotations: list[Audited] = []
    for n_done, quoting in enumerate(quotings, 1):
        quotations += auditor.answer(quoting)
        if progress:
            progress(n_done, len(quotings))
    return Audit(source, linked.article, tuple(quotations), len(auditor.asked))


class _Once:
    """Gets each source once, and gives what came of it again when it is asked for again."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._outcomes: dict[Source, Page | SourceError] = {}

    def __call__(self, source: Source) -> Page:
        if source not in self._outcomes:
            try:
                self._outcomes[source] = self._fetch(source)
            except SourceError as exc:
                self._outcomes[source] = exc
        outcome = self._outcomes[source]
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One page that was tried, with the whole answer."""

    tried: Tried
    report: Report | None = None

    @property
    def is_unread(self) -> bool:
        """Whether the page was not read, so that the words may stand in it."""
        return self.tried.label is Label.CANNOT_CHECK or self.tried.reason == LIMIT


class _Auditor:
    """Answers for one quotation after the other, and keeps count of the sources."""

    def __init__(self, checker: Checker, article: Article, max_sources: int) -> None:
        self._checker = checker
        self._article = article
        self._max_sources = max_sources
        self.asked: set[str] = set()

    def answer(self, quoting: Quoting) -> Iterator[Audited]:
        """Yield what comes out for a quotation; several that no one page holds are taken apart."""
        if not quoting.candidates:
            yield Audited(quoting, reason=UNLINKED)
            return
        if len(quoting.claim.passage) > MAX_PASSAGE_CHARS:
            yield Audited(quoting, reason=TOO_LONG)
            return
        attempts = self._try_all(quoting)
        answer = _judge(Audited(quoting, tuple(attempt.tried for attempt in attempts)), attempts)
        is_missing = answer.report is not None and answer.report.label is Label.NOT_FOUND
        if is_missing and len(quoting.quoted) > 1 and len(attempts) > 1:
            for single in quoting.apart():
                yield from self.answer(single)
            return
        yield answer

    def _try_all(self, quoting: Quoting) -> list[_Attempt]:
        """Try the links from the nearest on, until the words are found."""
        attempts: list[_Attempt] = []
        for _, near in groupby(quoting.candidates, key=lambda candidate: candidate.where):
            for candidate in near:
                attempts.append(self._try(quoting, candidate))
                if attempts[-1].tried.label is Label.FAITHFUL:
                    return attempts
            if any(attempt.tried.label in _LOCATED for attempt in attempts):
                return attempts
        return attempts

    def _try(self, quoting: Quoting, candidate: Candidate) -> _Attempt:
        """Check a quotation against one linked page."""
        nothing = Tried(candidate.url, candidate.where, None)
        if candidate.url not in self.asked and len(self.asked) >= self._max_sources:
            return _Attempt(replace(nothing, reason=LIMIT))
        self.asked.add(candidate.url)
        report = self._checker.check(quoting.claim, Source.from_url(candidate.url))
        if report.article and report.article.text == self._article.text:
            return _Attempt(replace(nothing, reason=ITSELF))
        if report.error is None and _is_aloof(report):
            return _Attempt(replace(nothing, reason=ALOOF))
        reason = report.error.message if report.error else None
        return _Attempt(replace(nothing, label=report.label, reason=reason), report)


def _judge(answer: Audited, attempts: list[_Attempt]) -> Audited:
    """Say what the attempts come to.

    Words that are in none of the pages that could be read are called missing only where every page
    linked in the sentence or its paragraph could be: they may stand in the one that could not. A
    link in the paragraph before is a guess of ours, for whose failure nobody is blamed.
    """
    reports = [attempt.report for attempt in attempts if attempt.report]
    located = [report for report in reports if report.label in _LOCATED]
    if located:
        return replace(answer, report=min(located, key=lambda r: _LOCATED.index(r.label)))
    others = [attempt for attempt in attempts if attempt.tried.reason not in {ITSELF, ALOOF}]
    if not others:
        is_aloof = any(attempt.tried.reason == ALOOF for attempt in attempts)
        return replace(answer, reason=ALOOF if is_aloof else UNLINKED)
    near = [attempt for attempt in others if attempt.tried.where is not Where.BEFORE]
    unread = [attempt for attempt in near or others if attempt.is_unread]
    if not near:
        return replace(answer, reason=UNREAD_BEFORE if unread else ONLY_BEFORE)
    missing = [a.report for a in near if a.report and a.report.label is Label.NOT_FOUND]
    if unread:
        words = "the words are not in the others; " if missing else ""
        failed = next((attempt.report for attempt in unread if attempt.report), None)
        return replace(answer, report=failed, reason=f"{words}{_name_unread(unread)}")
    return replace(answer, report=max(missing, key=_count_located))


def _name_unread(unread: list[_Attempt]) -> str:
    if len(unread) == 1:
        return f"the linked source was not read: {unread[0].tried.reason}"
    return f"{len(unread)} linked sources were not read"


def _is_aloof(report: Report) -> bool:
    """Say whether a report has nothing but words at arm's length that it did not find.

    They may be nobody's words: nothing is said of them.
    """
    is_scare = all(f.kind is FragmentKind.SCARE for f in report.claim.fragments)
    return is_scare and not _count_located(report)


def _count_located(report: Report) -> int:
    return sum(match.is_located for match in report.matches)


def _quoting_dict(item: Audited) -> QuotingDict:
    quoting = item.quoting
    return {
        "passage": quoting.claim.passage,
        "start": quoting.span.start,
        "end": quoting.span.end,
        "quoted": [
            {"text": q.text, "start": q.span.start, "end": q.span.end} for q in quoting.quoted
        ],
        "sources": [_tried_dict(tried) for tried in item.sources],
        "report": item.report.to_dict() if item.report else None,
        "reason": item.reason,
    }


def _tried_dict(tried: Tried) -> TriedDict:
    return {
        "url": tried.url,
        "where": tried.where.value,
        "label": tried.label,
        "reason": tried.reason,
    }
