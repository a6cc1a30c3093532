"""Extraction: the article's words as a reader sees them, and after them the rest of the page."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quotecheck.errors import NotAnArticle, ScriptOnlyPage, UnsupportedSource
from quotecheck.extract import extract, guess_language
from quotecheck.records import ArticleKind, Page

if TYPE_CHECKING:
    from quotecheck.records import Article

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PAGES = Path(__file__).parent / "pages"
ITEM = (
    "The bridge at Sallow was opened on Friday by the mayor, Lena Ostrow. “It is not a long"
    " bridge,” she said, “but it took us a long time.” Work on it had begun in 2011."
)


def wrap(
    content: str | bytes, media_type: str = "text/html", charset: str | None = "utf-8"
) -> Page:
    """Return a page with some content, as if it had been fetched at noon."""
    raw = content.encode() if isinstance(content, str) else content
    return Page("https://news.example/a", "https://news.example/b", raw, media_type, charset, NOON)


def read(name: str) -> Article:
    """Read one of the saved pages."""
    return extract(wrap((PAGES / name).read_bytes(), charset=None))


def main_of(article: Article) -> str:
    """Return the article itself."""
    return article.main.of(article.text)


def rest_of(article: Article) -> str:
    """Return what stands behind the article."""
    return article.text[article.main.end :]


# --- the article ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (
            "harbour-vote.html",
            "ending a quarrel that has run for eleven years. The vote was 14 to 12.",
        ),
        (
            "harbour-vote.html",
            "“We did not come here to bury the harbour,” said Maud Ellinger, who",
        ),
        ("harbour-vote.html", "\n\n“No,” said Piet Brandt.\n\nHe was asked whether"),
        ("harbour-vote.html", "have fished from the quay since the 1930s."),
        ("harbour-vote.html", "that the fish market keeps its lease until 2027;"),
        ("harbour-vote.html", "the cost, £4.2 million, would be met"),
        ("harbour-vote.html", "whose firm, Okpara & Daughters, lands"),
        ("reservoir-report.html", "blames nobody by name, though it comes close in three places."),
        ("reservoir-report.html", "a warden wrote that water stood behind the wall."),
        ("reservoir-report.html", "Year Level in metres Warnings\n\n2016 18.2 1\n\n2018 21.7 3"),
        ("reservoir-report.html", "we would have known by Tuesday. It did not stay."),
        ("reservoir-report.html", "It does not say which firms. Northern Catchments,"),
        ("reservoir-report.html", "asked the regulator for its view. It declined to comment."),
        ("tram-interview.html", "\n\nNo.\n\nNever?\n\nWell, once."),
        ("tram-interview.html", "They were not fools; they had seen what the ring road did."),
        ("tram-interview.html", "But a tram is not a ring road. It stops."),
        ("short-item.html", "“It was full of potatoes,” Ada said."),
    ],
)
def test_main_text_holds_the_sentence(page: str, sentence: str) -> None:
    """Lists, tables, short answers and divided articles are there, letter for letter."""
    assert sentence in main_of(read(page))


@pytest.mark.parametrize(
    ("page", "stray"),
    [
        ("harbour-vote.html", "twice as dear"),
        ("harbour-vote.html", "inbox"),
        ("harbour-vote.html", "Boats at the north quay"),
        ("harbour-vote.html", "Most read"),
        ("reservoir-report.html", "Advertisement"),
        ("reservoir-report.html", "A body set up in 1989"),
        ("tram-interview.html", "Archive"),
        ("tram-interview.html", "Letters"),
        ("short-item.html", "Ferry fares"),
    ],
)
def test_main_text_is_free_of_furniture(page: str, stray: str) -> None:
    """Menus, captions, boxes and lists of other articles are no part of the article."""
    assert stray not in main_of(read(page))


def test_pull_quote_does_not_stand_twice() -> None:
    """Words set again in large letters stand once, in the place where they were said."""
    assert read("harbour-vote.html").text.count("stop pretending that it is alive") == 1


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("harbour-vote.html", "Boats at the north quay, which will be filled in first."),
        ("harbour-vote.html", "Kolm basin opens a year late and twice as dear"),
        ("reservoir-report.html", "The spillway in April, before the wall was lowered."),
    ],
)
def test_rest_of_the_page_stands_behind_the_article(page: str, words: str) -> None:
    """Captions and boxes can be quoted too; they are searched after the article."""
    article = read(page)
    assert words in rest_of(article)
    assert article.text[article.main.end :].startswith("\n\n")


@pytest.mark.parametrize(
    ("page", "unseen"),
    [
        ("harbour-vote.html", "This council could not close a door"),
        ("harbour-vote.html", "partners store and read"),
        ("harbour-vote.html", "All rights reserved"),
        ("harbour-vote.html", "dataLayer"),
        ("harbour-vote.html", "Opinion"),
        ("reservoir-report.html", "signed out of your account"),
    ],
)
def test_what_no_reader_takes_for_text_is_left_out(page: str, unseen: str) -> None:
    """Comments, cookie banners, footers, scripts, menus and hidden boxes are not in the text."""
    assert unseen not in read(page).text


def test_paragraphs_are_the_text_without_the_gaps() -> None:
    """Spans in order, each without white space at its ends, joined by empty lines."""
    article = read("harbour-vote.html")
    assert "\n\n".join(span.of(article.text) for span in article.paragraphs) == article.text
    assert article.main.start == 0
    assert article.main.end in {span.end for span in article.paragraphs}


def test_inline_markup_leaves_no_trace() -> None:
    """A word that is partly a link stays one word; a break is a space."""
    html = f"<p>{ITEM}</p><p>The <b>S</b>al<a href='/x'>low</a> bridge<br>is<i> long</i>.</p>"
    assert "The Sallow bridge is long." in extract(wrap(html)).text


def test_sentences_glued_by_markup_are_parted() -> None:
    """Where only style keeps a place name from the first sentence, a space does."""
    html = f"<p><cite>Sallow (Reuters)</cite>{ITEM}</p><p>{ITEM}</p>"
    assert "Sallow (Reuters) The bridge" in extract(wrap(html)).text


def test_opinion_page_named_comment_is_read() -> None:
    """A page that is called "comment" from top to bottom is an article all the same."""
    html = f"<div class='comment'><h1>The bridge</h1>{f'<p>{ITEM} {ITEM}</p>' * 4}</div>"
    assert "not a long bridge" in main_of(extract(wrap(html)))


def test_text_carried_as_data_is_read_where_nothing_is_shown() -> None:
    """An empty shell with the article's text for search engines is not empty."""
    data = json.dumps({"@type": "NewsArticle", "articleBody": f"{ITEM}\n\n{ITEM} Again."})
    html = f"<script type='application/ld+json'>{data}</script><div id='root'></div>"
    article = extract(wrap(html))
    assert main_of(article) == f"{ITEM}\n\n{ITEM} Again."


