"""Cutting an article into what it quotes, and the links that may be the sources."""

from __future__ import annotations

import datetime as dt

import pytest

from quotecheck.extract import extract_linked
from quotecheck.passages import Candidate, Quoting, Where, find_quotings
from quotecheck.records import LinkedArticle, Page

ADDRESS = "https://news.example/town/2026/harbour-dues.html"
OPENING = (
    "<p>The harbour of Velm will raise its dues in spring, the office said on Monday. Boats"
    " under six metres stay free, and so do those of the lifeboat crew.</p>"
)
END = (
    "<p>The council meets again in two weeks, in the old customs house by the quay, and everybody"
    " who keeps a boat there may come and speak.</p>"
)


def read(*paragraphs: str, head: str = "", url: str | None = ADDRESS) -> LinkedArticle:
    """Extract an article of these paragraphs, between two that quote nothing."""
    body = "".join(p if p.startswith("<") else f"<p>{p}</p>" for p in paragraphs)
    html = (
        f'<html lang="en"><head><title>Dues</title>{head}</head><body><article><h1>Dues</h1>'
        f"{OPENING}{body}{END}</article></body></html>"
    )
    when = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    return extract_linked(Page(url, url, html.encode(), "text/html", "utf-8", when))


def find(*paragraphs: str) -> tuple[Quoting, ...]:
    """Return what an article of these paragraphs quotes."""
    return find_quotings(read(*paragraphs))


def urls(quoting: Quoting) -> list[tuple[str, Where]]:
    """Return the candidates of a quotation."""
    return [(candidate.url, candidate.where) for candidate in quoting.candidates]


# --- links ---------------------------------------------------------------------------------------


def test_links_stand_at_their_words() -> None:
    """A link's place covers its words in the article's text, however the page spaces them."""
    linked = read(
        'Okonjo   wrote,\n <b>in</b> <a href="/a"> a  <i>long</i>\n letter </a>, that (<a'
        ' href="/b">here</a>) nobody had asked her.'
    )
    words = [(link.span.of(linked.article.text), link.url) for link in linked.links]
    assert words == [
        ("a long letter", "https://news.example/a"),
        ("here", "https://news.example/b"),
    ]


def test_relative_links_begin_from_the_base() -> None:
    """A link is joined with the page's address, or with the base that the page names."""
    paragraph = 'The <a href="../dues.html#p4">list of dues</a> is four pages long, they said.'
    assert read(paragraph).links[0].url == "https://news.example/town/dues.html#p4"
    based = read(paragraph, head='<base href="https://files.example/x/y/">')
    assert based.links[0].url == "https://files.example/x/dues.html#p4"
    canonical = '<link rel="canonical" href="https://velm.example/n/a.html">'
    assert read(paragraph, head=canonical, url=None).links[0].url == (
        "https://velm.example/dues.html#p4"
    )


def test_link_over_paragraphs_ends_with_each() -> None:
    """A link around several paragraphs is one in each, and in none that follows."""
    linked = read(
        '<a href="/a"><p>The first of the long paragraphs is about the quay.</p><p>The second'
        " of the paragraphs is about the boats.</p></a>",
        "The third of the paragraphs is about nothing that one could link to.",
    )
    words = [link.span.of(linked.article.text) for link in linked.links]
    assert [w.split()[1] for w in words] == ["first", "second"]


def test_note_belongs_to_the_words_before_it() -> None:
    """The number of a note is no text; what it links is linked right behind the words before."""
    [quoting] = find(
        "“The dues are the lowest on this coast,” the office wrote.<sup><a"
        ' href="https://velm.example/letter">1</a></sup> Nobody else has said so.'
    )
    assert urls(quoting) == [("https://velm.example/letter", Where.SENTENCE)]


@pytest.mark.parametrize(
    "link",
    [
        '<a href="#top">',
        '<a href="harbour-dues.html?">',
        '<a href="https://www.news.example/town/2026/harbour-dues.html#comments">',
        '<a href="mailto:desk@news.example">',
        '<a href="javascript:void(0)">',
        '<a href="https://www.facebook.com/sharer/sharer.php?u=x">',
        '<a href="https://twitter.com/intent/tweet?text=x">',
        '<a href="/tag/harbours">',
        '<a href="/authors/ida-holm">',
        '<a rel="author" href="/desk/ida-holm">',
        '<a href="https://velm.example/">',
        '<a href="http://[broken">',
    ],
)
def test_links_that_are_no_sources(link: str) -> None:
    """This page, share buttons, authors, tags and front pages are never taken for a source."""
    [quoting] = find(f"The office {link}says</a> that “nobody has ever paid less than this.”")
    assert quoting.candidates == ()


def test_lists_of_other_sites_may_be_sources() -> None:
    """Words such as “topics” in another site's addresses say nothing of the page."""
    [quoting] = find(
        'The <a href="https://gov.example/topics/ports/report">ministry</a> says that “nobody has'
        " ever paid less than this.”"
    )
    assert urls(quoting) == [("https://gov.example/topics/ports/report", Where.SENTENCE)]


# --- candidates ----------------------------------------------------------------------------------


