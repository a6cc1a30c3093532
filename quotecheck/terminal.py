"""A report as a person reads it in a terminal.

Everything that colour shows is also said without it: where the output is no terminal, or colour is
not wanted, quoted words stand in braces and words that were left out between tildes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from quotecheck.records import Label, Relation, Severity
from quotecheck.runs import mark_passage, mark_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quotecheck.audit import Audit, Audited
    from quotecheck.records import Article, Explained, Mention, Referent, Span
    from quotecheck.report import Report
    from quotecheck.runs import Run

# Pages are written by strangers: what could move the cursor, or turn the direction of the text
# around, is shown as a replacement character. Tabs and line ends stay.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# A line of an audit names a quotation by its opening.
MAX_NAME_CHARS = 60

# What a finding quotes as evidence is shown in full above it; here its opening is enough.
MAX_EVIDENCE_CHARS = 160

HEADLINES = {
    Label.FAITHFUL: ("Faithful", "bold green"),
    Label.NEEDS_CONTEXT: ("Needs context", "bold yellow"),
    Label.MISREPRESENTS: ("Misrepresents the source", "bold red"),
    Label.NOT_FOUND: ("Not found in the source", "bold red"),
    Label.CANNOT_CHECK: ("Cannot be checked", "bold magenta"),
}

SEVERITIES = {
    Severity.HIGH: ("serious", "bold red"),
    Severity.MEDIUM: ("worth a look", "bold yellow"),
    Severity.LOW: ("minor", "bold"),
}

RELATIONS = {
    Relation.SAME: "the same",
    Relation.NARROWED: "fewer than in the source",
    Relation.WIDENED: "more than in the source",
    Relation.DIFFERENT: "others than in the source",
    Relation.MISSING: "nothing to point to in the passage",
    Relation.UNKNOWN: "not clear",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """How one kind of run is shown: by a style, or by what opens and closes it."""

    name: str
    opening: str
    closing: str
    style: str


QUOTED = Mark("quoted", "{", "}", "bold green")
LEFT_OUT = Mark("left out", "~~", "~~", "yellow")
EDITED = Mark("changed", "**", "**", "bold red")
REFERENT_STYLE = "underline"


def print_report(report: Report, file: TextIO, *, use_color: bool = True) -> None:
    """Write a report for a person to read.

    Args:
        report: What a check found.
        file: Where it goes; colour is used only where this is a terminal.
        use_color: Whether colour is welcome. `NO_COLOR` in the environment says that it is not.
    """
    _open_page(file, use_color=use_color).show(report)


def print_audit(audit: Audit, file: TextIO, *, use_color: bool = True) -> None:
    """Write what an audit found: a line for each quotation, then those with findings in full.

    Args:
        audit: What was found in an article.
        file: Where it goes, as for `print_report`.
        use_color: Whether colour is welcome, as for `print_report`.
    """
    _open_page(file, use_color=use_color).show_audit(audit)


def _open_page(file: TextIO, *, use_color: bool) -> _Page:
    console = _Console(file=file, highlight=False, markup=False, emoji=False)
    is_plain = (
        not use_color or console.no_color or not console.is_terminal or console.is_dumb_terminal
    )
    if is_plain:
        console = _Console(
            file=file, highlight=False, markup=False, emoji=False, color_system=None, no_color=True
        )
    return _Page(console, is_plain=is_plain)


class _Console(Console):
    """A console that leaves it to the command what to do when the reader has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Page:
    """Writes the parts of a report one after the other."""

    def __init__(self, console: Console, *, is_plain: bool) -> None:
        self._console = console
        self._is_plain = is_plain

    def show(self, report: Report) -> None:
        headline, style = HEADLINES[report.label]
        line = Text()
        line.append(headline, style=self._style(style))
        if report.label is not Label.CANNOT_CHECK:
            line.append(f"  (confidence {report.confidence:.0%})", style=self._style("dim"))
        self._console.print(line)
        self._indent(Text(clean(report.summary)), by=0)

        passage = mark_passage(report)
        source = mark_source(report) if report.context else ()
        self._title("The passage")
        self._indent(self.marked(passage))
        if source:
            self._title("The words around it in the source")
            self._indent(self.marked(source))
        if legend := self._legend((*passage, *source)):
            self._console.print()
            self._indent(legend)
        if report.referents:
            self._title("Who or what is meant")
            for number, referent in enumerate(report.referents, 1):
                self._indent(_referent(number, referent))
        self._findings(report)
        if report.article:
            self._title("Read from")
            for fact in _provenance(report.article):
                self._indent(Text(clean(fact)))

    def show_audit(self, audit: Audit) -> None:
        self._title_line(audit.article.title or audit.source.address or audit.source.value)
        if audit.article.is_paywalled:
            self._indent(Text("Only the opening of this article is open to everyone."), by=0)
        if not audit.quotations:
            self._indent(Text("It quotes nothing, as far as we can see."), by=0)
        for number, item in enumerate(audit.quotations, 1):
            self._verdict(number, item)
        for number, item in enumerate(audit.quotations, 1):
            if item.is_fault and item.report:
                self._title(f"{number}. {_name(item)}")
                self.show(item.report)

    def _title_line(self, words: str) -> None:
        self._indent(Text(clean(words), style=self._style("bold")), by=0)

    def _verdict(self, number: int, item: Audited) -> None:
        headline, style = HEADLINES[item.report.label] if item.report else ("Not checked", "dim")
        line = Text()
        line.append(headline, style=self._style(style))
        line.append(f"  {_name(item)}")
        lead = f"{number}. "
        self._indent(line, by=4, bullet=lead)
        if item.reason:
            self._indent(Text(clean(item.reason)), by=4)
        for tried in item.sources:
            is_answer = item.report is not None and item.report.source.address == tried.url
            outcome = HEADLINES[tried.label][0].lower() if tried.label else tried.reason or ""
            words = "" if is_answer and not item.reason else f" ({outcome})"
            self._indent(Text(clean(f"{tried.url}{words}")), by=4)

    def marked(self, runs: Sequence[Run]) -> Text:
        """Join the runs, each shown by its style, or by marks where there is no colour."""
        text = Text()
        before: tuple[Mark, ...] = ()
        for run, following in zip(runs, (*runs[1:], None), strict=True):
            marks = _marks(run)
            after = _marks(following) if following else ()
            opening = "".join(mark.opening for mark in marks if mark not in before)
            closing = "".join(mark.closing for mark in reversed(marks) if mark not in after)
            styles = [mark.style for mark in marks]
            if run.referents:
                styles.append(REFERENT_STYLE)
            text.append(opening if self._is_plain else "")
            text.append(clean(run.text), style=self._style(" ".join(styles)))
            still = following.referents if following else ()
            for number in run.referents:
                if number not in still:
                    text.append(f"[{number + 1}]", style=self._style("cyan"))
            text.append(closing if self._is_plain else "")
            before = marks
        return text

    def _legend(self, runs: Sequence[Run]) -> Text | None:
        shown = [
            mark for mark in (QUOTED, LEFT_OUT, EDITED) if any(mark in _marks(r) for r in runs)
        ]
        entries = []
        for mark in shown:
            words = f"{mark.opening}{mark.name}{mark.closing}" if self._is_plain else mark.name
            entries.append(Text(words, style=self._style(mark.style)))
        if any(run.referents for run in runs):
            entries.append(Text("[1] see below", style=self._style("cyan")))
        return Text("   ").join(entries) if entries else None

    def _findings(self, report: Report) -> None:
        if report.findings:
            self._title("What was found")
            for explained in report.findings:
                self._finding(explained, report)
        if report.repair:
            self._title("A passage that would be fair")
            self._indent(Text(clean(report.repair)))

    def _finding(self, explained: Explained, report: Report) -> None:
        finding = explained.finding
        word, style = SEVERITIES[finding.severity]
        head = Text()
        head.append(f"{word}: ", style=self._style(style))
        head.append(clean(explained.message))
        self._indent(head, by=4, bullet="- ")
        if words := _evidence(finding.passage_spans, report.claim.passage):
            self._indent(Text(f"in the passage: {words}"), by=4)
        if report.article and (words := _evidence(finding.source_spans, report.article.text)):
            self._indent(Text(f"in the source: {words}"), by=4)
        if explained.suggestion:
            self._indent(Text(f"fairer: {clean(explained.suggestion)}"), by=4)

    def _title(self, words: str) -> None:
        self._console.print()
        self._console.print(Text(words, style=self._style("bold")))

    def _indent(self, text: Text, *, by: int = 2, bullet: str = "") -> None:
        lead = bullet.rjust(by)
        for line in text.wrap(self._console, self._console.width - by):
            line.rstrip()
            self._console.print(Text(lead if line else "").append_text(line), soft_wrap=True)
            lead = " " * by

    def _style(self, style: str) -> str:
        return "" if self._is_plain else style