@pytest.mark.parametrize("damage", ["\\ud83d", "\\u0000", "\\u0001", "<b>\\u0000\\udc00</b>"])
def test_data_that_is_no_text_is_replaced(damage: str) -> None:
    """Half a character or a control in a page's data reaches nobody, and stops nothing."""
    body = f"{damage} The bridge was opened on Friday. " * 9
    data = f'{{"@type": "NewsArticle", "headline": "{damage}", "articleBody": "{body}"}}'
    article = extract(wrap(f'<script type="application/ld+json">{data}</script><div></div>'))
    assert "The bridge was opened on Friday." in article.text
    assert "\ufffd" in article.text
    for text in (article.text, article.title or ""):
        assert text.encode().decode() == text
        assert "\x00" not in text


def test_snippet_is_read_whole() -> None:
    """A few words of HTML that somebody pastes are the source, however short."""
    assert extract(wrap("<p>He said no.</p>")).text == "He said no."


# --- what is known of it -------------------------------------------------------------------------


def test_metadata_of_a_page() -> None:
    """Title, author, date, site and language come from the page's head."""
    article = read("harbour-vote.html")
    assert article.title == "Westerlade votes to close the old harbour"
    assert article.author == "Ineke Sandrup"
    assert article.published == "2024-03-12"
    assert article.site == "The Lade Courier"
    assert article.language == "en"
    assert article.kind is ArticleKind.HTML


def test_article_remembers_where_it_came_from() -> None:
    """Addresses, the time and the fingerprint of the very bytes are handed on."""
    page = wrap(f"<p>{ITEM}</p>")
    article = extract(page)
    assert (article.url, article.final_url) == (page.url, page.final_url)
    assert article.retrieved_at == NOON
    assert article.sha256 == hashlib.sha256(page.content).hexdigest()


@pytest.mark.parametrize("damage", ["{", '{"@graph": [[[', "null", '[{"@type": null}]', "[1, 2]"])
def test_broken_data_blocks_do_no_harm(damage: str) -> None:
    """JSON-LD that is no JSON, or no article, is passed over."""
    html = f"<script type='application/ld+json'>{damage}</script><p>{ITEM}</p>"
    assert extract(wrap(html)).text == ITEM


def test_paywall_stub_is_marked() -> None:
    """Where the page says that it is not free and little is there, the article says so."""
    article = read("mill-closure-stub.html")
    assert article.is_paywalled
    assert "nobody went home" in main_of(article)


