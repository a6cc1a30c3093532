"""Page → Article: the running text of a source, and after it whatever else the page shows.

The words always come from the walk over what the page shows (`visible.py`), so that each stands
letter for letter as a reader sees it. Which of them are the article is decided in this order:

1. trafilatura, in recall mode, names the paragraphs that it holds for the article;
2. the elements that those stand in lend the paragraphs that it passed over;
3. where it found little of what the page has, or the page is too large for it, the element with
   most of the running text is the article;
4. a page that shows no text may still carry it as data for search engines (`articleBody`).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree, html

from quotecheck.choose import choose_main, count_prose, find_repeats
from quotecheck.decode import Kind, decode, sniff
from quotecheck.errors import NotAnArticle, ScriptOnlyPage
from quotecheck.pagedata import TRAFILATURA_SLIPS, PageData, read_page_data
from quotecheck.records import Article, ArticleKind, Link, LinkedArticle, Page, Span
from quotecheck.translation import N_
from quotecheck.visible import Block, Layout, Region, read_layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PASTE = N_("Open it in your browser, copy the article's text and paste it as the source instead.")

# trafilatura takes 1 to 3 s for a page of this many elements and ever longer beyond; the largest of
# the benchmark's 89 news pages has 5,000.
MAX_ELEMENTS = 20_000
# The same for the letters on the page; a long novel has as many.
MAX_CHARS = 1_000_000
# It also calls itself once for each level of nesting, and Python stops it at 1,000.
MAX_DEPTH = 250
# The shortest news item has 40 words or so; menus, notices and forms have fewer in sentences.
MIN_RUNNING_WORDS = 20
# A page with fewer blocks is a snippet that somebody made by hand: all of it is the source.
SNIPPET_BLOCKS = 8
# Notices of errors and invitations to log in seldom run to more words than this.
NOTICE_WORDS = 60
# Stubs before a paywall show one to four paragraphs; a longer text is worth checking against.
STUB_WORDS = 350
# How far behind the article's last paragraph the offer to subscribe stands.
WALL_BLOCKS = 6
# A text of which so much is there counts as whole: word counts of sites differ in what they count.
WHOLE_SHARE = 0.8
REST_WORDS = 3  # fewer are buttons and labels

# What a head can hold (HTML Standard, metadata content); all else ends it.
_METADATA = frozenset(
    {"base", "basefont", "bgsound", "link", "meta", "noframes", "noscript", "script", "style"}
    | {"template", "title"}
)
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_NOTICE_TITLE = re.compile(
    r"\b(?:404|403|page (?:not|can(?:'|no)t be) found|not found|access denied|forbidden|error"
    r"|log ?in|sign ?in|are you a robot|just a moment|attention required|captcha)\b",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"\b(?:subscribe|register|sign (?:in|up)|log ?in)\b[^.!?]{0,60}"
    r"\bto (?:continue|keep|read|unlock)"
    r"|\bto (?:continue|keep) reading\b|\bcontinue reading (?:with|by|for)\b"
    r"|\balready a (?:subscriber|member)\b"
    r"|\b(?:article|content|story) is (?:for|only for|available only to|only available to"
    r"|exclusive to|reserved for) (?:our |paying |registered )?(?:subscribers|members)"
    r"|\bunlock (?:this|the (?:full|whole|rest))|\bsubscribers? only\b",
    re.IGNORECASE,
)
_NEEDS_SCRIPT = re.compile(r"javascript", re.IGNORECASE)
_APP_ROOTS = frozenset({"root", "app", "__next", "__nuxt", "react-root", "app-root", "svelte"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# Short words that make up a fifth or more of running text in their language and little of others.
_STOP_WORDS = {
    "en": "the of and to in that is was for it with as his he on be at by had not are but from have"
    " they which this you were her she there been their one all we has would will said who an",
    "de": "der die und das den von zu mit sich des auf für ist im dem nicht ein eine als auch es an"
    " werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über",
    "fr": "de la le et les des en un du une que est pour qui dans il sur par plus pas au ce avec"
    " sont ne se son mais aux cette été ont leur elle nous vous",
    "es": "de la que el en y los se del las un por con no una su para es al lo como más pero sus le"
    " ha sin sobre este entre cuando ser son también fue",
    "it": "di e il la che in un per del della non una sono con si da le al dei nel i alla ha più"
    " gli delle lo anche ma come dal se questo",
    "pt": "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao das à"
    " seu sua ou quando foi são pelo",
    "nl": "de het een van en in is dat op te zijn met voor niet aan er om die hij was ook als bij"
    " door maar naar dan wordt heeft uit nog worden",
}
_STOP_SETS = {code: frozenset(words.split()) for code, words in _STOP_WORDS.items()}
LANGUAGE_WORDS = 3_000  # from the start of a text; more change nothing
MIN_LANGUAGE_WORDS = 20  # with fewer, chance decides
# English news has 0.35 to 0.50 of its words in the list above, lists of names and figures 0.10.
STOP_SHARE = 0.15
# Another language is believed only where it is this much surer: English borrows “in”, “de”, “no”.
CLEAR_LEAD = 1.5
# Of Polish, Czech, Turkish or Swedish words a quarter or more have a letter that is not ASCII; of
# English ones, names among them, hardly one in twenty.
ACCENTED_SHARE = 0.15


def extract(page: Page) -> Article:
    """Read the text of a page.

    Raises:
        UnsupportedSource: The page is of a kind that is not read.
        ScriptOnlyPage: The page is a shell that only a browser fills.
        NotAnArticle: The page holds no running text.
    """
    return extract_linked(page).article


def extract_linked(page: Page) -> LinkedArticle:
    """Read the text of a page with its links and block quotations; only web pages have any.

    Raises:
        SourceError: As for `extract`.
    """
    if not page.content.strip():
        raise NotAnArticle(N_("The source is empty."), PASTE)
    kind = sniff(page)
    text = _CONTROL.sub(" ", decode(page)).replace("\r\n", "\n").replace("\r", "\n")
    if kind is Kind.TEXT:
        return LinkedArticle(_read_text(page, text))
    return _read_html(page, text)


def guess_language(text: str, declared: str | None = None) -> str:
    """Say which language a text is in.

    Args:
        text: Running text.
        declared: What the page says, believed where the words do not tell.

    Returns:
        An ISO 639-1 code, or "und" for a language that is not known here.
    """
    words = re.findall(r"[^\W\d_]+", text.casefold())[:LANGUAGE_WORDS]
    is_latin = sum(word[0] < "\u0250" for word in words) * 2 >= len(words)
    if len(words) < MIN_LANGUAGE_WORDS:
        guess = "en" if is_latin else "und"
        return guess if declared in {None, "en"} else declared
    counts = Counter(words)
    shares = {
        code: sum(counts[word] for word in stops) / len(words) for code, stops in _STOP_SETS.items()
    }
    best = max(shares, key=lambda code: shares[code])
    lead = 1 if best == "en" else CLEAR_LEAD
    if shares[best] >= max(STOP_SHARE, lead * shares["en"]):
        return best
    if declared not in {None, "en"} and (
        declared not in _STOP_SETS or (is_latin and shares[declared] > shares["en"])
    ):
        return declared
    # Terse English has few short words; it differs from the languages without a list in letters.
    n_accented = sum(not word.isascii() for word in words)
    is_plain = declared == "en" or n_accented < ACCENTED_SHARE * len(words)
    return "en" if is_latin and is_plain else "und"


def _read_text(page: Page, text: str) -> Article:
    text = text.strip()
    parts = re.split(r"\n[^\S\n]*\n\s*", text)
    if len(parts) == 1:
        parts = text.split("\n")
    paragraphs, at = [], 0
    for part in parts:
        words = part.strip()
        if words:
            at = text.index(words, at)
            paragraphs.append(Span(at, at + len(words)))
            at += len(words)
    if not paragraphs:
        raise NotAnArticle(N_("The source holds no text."), PASTE)
    return Article(
        text=text,
        main=Span(0, len(text)),
        paragraphs=tuple(paragraphs),
        kind=ArticleKind.TEXT,
        sha256=hashlib.sha256(page.content).hexdigest(),
        retrieved_at=page.retrieved_at,
        url=page.url,
        final_url=page.final_url,
        language=guess_language(text),
    )


def _read_html(page: Page, text: str) -> LinkedArticle:
    tree = _parse(text)
    layout = read_layout(tree)
    is_large = (
        layout.n_elements > MAX_ELEMENTS
        or layout.depth > MAX_DEPTH
        or sum(len(block.text) for block in layout.blocks) > MAX_CHARS
    )
    chosen = choose_main(layout, "" if is_large else _name_paragraphs(tree))
    data = read_page_data(tree, page.final_url or page.url, is_large=is_large)
    blocks = layout.blocks
    if not chosen and len(blocks) <= SNIPPET_BLOCKS:
        chosen = tuple(i for i, block in enumerate(blocks) if block.region is Region.BODY)
    main = [blocks[i].text for i in chosen]
    n_running = _count_running(blocks[i] for i in chosen)
    if n_running < MIN_RUNNING_WORDS and len(data.body.split()) > 2 * n_running:
        main = [line.strip() for line in data.body.splitlines() if line.strip()]
        n_running = len(data.body.split())
        chosen = ()
    _refuse_empty(tree, layout, data, n_running)
    rest = _gather_rest(blocks, chosen)
    whole, spans = _join([*main, *rest])
    main_span = Span(0, spans[len(main) - 1].end)
    article = Article(
        text=whole,
        main=main_span,
        paragraphs=spans,
        kind=ArticleKind.HTML,
        sha256=hashlib.sha256(page.content).hexdigest(),
        retrieved_at=page.retrieved_at,
        url=page.url,
        final_url=page.final_url,
        title=data.title,
        author=data.author,
        published=data.published,
        site=data.site,
        language=guess_language(main_span.of(whole), data.language),
        is_paywalled=_is_stub(blocks, chosen, data),
    )
    own = [blocks[i] for i in chosen]
    links = _join_links(own, spans, _base_address(tree, page))
    return LinkedArticle(article, links, _set_off(layout, own, spans))


def _base_address(tree: html.HtmlElement, page: Page) -> str:
    """Return what the page's relative links begin from; "" where nothing says it."""
    address = page.final_url or page.url or ""
    for path in (".//base[@href]", ".//link[@rel='canonical'][@href]"):
        element = tree.find(path)
        if element is not None and (path.startswith(".//base") or not address):
            try:
                return urljoin(address, str(element.get("href")).strip())
            except ValueError:  # brackets that enclose no address
                continue
    return address