def test_links_nearest_to_the_quotation_come_first() -> None:
    """First the quoting sentence's links, then the paragraph's, then those of the one before."""
    quoting = find(
        'There is <a href="/before">a report</a> on the dues, which few have read so far.',
        'The office has <a href="/paragraph">a plan</a>. In <a href="/far">a letter</a>, and in'
        ' <a href="/near">another</a>, it wrote that “the small boats will not pay a cent.”',
    )[0]
    base = "https://news.example"
    assert urls(quoting) == [
        (f"{base}/near", Where.SENTENCE),
        (f"{base}/far", Where.SENTENCE),
        (f"{base}/paragraph", Where.PARAGRAPH),
        (f"{base}/before", Where.BEFORE),
    ]


def test_three_links_of_each_place_are_enough() -> None:
    """Of a sentence full of links, only the three nearest are taken for its source."""
    links = ", ".join(f'<a href="/{n}">p{n}</a>' for n in range(5))
    [quoting] = find(f"Among the papers ({links}) one says “the small boats will not pay a cent.”")
    sentence = [url[-1] for url, where in urls(quoting) if where is Where.SENTENCE]
    assert sentence == ["4", "3", "2"]


# --- passages ------------------------------------------------------------------------------------


def test_passage_is_the_paragraph_where_it_names_everybody() -> None:
    """A paragraph that points back to nothing stands alone."""
    [quoting] = find("Tamsin Okonjo wrote: “Small boats will not pay a cent.”")
    assert quoting.claim.passage == "Tamsin Okonjo wrote: “Small boats will not pay a cent.”"


def test_passage_takes_in_what_it_points_back_to() -> None:
    """A paragraph that points back has the sentences before it, and its place takes them in."""
    linked = read(
        "One came first. Another came second. Tamsin Okonjo runs the harbour.",
        "She wrote: “Small boats will not pay a cent.”",
    )
    [quoting] = find_quotings(linked)
    assert quoting.claim.passage == (
        "Another came second. Tamsin Okonjo runs the harbour.\n\n"
        "She wrote: “Small boats will not pay a cent.”"
    )
    assert quoting.span.of(linked.article.text) == quoting.claim.passage
    assert [q.span.of(linked.article.text) for q in quoting.quoted] == [
        "Small boats will not pay a cent."
    ]


def test_headings_are_no_lead() -> None:
    """What a heading says is no sentence that a quotation needs."""
    [quoting] = find("<h2>What it costs</h2>", "She wrote: “Small boats will not pay a cent.”")
    assert quoting.claim.passage.startswith("She wrote")


def test_quotations_with_different_links_are_checked_apart() -> None:
    """Two quotations of one sentence, each by its own link, have each its own source."""
    first, second = find(
        'The <a href="/a">office</a> says that “small boats will not pay a cent,” while the'
        ' <a href="/b">owners</a> speak of “a bill that comes through the back door.”'
    )
    assert [c.url[-1] for c in first.candidates] == ["a", "b"]
    assert [c.url[-1] for c in second.candidates] == ["b", "a"]
    assert first.claim.passage == second.claim.passage
    assert [f.text for f in first.claim.fragments] == ["small boats will not pay a cent,"]
    assert [f.fragment for f in second.claim.framings] == [0]
    assert second.claim.framings[0].lead.of(second.claim.passage).endswith("speak of")


def test_quotations_with_the_same_link_go_together() -> None:
    """Pieces of one source are checked as one passage, and can be taken apart."""
    [quoting] = find(
        'In <a href="/a">a letter</a> the office says that “small boats will not pay a cent” and'
        " that “the dues are the lowest on this coast.”"
    )
    assert len(quoting.claim.fragments) == 2
    assert [single.claim.fragments for single in quoting.apart()] == [
        (fragment,) for fragment in quoting.claim.fragments
    ]


def test_quotation_over_paragraphs_holds_them_together() -> None:
    """A quotation that goes on in the next paragraph is one passage."""
    [quoting] = find(
        "Tamsin Okonjo wrote: “Small boats will not pay a cent.",
        "“That was promised years ago.” Nobody objected.",
    )
    assert quoting.claim.passage.count("\n\n") == 1


def test_block_quotations_are_quotations() -> None:
    """What the page sets off is quoted without marks, with the paragraph that leads up to it."""
    linked = read(
        'Tamsin Okonjo says in <a href="/a">a letter</a>:',
        "<blockquote><p>Small boats will not pay a cent, now or later.</p></blockquote>",
    )
    [quoting] = find_quotings(linked)
    assert quoting.claim.passage == (
        "Tamsin Okonjo says in a letter:\n\n> Small boats will not pay a cent, now or later."
    )
    assert [q.text for q in quoting.quoted] == ["Small boats will not pay a cent, now or later."]
    assert [q.span.of(linked.article.text) for q in quoting.quoted] == [quoting.quoted[0].text]
    assert [c.url[-2:] for c in quoting.candidates] == ["/a"]


def test_words_at_arms_length_are_passed_over() -> None:
    """A word or two in marks are no quotation, unless a link stands beside them."""
    assert not find('The “free” boats pay in kind. <a href="/a">The office</a> has a list of it.')
    [quoting] = find('The boats that are <a href="/a">“free”</a> pay in kind, by helping out.')
    assert quoting.candidates == (Candidate("https://news.example/a", Where.SENTENCE),)


def test_titles_are_passed_over() -> None:
    """The title of a book or a film is no quotation."""
    assert not find('Her <a href="/a">film</a> “The Long Quay of Velm,” was shown on Monday.')
