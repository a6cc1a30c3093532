"""Bytes to text: what kind of file a page is, and which letters its bytes stand for."""

from __future__ import annotations

import codecs
import enum
import re
from typing import TYPE_CHECKING

from quotecheck.errors import UnsupportedSource
from quotecheck.translation import N_

if TYPE_CHECKING:
    from quotecheck.records import Page

COPY = N_("Open it, copy the text and paste it as the source instead.")
_IMAGES = N_("We cannot read images yet.")
_RECORDINGS = N_("We cannot read recordings yet.")
_PDF = N_("We cannot read PDF files yet.")
_DATA = N_("We cannot read data files yet.")

# How far into a file its kind and its declared encoding are looked for: browsers read 1,024 bytes,
# and pages that open with a long comment are read all the same.
HEAD_BYTES = 4_096

_SIGNATURES = (
    (b"%PDF-", _PDF),
    (b"PK\x03\x04", N_("We cannot read Office documents or ZIP archives yet.")),
    (b"\xd0\xcf\x11\xe0", N_("We cannot read Office documents yet.")),
    (b"{\\rtf", N_("We cannot read RTF documents yet.")),
    (b"\x1f\x8b", N_("We cannot read compressed files yet.")),
    (b"\x89PNG", _IMAGES),
    (b"\xff\xd8\xff", _IMAGES),
)
# Letters that a text may begin with, too: they count only where bytes follow that no text has.
_LETTER_SIGNATURES = (
    (b"GIF8", _IMAGES),
    (b"RIFF", N_("We cannot read images or recordings yet.")),
    (b"ID3", _RECORDINGS),
)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_KINDS = {
    "application/pdf": _PDF,
    "application/json": _DATA,
    "application/ld+json": _DATA,
    "image": _IMAGES,
    "audio": _RECORDINGS,
    "video": _RECORDINGS,
}
_UNKNOWN = N_("We cannot read files of this kind yet.")
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_TEXT_TYPES = frozenset({"text/plain", "text/markdown", "text/x-markdown"})

_WHOLE_PAGE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ANY_TAG = re.compile(rb"<(?:article|body|div|head|main|p|section|table)\b[^>]*>", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Servers say these of everything unless told otherwise; browsers read all three as Windows-1252.
_WESTERN = frozenset({"ascii", "iso8859-1", "cp1252"})
# Codecs of Python that are no encodings of pages, some of them slow on purpose-made input.
_NO_PAGES = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)


class Kind(enum.Enum):
    """How a source is to be read."""

    HTML = enum.auto()
    TEXT = enum.auto()


def sniff(page: Page) -> Kind:
    """Say how a page is to be read, by its bytes first and its label second.

    Raises:
        UnsupportedSource: It is a PDF file, an image, data: nothing that we read.
    """
    head = page.content[:HEAD_BYTES]
    signatures = (*_SIGNATURES, *_LETTER_SIGNATURES) if _BINARY.search(head) else _SIGNATURES
    for signature, refusal in signatures:
        if head.lstrip().startswith(signature):
            raise UnsupportedSource(refusal, COPY)
    if _WHOLE_PAGE.match(_COMMENT.sub(b"", head)):
        return Kind.HTML
    if page.media_type in _HTML_TYPES:
        return Kind.HTML
    is_wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    is_text = page.media_type in _TEXT_TYPES or not page.media_type
    if is_text and (is_wide or b"\x00" not in head):
        is_html = not page.media_type and _ANY_TAG.search(head)
        return Kind.HTML if is_html else Kind.TEXT
    family = page.media_type.partition("/")[0]
    refusal = _KINDS.get(page.media_type) or _KINDS.get(family) or _UNKNOWN
    raise UnsupportedSource(refusal, COPY)


def decode(page: Page) -> str:
    """Return a page's text; bytes that make no letter become replacement characters.

    A byte order mark decides, then what the server says, then what the page says of itself.
    UTF-8 that holds throughout is believed before any claim of a western eight-bit encoding,
    because such bytes come about by chance in no other text.
    """
    content = page.content
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, errors="replace")
    meta = _META_CHARSET.search(content[:HEAD_BYTES])
    for claimed in (page.charset, meta[1].decode("ascii", "replace") if meta else None):
        known = _known_encoding(claimed)
        if known and known not in _WESTERN:
            return content.decode(known, errors="replace")
        if known:
            break
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass  # damaged UTF-8, or another encoding
    damaged = content.decode("utf-8", errors="replace")
    n_right = sum(letter > "\x7f" and letter != "\ufffd" for letter in damaged)
    return damaged if n_right > damaged.count("\ufffd") else content.decode("cp1252", "replace")


def _known_encoding(name: str | None) -> str | None:
    try:
        found = codecs.lookup((name or "").strip())
        b"00".decode(found.name, "replace")  # refuses the codecs that make no text of bytes
    except (LookupError, UnicodeError, ValueError):
        return None
    # A page that can say "utf-16" in bytes of ASCII is not in UTF-16.
    if found.name.startswith("utf-16"):
        return None
    return None if found.name in _NO_PAGES else found.name
