"""What a page says of itself in its head: title, author, date, site, and whether it is for sale."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree, html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trafilatura.settings import Document

_ARTICLE_TYPE = re.compile(r"article|posting|report|review|analysis", re.IGNORECASE)
# JSON can write down halves of characters and controls, which can be neither parsed nor shown.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Deeper or longer lists of data than any article's; bounds the walk over hostile ones.
MAX_ITEMS = 2_000
# A title or a name longer than this is a slip of the page's template.
MAX_FIELD_CHARS = 300
# What escapes from trafilatura on pages that its authors did not think of. The article can still
# be read without it.
TRAFILATURA_SLIPS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    etree.LxmlError,
)
# Words from the search for dates in running text would be guesses, and the search is slow on large
# pages; what stands in the head, in <time> and in the address is what a report can show.
DATE_SEARCH = {"extensive_search": False, "original_date": True}


@dataclass(frozen=True, slots=True)
class PageData:
    """What a page's head says; None where it does not.

    `body` is the article's text where the page carries it as data, paragraphs by line breaks.
    """

    title: str | None = None
    author: str | None = None
    published: str | None = None
    site: str | None = None
    language: str | None = None
    is_free: bool = True
    body: str = ""
    n_words: int = 0


def read_page_data(tree: html.HtmlElement, url: str | None, *, is_large: bool = False) -> PageData:
    """Read the head of a page, and the data for search engines wherever they stand.

    Args:
        tree: The page; left as it is.
        url: Where it was found, in which a date can stand.
        is_large: Look for title, author and date in the head alone: trafilatura copies and
            scans the whole page several times over.
    """
    is_free, body, n_words = True, "", 0
    for item in _articles(tree):
        is_free = is_free and str(item.get("isAccessibleForFree", "true")).lower() not in {
            "false",
            "http://schema.org/false",
            "https://schema.org/false",
        }
        text = item.get("articleBody")
        if isinstance(text, str) and len(text) > len(body):
            body = text
        count = item.get("wordCount")
        if str(count).isdecimal():
            n_words = max(n_words, int(str(count)[:9]))
    found = _find_fields(_head_alone(tree) if is_large else tree, url)
    return PageData(
        title=_field(found.title),
        author=_field(found.author),
        published=_field(found.date),
        site=_field(found.sitename),
        language=_language(tree),
        is_free=is_free,
        body=_plain(body),
        n_words=n_words,
    )


def _find_fields(tree: html.HtmlElement, url: str | None) -> Document:
    from trafilatura.metadata import extract_metadata  # noqa: PLC0415  # a third of our start
    from trafilatura.settings import Document  # noqa: PLC0415

    try:
        return extract_metadata(tree, url, dict(DATE_SEARCH))
    except TRAFILATURA_SLIPS:
        return Document()


def _articles(tree: html.HtmlElement) -> Iterator[dict[str, object]]:
    """Yield what the page's JSON-LD blocks say of articles."""
    left = MAX_ITEMS
    for script in tree.iter("script"):
        if script.get("type", "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            # Some templates leave raw line breaks inside strings; browsers' tools allow them.
            waiting = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue  # many pages carry broken blocks; what they say is lost to everybody
        while waiting and left:
            left -= 1
            item = waiting.pop()
            if isinstance(item, list):
                waiting.extend(item)
            elif isinstance(item, dict):
                if _ARTICLE_TYPE.search(str(item.get("@type", ""))):
                    yield item
                waiting.extend(item[key] for key in ("@graph", "mainEntity") if key in item)


def _head_alone(tree: html.HtmlElement) -> html.HtmlElement:
    """Return a page with the head and the first heading of another, and no running text."""
    page = html.document_fromstring("<html><head></head><body></body></html>")
    if (head := tree.find("head")) is not None:
        page.replace(page.find("head"), copy.deepcopy(head))
    if (heading := next(tree.iter("h1"), None)) is not None:
        etree.SubElement(page.find("body"), "h1").text = "".join(heading.itertext())
    return page


def _language(tree: html.HtmlElement) -> str | None:
    """Return the two letters that the page gives as its language."""
    for element in tree.iter("html", "meta"):
        named = element.get("lang") or element.get("{http://www.w3.org/XML/1998/namespace}lang")
        if element.tag == "meta":
            names = (element.get("http-equiv", ""), element.get("name", ""))
            is_language = {"content-language", "language", "dc.language"} & {
                n.lower() for n in names
            }
            named = element.get("content") if is_language else None
        if named and (code := re.match(r"\s*([A-Za-z]{2})(?![A-Za-z])", named)):
            return code[1].lower()
    return None


def _field(value: str | None) -> str | None:
    text = " ".join(_NO_TEXT.sub("\ufffd", value or "").split())
    return text if text and len(text) <= MAX_FIELD_CHARS else None


def _plain(body: str) -> str:
    """Return the text of an `articleBody`, which some sites fill with HTML."""
    body = _NO_TEXT.sub("\ufffd", body)
    if "<" not in body:
        return body.strip()
    try:
        return str(html.fromstring(f"<div>{body}</div>").text_content()).strip()
    except etree.ParserError:
        return ""