def _name(item: Audited) -> str:
    """Return the opening words of a quotation, and how many go with it."""
    first, *others = item.quoting.quoted
    words = clean(" ".join(first.text.split()))
    if len(words) > MAX_NAME_CHARS:
        words = words[:MAX_NAME_CHARS].rsplit(" ", 1)[0] + " […]"
    return f"“{words}”" + (f" and {len(others)} more" if others else "")


def clean(text: str) -> str:
    """Return the text with every character that a terminal would act upon made visible."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _marks(run: Run) -> tuple[Mark, ...]:
    marks = ((QUOTED, run.is_quoted), (LEFT_OUT, run.is_left_out), (EDITED, run.is_edited))
    return tuple(mark for mark, is_on in marks if is_on)


def _referent(number: int, referent: Referent) -> Text:
    lines = [f"[{number}] {_quoted(referent.mention.text)}: {RELATIONS[referent.relation]}"]
    if referent.reads_as:
        lines.append(f"    in the passage: {_members(referent.reads_as)}")
    if referent.refers_to:
        own = f" ({_quoted(referent.source_mention.text)})" if referent.source_mention else ""
        lines.append(f"    in the source{own}: {_members(referent.refers_to)}")
    return Text(clean("\n".join(lines)))


def _members(mentions: Iterable[Mention]) -> str:
    return "; ".join(_shorten(mention.text) for mention in mentions)


def _evidence(spans: Iterable[Span], text: str) -> str:
    words = (_shorten(span.of(text)) for span in spans)
    return clean(" / ".join(_quoted(word) for word in words if word))


def _quoted(words: str) -> str:
    return f"“{_shorten(words)}”"


def _shorten(words: str) -> str:
    line = " ".join(words.split())
    if len(line) <= MAX_EVIDENCE_CHARS:
        return line
    return line[:MAX_EVIDENCE_CHARS].rsplit(" ", 1)[0] + " […]"


def _provenance(article: Article) -> Iterable[str]:
    byline = ", ".join(
        fact for fact in (article.title, article.author, article.site, article.published) if fact
    )
    if byline:
        yield byline
    if address := article.final_url or article.url:
        yield address
    yield f"on {article.retrieved_at:%Y-%m-%d at %H:%M %Z}".rstrip()