def test_offer_to_subscribe_marks_a_stub() -> None:
    """The words of a paywall right behind a short text are enough."""
    html = f"<article><p>{ITEM}</p><p>{ITEM}</p><div>Subscribe to keep reading.</div></article>"
    assert extract(wrap(html)).is_paywalled


def test_whole_article_of_a_paying_site_is_not_marked() -> None:
    """Where all the words are there, it does not matter what the page costs others."""
    data = json.dumps({"@type": "NewsArticle", "isAccessibleForFree": False, "wordCount": 74})
    head = f"<script type='application/ld+json'>{data}</script>"
    assert not extract(wrap(f"{head}<p>One. {ITEM}</p><p>Two. {ITEM}</p>")).is_paywalled
    long = "".join(f"<p>{ITEM} This is part {n}.</p>" for n in range(12))
    assert not extract(wrap(head.replace("74", "9000") + long)).is_paywalled


def test_offer_to_log_in_in_the_menu_marks_nothing() -> None:
    """A site's standing invitation to subscribers does not make its short items stubs."""
    assert not read("short-item.html").is_paywalled


# --- pages without an article --------------------------------------------------------------------


def test_shell_that_needs_a_browser() -> None:
    """An empty root and a plea for JavaScript are an error of their own, cookie banner or not."""
    with pytest.raises(ScriptOnlyPage, match="paste"):
        read("app-shell.html")


@pytest.mark.parametrize("page", ["front-page.html", "login.html"])
def test_page_without_running_text(page: str) -> None:
    """A list of links and a form are no articles."""
    with pytest.raises(NotAnArticle, match="paste"):
        read(page)


def test_error_page_that_pretends_to_be_well() -> None:
    """A notice that nothing was found, sent with status 200, is no article."""
    html = (
        "<title>404: page not found</title><h1>Oh no</h1><p>We are sorry, but the page that you"
        " asked for has moved or never was. Try the search, or go back to the front page.</p>"
    )
    with pytest.raises(NotAnArticle):
        extract(wrap(html))


def test_short_news_item_is_an_article() -> None:
    """Eighty words among menus and teasers are enough."""
    assert len(main_of(read("short-item.html")).split()) < 90


# --- bytes and letters ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("<p>Café “Orm”.</p>".encode(), "utf-8"),
        ("<p>Café “Orm”.</p>".encode(), "iso-8859-1"),  # as servers say without thinking
        ("<p>Café “Orm”.</p>".encode(), "no-such-charset"),
        ("<p>Café “Orm”.</p>".encode(), "punycode"),
        ("<p>Café “Orm”.</p>".encode(), "hex"),
        ("<p>Café “Orm”.</p>".encode(), None),
        ("<p>Café “Orm”.</p>".encode("cp1252"), "iso-8859-1"),
        ("<p>Café “Orm”.</p>".encode("cp1252"), None),
        ("<meta charset='windows-1252'><p>Café “Orm”.</p>".encode("cp1252"), None),
        ("<meta charset='koi8-r'><p>Café “Orm”.</p>".encode(), "utf-8"),
        ("\ufeff<p>Café “Orm”.</p>".encode("utf-16-le"), None),
        ("\ufeff<p>Café “Orm”.</p>".encode("utf-16-be"), "utf-8"),
        ("\ufeff<p>Café “Orm”.</p>".encode(), "utf-16"),
    ],
)
def test_letters_are_what_they_were(content: bytes, charset: str | None) -> None:
    """Encodings are found out, claimed rightly, wrongly or not at all."""
    assert "Café “Orm”." in extract(wrap(content, charset=charset)).text


def test_japanese_page_is_decoded_as_it_says() -> None:
    """An encoding of the east is believed, and the language is not English."""
    text = "橋は金曜日に市長によって開通した。" * 9
    html = f"<html lang='ja'><meta charset='shift_jis'><p>{text}</p>".encode("shift_jis")
    article = extract(wrap(html, charset=None))
    assert text in article.text
    assert article.language == "ja"


@pytest.mark.parametrize("media_type", ["", "text/plain", "text/markdown"])
def test_text_is_cut_at_empty_lines(media_type: str) -> None:
    """Plain text keeps its words and lines; empty lines part its paragraphs."""
    article = extract(wrap("\ufeffOne two\r\nthree.\r\n \r\nFour <b>five</b>.\n", media_type))
    assert article.text == "One two\nthree.\n \nFour <b>five</b>."
    assert [span.of(article.text) for span in article.paragraphs] == [
        "One two\nthree.",
        "Four <b>five</b>.",
    ]
    assert article.kind is ArticleKind.TEXT
    assert article.main.of(article.text) == article.text


def test_text_without_empty_lines_is_cut_at_lines() -> None:
    """Where nobody left a line empty, each line is a paragraph."""
    article = extract(wrap("One.\n  Two.\nThree.", "text/plain"))
    assert [span.of(article.text) for span in article.paragraphs] == ["One.", "Two.", "Three."]


