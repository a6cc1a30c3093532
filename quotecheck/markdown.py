"""A report as Markdown, to paste into notes or a message."""

from __future__ import annotations

import re
from gettext import gettext as _
from typing import TYPE_CHECKING

from quotecheck.runs import mark_passage, mark_source

if TYPE_CHECKING:
    from quotecheck.report import Report
    from quotecheck.runs import Run

# What Markdown takes orders from; with `<` and `&`, a page's HTML stays text, too.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def to_markdown(report: Report) -> str:
    """Return the report as Markdown: quoted words bold, left-out words struck through."""
    parts = [
        f"# {_escape_line(report.summary)}",
        "## " + _("Passage"),
        _block(mark_passage(report)),
    ]
    if report.context is not None:
        parts += ["## " + _("Source"), _block(mark_source(report))]
    if report.findings:
        parts.append("## " + _("What differs"))
        for explained in report.findings:
            line = f"- {_escape_line(explained.message)}"
            if explained.suggestion:
                line += " " + _("Fairer: {words}").format(words=_escape_line(explained.suggestion))
            parts.append(line)
    if report.repair:
        parts += [
            "## " + _("A passage that would be fair"),
            "\n".join(f"> {_escape(line)}".rstrip() for line in report.repair.splitlines()),
        ]
    if report.article is not None:
        article = report.article
        about = [article.title, article.author, article.published, article.final_url]
        read = article.retrieved_at.isoformat(timespec="seconds")
        parts += [
            "## " + _("Where it was read"),
            ", ".join(_escape_line(part) for part in about if part),
            _("Read {when}; SHA-256 {checksum}").format(
                when=read, checksum=_escape_line(article.sha256)
            ),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(runs: tuple[Run, ...]) -> str:
    lines = "".join(_mark(run) for run in runs).splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _mark(run: Run) -> str:
    """Put marks about the words alone: Markdown allows no space inside them."""
    words = run.text.strip()
    if not words or not (run.is_quoted or run.is_left_out):
        return _escape(run.text)
    left = run.text[: len(run.text) - len(run.text.lstrip())]
    right = run.text[len(run.text.rstrip()) :]
    mark = "**" if run.is_quoted else "~~"
    body = re.sub(r"\n\s*", f"{mark}\n\n{mark}", _escape(words))
    return f"{left}{mark}{body}{mark}{right}"


def _escape_line(text: str) -> str:
    """Escape what has to stay on one line, such as a heading."""
    return _escape(" ".join(text.split()))


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
