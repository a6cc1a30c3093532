"""What stands in the form's fields, and the claim and the source that they make."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask_babel import gettext

from quotecheck.claim import Claim
from quotecheck.decode import Kind, decode, sniff
from quotecheck.errors import InputError, UnsupportedSource
from quotecheck.records import Page, Source, SourceKind
from web.security import MAX_ADDRESS_CHARS, MAX_SPEAKER_CHARS, is_web_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import FileStorage

    from quotecheck.report import Report

# What a browser calls a file of which it knows nothing.
UNKNOWN_TYPE = "application/octet-stream"
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
# An address as people type it on a phone: a name with a dot in it, no scheme, no spaces.
BARE_ADDRESS = re.compile(r"[^\s/:@]+\.[^\s/:@.]+(?::\d+)?(?:[/?#]\S*)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """The form's fields as they were typed."""

    passage: str = ""
    speaker: str = ""
    source_url: str = ""
    source_text: str = ""
    published_url: str = ""  # where the passage was published

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Entry:
        """Read a sent form; line ends become plain ones."""
        return cls(
            passage=_typed(fields, "passage"),
            speaker=_typed(fields, "speaker").strip(),
            source_url=_typed(fields, "source_url").strip(),
            source_text=_typed(fields, "source_text"),
            published_url=_typed(fields, "published_url").strip(),
        )

    @classmethod
    def from_case(cls, claim: Claim, source: Source) -> Entry:
        """Fill the form with what did not come from it: a program's case, or an example."""
        text = source.value if source.kind is SourceKind.TEXT else ""
        return cls(claim.passage, claim.speaker or "", source.address or "", text)

    def completed(self, report: Report) -> Entry:
        """Fill the form again with what a report was made from.

        A file comes back as the text that was read from it; where none was, the field stays empty:
        HTML would be taken there for the source's own words.
        """
        was_file = report.source.kind is not SourceKind.URL and not self.source_text
        text = report.article.text if was_file and report.article else self.source_text
        return replace(self, source_text=text)


class EntryError(Exception):
    """The form cannot be used as it was filled in.

    Args:
        field: The id of the field to look at.
        message: What is wrong and what to do, for the person who filled it in.
        code: A stable word for it.
        status: The HTTP status of the answer.
    """

    def __init__(
        self, field: str, message: str, code: str = "bad_input", *, status: int = 422
    ) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.code = code
        self.status = status


def read_claim(entry: Entry, *, max_chars: int) -> Claim:
    """Return the passage as a claim.

    Raises:
        EntryError: There is no passage, or it is too long.
    """
    if len(entry.speaker) > MAX_SPEAKER_CHARS:
        raise EntryError(
            "speaker",
            gettext("Give the speaker's name in at most %(n)s characters.", n=MAX_SPEAKER_CHARS),
        )
    try:
        return Claim.from_passage(entry.passage, speaker=entry.speaker or None, max_chars=max_chars)
    except InputError as exc:
        raise EntryError("passage", exc.said(), exc.code) from exc


def read_source(entry: Entry, upload: FileStorage | None) -> Source:
    """Return what the quotation is checked against.

    A pasted text or a file is read instead of the address, which then only says where it is from.

    Raises:
        EntryError: There is no source, or more than one, or it is of a kind that we do not read.
    """
    complete_address(entry.published_url, field="published_url")
    address = complete_address(entry.source_url)
    has_text = bool(entry.source_text.strip())
    if upload and has_text:
        raise EntryError(
            "source_text",
            gettext(
                "There are a pasted text and a file. Keep one of them: empty the text,"
                " or send the form without the file."
            ),
        )
    if upload:
        return read_file(upload.stream.read(), upload.mimetype, address=address)
    if has_text:
        return Source.from_text(entry.source_text, url=address)
    if address:
        return Source.from_url(address)
    raise EntryError(
        "source_url",
        gettext(
            "Say where the words are quoted from: give the article's address, or paste its text."
        ),
        "no_source",
    )


def complete_address(typed: str, *, field: str = "source_url") -> str | None:
    """Return the web address that somebody typed, with the `https://` that people leave out.

    Args:
        typed: What stands in the field.
        field: The field's id, for the complaint.

    Returns:
        The address; None where nothing was typed.

    Raises:
        EntryError: It is no web address.
    """
    if not typed:
        return None
    if len(typed) > MAX_ADDRESS_CHARS:
        raise EntryError(field, gettext("That address is too long. Copy the article's own link."))
    address = typed
    if not SCHEME.match(typed) and BARE_ADDRESS.fullmatch(typed):
        address = f"https://{typed}"
    if not is_web_address(address):
        raise EntryError(
            field,
            gettext(
                "That is not the address of a web page. It should look like"
                " https://www.example.com/article. If you have the text itself, paste it below."
            ),
            "bad_address",
        )
    return address


def read_file(content: bytes, media_type: str, *, address: str | None = None) -> Source:
    """Return a file's page or text as a source.

    Args:
        content: The file.
        media_type: What the browser takes it for.
        address: Where it is from, if that was said.

    Raises:
        EntryError: It is empty, or of a kind that we do not read.
    """
    media_type = "" if media_type == UNKNOWN_TYPE else media_type
    page = Page(address, address, content, media_type, None, dt.datetime.now(dt.UTC))
    try:
        kind = sniff(page)
    except UnsupportedSource as exc:
        raise EntryError("source_file", exc.said(), exc.code) from exc
    text = decode(page)
    if not text.strip():
        raise EntryError("source_file", gettext("That file is empty. Choose another one."))
    make = Source.from_html if kind is Kind.HTML else Source.from_text
    return make(text, url=address)


def _typed(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").replace("\r\n", "\n")