@pytest.mark.parametrize("tag", ["article", "main", "section"])
def test_page_may_leave_out_the_tags_of_head_and_body(tag: str) -> None:
    """Behind a title without them, the article is no part of the head, and keeps its order."""
    start = "<!doctype html><title>Sallow</title><!-- 3 --><meta name=a content=b>"
    html = f"{start}<{tag}><p>{ITEM}</p></{tag}><p>Boats may pass again.</p>"
    article = extract(wrap(html))
    assert article.text == f"{ITEM}\n\nBoats may pass again."
    assert article.title == "Sallow"


def test_html_under_another_name_is_html() -> None:
    """A saved page without a media type, or with a wrong one, is read as what it is."""
    html = f"<!DOCTYPE html><!-- saved --><html><body><p>{ITEM}</p></body></html>"
    for media_type in ("", "text/plain", "application/octet-stream"):
        assert extract(wrap(html, media_type)).text == ITEM


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7", "text/html"),
        (b"{}", "application/json"),
        (b"\x00\x01", ""),
        (b"GIF89a\x01\x00\x01\x00\x80", "text/plain"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", ""),
        (b"ID3\x03\x00\x00\x00", "text/html"),
    ],
)
def test_other_files_are_refused(content: bytes, media_type: str) -> None:
    """Each kind that we do not read is said to be one, with a way out."""
    with pytest.raises(UnsupportedSource, match="paste it as the source"):
        extract(wrap(content, media_type))


@pytest.mark.parametrize("media_type", ["text/plain", ""])
@pytest.mark.parametrize(
    "start", ["RIFF was the name of the band.", "ID3 tags", "GIF8 is no word."]
)
def test_text_that_begins_like_a_recording_is_text(start: str, media_type: str) -> None:
    """The letters that recordings begin with are no more than letters in a text."""
    assert extract(wrap(f"{start}\n\n{ITEM}", media_type)).text.startswith(start)


# --- language ------------------------------------------------------------------------------------

GERMAN = (
    "Die Brücke wurde am Freitag von der Bürgermeisterin eröffnet. Sie ist nicht lang, aber es hat"
    " lange gedauert, und die Arbeiten an ihr haben im Jahr 2011 begonnen."
)
FRENCH = (
    "Le pont a été ouvert vendredi par la maire de la ville. Il n'est pas long, mais les travaux"
    " ont duré plus de dix ans et la facture est à la charge des habitants."
)
DUTCH = (
    "De brug in het dorp is vrijdag door de burgemeester geopend. Die is niet lang, maar het heeft"
    " lang geduurd, en de kosten zijn voor de inwoners."
)
POLISH = (
    "Burmistrzyni otworzyła w piątek most w Sallow. Nie jest długi, ale budowa trwała ponad"
    " dziesięć lat, a rachunek zapłacą mieszkańcy gminy, którzy już wcześniej protestowali."
)
# English as telegrams, tickers and headlines have it, with few of the words that tell a language.
SPORT = (
    "Liverpool beat Arsenal 3-1. Salah scored twice, Núñez once. Saka replied late. Klopp praised"
    " young defenders. Arteta blamed tired legs, poor passing, bad luck. Chelsea visit Anfield next"
    " Saturday; Arsenal host Villa."
)
POLITICS = (
    "Trump wins Iowa caucuses. Haley finishes third. Ramaswamy quits, endorses Trump. DeSantis"
    " vows fight, heads south. Turnout falls sharply amid blizzard. New Hampshire votes next."
)


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        (ITEM, None, "en"),
        (ITEM, "de", "en"),
        ("He said no.", None, "en"),
        ("He said that α is 3.", None, "en"),
        ("市長は金曜日に橋を開通させた。", "en", "und"),
        ("市長は金曜日に橋を開通させた。", "ja", "ja"),
        (SPORT, None, "en"),
        (SPORT, "en", "en"),
        (SPORT, "de", "en"),
        (POLITICS, None, "en"),
        (DUTCH, "en", "nl"),
        (POLISH, None, "und"),
        (POLISH, "pl", "pl"),
        (GERMAN, "en", "de"),
        (FRENCH, None, "fr"),
        ("Мост в городе открыла в пятницу мэр. " * 5, None, "und"),
        ("Мост в городе открыла в пятницу мэр. " * 5, "ru", "ru"),
        ("Мост в городе открыла в пятницу мэр. " * 5, "en", "und"),
    ],
)
def test_language_is_told_from_the_words(text: str, declared: str | None, language: str) -> None:
    """What a page says of its language counts only where its words do not tell."""
    assert guess_language(text, declared) == language