def _join_links(blocks: Sequence[Block], spans: Sequence[Span], base: str) -> tuple[Link, ...]:
    """Return the links of the article's blocks, placed in its text, with absolute addresses."""
    found = []
    for block, span in zip(blocks, spans, strict=False):  # what else the page shows comes after
        for link in block.links:
            try:
                url = urljoin(base, link.url)
            except ValueError:  # the same
                continue
            if url.lower().startswith(("http://", "https://")):
                found.append(Link(link.span.shifted(span.start), url, link.rel))
    return tuple(found)


def _set_off(layout: Layout, blocks: Sequence[Block], spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the paragraphs inside block quotations, unless the page wraps its text in one."""
    found = [
        span
        for block, span in zip(blocks, spans, strict=False)
        if any(layout.names[n].partition(" ")[0] == "blockquote" for n in layout.containers(block))
    ]
    return tuple(found) if 2 * len(found) <= len(blocks) else ()


def _parse(text: str) -> html.HtmlElement:
    """Parse HTML that may be broken in any way; there is always a tree, if an empty one."""
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = html.document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
    except etree.ParserError as exc:  # nothing but comments and white space
        raise NotAnArticle(N_("The page is empty."), PASTE) from exc
    _end_head(tree)
    return tree


def _end_head(tree: html.HtmlElement) -> None:
    """Move what no head can hold into the body, as browsers do (HTML Standard, 13.2.6.4.4).

    The parser does not know the elements that came after HTML 4: where a page leaves out the tags
    of head and body, it takes an `<article>` behind the title for a part of the head.
    """
    head = tree.find("head")
    if head is None:
        return
    elements = ((n, str(child.tag)) for n, child in enumerate(head) if isinstance(child.tag, str))
    moved = head[next((n for n, tag in elements if tag not in _METADATA), len(head)) :]
    if not moved:
        return
    body = tree.find("body")
    if body is None:
        body = etree.SubElement(tree, "body")
    if body.text:  # stands behind what is put before it
        moved[-1].tail = (moved[-1].tail or "") + body.text
        body.text = None
    body[:0] = moved


def _name_paragraphs(tree: html.HtmlElement) -> str:
    """Return what trafilatura holds for the article, a paragraph a line."""
    from trafilatura import bare_extraction  # noqa: PLC0415  # a third of our start
    from trafilatura.settings import Document  # noqa: PLC0415

    try:
        found = bare_extraction(
            tree, favor_recall=True, include_comments=False, include_tables=True
        )
    except TRAFILATURA_SLIPS:
        return ""
    return str(found.text or "") if isinstance(found, Document) else ""


def _count_running(blocks: Iterable[Block]) -> int:
    """Count the words in blocks that end as sentences do."""
    return sum(block.words for block in blocks if _SENTENCE_END.search(block.text))


def _refuse_empty(tree: html.HtmlElement, layout: Layout, data: PageData, n_running: int) -> None:
    """Stop at pages without an article.

    Raises:
        ScriptOnlyPage: A browser would fill the page.
        NotAnArticle: There is nothing to read.
    """
    title = " ".join(filter(None, [data.title, tree.findtext(".//title"), tree.findtext(".//h1")]))
    is_notice = n_running < NOTICE_WORDS and _NOTICE_TITLE.search(title)
    is_snippet = 0 < len(layout.blocks) <= SNIPPET_BLOCKS and not _is_shell(tree)
    if not is_notice and (n_running >= MIN_RUNNING_WORDS or (is_snippet and n_running)):
        return
    if not is_notice and _is_shell(tree):
        raise ScriptOnlyPage(
            N_("This page shows its text only in a browser, so we cannot read it."), PASTE
        )
    raise NotAnArticle(
        N_(
            "There is no article on this page: it is a list of links, a form or a notice. Give the"
            " address of the article itself, or paste its text as the source."
        )
    )


def _is_shell(tree: html.HtmlElement) -> bool:
    """Say whether a page waits for a script to fill it."""
    for element in tree.iter("noscript", "div", "app-root"):
        if element.tag == "noscript":
            if _NEEDS_SCRIPT.search("".join(element.itertext())):
                return True
        elif element.tag == "app-root" or element.get("id") in _APP_ROOTS:
            return True
    words = sum(len(text.split()) for text in tree.xpath("//body//text()[not(ancestor::script)]"))
    return next(tree.iter("script"), None) is not None and words < MIN_RUNNING_WORDS


def _gather_rest(blocks: Sequence[Block], chosen: Sequence[int]) -> list[str]:
    """Return what else the page shows, each text once: captions, pull quotes, lists, boxes."""
    taken = set(chosen)
    others = [
        i
        for i, block in enumerate(blocks)
        if i not in taken
        and block.region in {Region.BODY, Region.ASIDE}
        and block.words >= REST_WORDS
    ]
    repeats = find_repeats(blocks, others, taken)
    texts = (blocks[i].text for i in others if i not in repeats)
    return list(dict.fromkeys(texts))


def _is_stub(blocks: Sequence[Block], chosen: Sequence[int], data: PageData) -> bool:
    """Say whether only the opening of a longer text is there."""
    if not chosen:
        return False
    n_words = count_prose(blocks[i] for i in chosen)
    if n_words >= STUB_WORDS:
        return False
    n_whole = max(data.n_words, len(data.body.split()))
    if n_whole and n_words >= WHOLE_SHARE * n_whole:
        return False
    if not data.is_free:
        return True
    around = blocks[chosen[0] : chosen[-1] + 1 + WALL_BLOCKS]
    return any(_WALL.search(block.text) for block in around)


def _join(paragraphs: Sequence[str]) -> tuple[str, tuple[Span, ...]]:
    spans, at = [], 0
    for paragraph in paragraphs:
        spans.append(Span(at, at + len(paragraph)))
        at += len(paragraph) + 2
    return "\n\n".join(paragraphs), tuple(spans)
