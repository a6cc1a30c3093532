"""The result page: every mark and finding in its place, nothing of the source run or rendered."""

from __future__ import annotations

import dataclasses
import html
import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from quotecheck.claim import Claim
from quotecheck.records import (
    Context,
    Elision,
    Explained,
    Finding,
    FindingType,
    Label,
    Match,
    MatchKind,
    Relation,
    Severity,
    Source,
    Span,
)
from web.present import present, say_confidence, say_date

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HandChecker
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from quotecheck.records import Article

    Send = Callable[..., TestResponse]
    Page = Callable[..., str]

EVIL = "<script>alert('x')</script><img src=x onerror=\"y\">"


@pytest.fixture
def page(send: Send, client: FlaskClient, checker: HandChecker, passage: str) -> Page:
    """Check the passage with some parts of the report changed, and return the report's page."""

    def get_page(**changes: object) -> str:
        checker.changes = changes
        location = send(passage=passage, source_url="https://a.example/x").headers["Location"]
        answer = client.get(location)
        assert answer.status_code == 200
        return answer.text

    return get_page


def plain(text: str) -> str:
    """Return the words of some HTML, as a person without styles reads them."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def column(text: str, name: str) -> str:
    """Return the marked text of one column."""
    return re.search(rf'id="{name}-text"[^>]*>(.*?)</div>', text, re.DOTALL)[1]


def test_verdict_comes_first_and_accuses_nobody(page: Page) -> None:
    """The heading is the verdict, the summary follows, and no word blames anybody."""
    text = page()
    assert re.search(r"<h1>Reads differently in the source</h1>\s*<p class=\"summary\">", text)
    for word in ("lied", "fabricated", "dishonest", "fake", "wrong"):
        assert word not in plain(text).lower()


def test_headings_are_in_order(page: Page) -> None:
    """No level of heading is skipped."""
    levels = [int(level) for level in re.findall(r"<h(\d)", page())]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_marks_carry_a_word_as_well_as_a_colour(page: Page) -> None:
    """Quoted, left-out, edited words and referents are named for those who see no colour."""
    text = page()
    assert "[quoted: tend to ask for" in plain(column(text, "source"))
    assert "[left out: " in plain(column(text, "source"))
    assert "[not the source’s words: very ]" in plain(column(text, "passage"))
    assert "[marked A] these same manufacturers" in plain(column(text, "passage"))
    assert "[marked A] the same manufacturers" in plain(column(text, "source"))
    assert 'class="legend"' in text


def test_marked_columns_hold_the_texts_unchanged(
    page: Page, checker: HandChecker, article: Callable[..., Article]
) -> None:
    """Without its labels, each column is the text itself, letter for letter."""
    text = page()
    for name, whole in (("passage", checker.asked[0][0].passage), ("source", article().text)):
        marked = re.sub(r'<span class="vh">[^<]*</span>', "", column(text, name))
        marked = re.sub(r'<span class="letter">[^<]*</span>', "", marked)
        assert plain(re.sub(r'<a class="pin"[^>]*>\d+</a>', "", marked)) == whole


def test_findings_lead_to_their_words_and_back(page: Page) -> None:
    """Every link inside the page has its target, and the other way round."""
    text = page()
    ids = re.findall(r'id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', text):
        assert target in ids
    assert {"finding-1", "passage-1", "source-1", "passage-2", "source-2"} <= set(ids)


def test_finding_says_whom_the_words_mean_in_both_texts(page: Page) -> None:
    """Who is read and who is meant stand side by side, the ones left out marked."""
    text = page()
    assert re.search(
        r"In the passage.*?Brisela.*?Kestavo.*?In the source.*?young firms", plain(text), re.DOTALL
    )
    assert '<mark class="left-out">The older makers</mark>' in text


def test_altered_words_are_shown_one_by_one(page: Page) -> None:
    """What the quotation adds is an insertion in the source's sentence."""
    text = re.search(r'<p class="difference words"[^>]*>(.*?)</p>', page(), re.DOTALL)[1]
    assert plain(text) == ("tend to ask for [only in the quotation: very ]long transition periods.")


def test_words_that_are_not_found_are_not_called_made_up(
    page: Page, article: Callable[..., Article]
) -> None:
    """The missing words and the nearest passage are marked, and the page says what it means."""
    near = article().text.index("In private")
    match = Match(0, MatchKind.PARAPHRASE, (Span(near, near + 40),), 0.4)
    finding = Finding(
        FindingType.NOT_FOUND, Severity.HIGH, 0.9, (Span(0, 5),), match.segments, match
    )
    text = page(
        label=Label.NOT_FOUND,
        matches=(match,),
        referents=(),
        findings=(Explained(finding, "We did not find it."),),
    )
    assert "[quoted, not found: tend to ask for very long" in plain(column(text, "passage"))
    assert "[nearest: " in plain(column(text, "source"))
    assert "is not the same as made up" in plain(text)


def test_source_that_could_not_be_read_has_a_way_out(
    page: Page, client: FlaskClient, failure: dict[str, object]
) -> None:
    """The page says what to do, and the form opens with the field for a pasted text."""
    text = page(**failure)
    assert "<h1>Not checked</h1>" in text
    again = re.search(r'href="(/\?again=[^"#]+)#source_text"', text)[1]
    form = client.get(html.unescape(again)).text
    assert '<details class="more" open>' in form
    assert 'value="https://a.example/x"' in form


def test_origin_of_the_text_is_shown(page: Page, article: Callable[..., Article]) -> None:
    """Title, author, date, address, time and checksum say what was compared."""
    text = plain(page())
    for fact in (
        "Sensor makers want rules",
        "Yewande Lindqvist",
        "12 March 2026",
        "https://marrowbaycourier.example/health",
        "23 November 2026, 10:00 UTC",
        article().sha256,
    ):
        assert fact in text


@pytest.mark.parametrize("name", ["title", "author", "published", "site", "final_url", "url"])
def test_what_a_page_says_of_itself_is_escaped(
    page: Page, article: Callable[..., Article], name: str
) -> None:
    """Whatever a source calls itself, it is shown as text."""
    text = page(article=article(**{"final_url": None, name: EVIL}))
    assert "<script>alert" not in text
    assert "<img" not in text
    assert html.escape(EVIL, quote=False)[:20] in text


def test_passage_source_and_sentences_are_escaped(
    send: Send, client: FlaskClient, checker: HandChecker, article: Callable[..., Article]
) -> None:
    """Markup in the passage, the source, a sentence or a suggestion stays text."""
    checker.changes = {
        "summary": EVIL,
        "article": article(EVIL),
        "findings": (
            Explained(
                Finding(
                    FindingType.NEGATION_DROPPED,
                    Severity.HIGH,
                    0.9,
                    (Span(0, 3),),
                    (),
                    Match(0, MatchKind.EXACT, (Span(0, 1),), 1.0),
                ),
                EVIL,
                EVIL,
            ),
        ),
    }
    location = send(passage=EVIL, speaker=EVIL, source_text=EVIL).headers["Location"]
    for page in (client.get(location).text, client.get(f"/?again={location.split('/')[2]}").text):
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;img" in page


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example/x", "https://a.example/\n"],
)
def test_only_web_addresses_become_links(
    page: Page, article: Callable[..., Article], address: str | None
) -> None:
    """A link to anything but http or https is shown as text."""
    text = page(article=article(final_url=address))
    assert f'href="{html.escape(address)}"' not in text
    assert html.escape(address).strip() in text


def test_letters_go_only_to_referents_that_a_finding_is_about(
    checker: HandChecker, passage: str
) -> None:
    """An expression about which there is nothing to say is not marked."""
    report = checker.check(Claim.from_passage(passage), Source.from_text("x"), check_id="c")
    (changed,) = report.referents
    same = dataclasses.replace(changed, relation=Relation.SAME)
    shown = present(dataclasses.replace(report, referents=(same, changed)))
    pieces = [piece for block in shown.passage for piece in block.pieces]
    assert {letter for piece in pieces for letter in piece.letters} == {"A"}
    assert [note.letter for note in shown.notes] == ["A", None]
    nothing = present(dataclasses.replace(report, referents=(same,)))
    assert "who" not in nothing.shown


def test_unsure_finding_is_not_stated_as_a_fact(page: Page, checker: HandChecker) -> None:
    """However much a finding would change, below a certain confidence it only may."""
    page()
    claim, source = checker.asked[0]
    (first, *_) = checker.check(claim, source, check_id="c").findings
    doubtful = dataclasses.replace(first.finding, confidence=0.3)
    text = plain(page(findings=(dataclasses.replace(first, finding=doubtful),)))
    assert "May change how it reads unsure" in text


def test_empty_lines_carry_no_mark(page: Page, article: Callable[..., Article]) -> None:
    """Words left out over several paragraphs are marked paragraph by paragraph."""
    whole = Span(0, len(article().text))
    elision = Elision(whole, article().text, marked=False)
    context = Context(whole, article().text, (elision,))
    source = column(page(context=context, matches=(), findings=()), "source")
    assert "\n" in source
    assert not any("\n" in mark for mark in re.findall(r"<mark.*?</mark>", source, re.DOTALL))


@pytest.mark.parametrize(
    ("confidence", "word"), [(1.0, "very likely"), (0.7, "likely"), (0.3, "unsure")]
)
def test_confidence_is_a_word(confidence: float, word: str) -> None:
    """Nobody has to read a number between 0 and 1."""
    assert say_confidence(confidence) == word


def test_nothing_found_is_no_proof(page: Page) -> None:
    """A fair report is at most fairly sure, and says that things can be overlooked."""
    text = plain(page(label=Label.FAITHFUL, confidence=1.0, findings=()))
    assert "How sure we are: fairly sure" in text
    assert "we can overlook things" in text
    unfair = plain(page(confidence=1.0))
    assert "How sure we are: very sure" in unfair
    assert "we can overlook things" not in unfair


@pytest.mark.usefixtures("no_collection")
def test_thousands_of_fragments_are_marked_at_once(checker: HandChecker) -> None:
    """Both columns are cut in one sweep each: the time grows with the number of quotations."""
    seconds = []
    for count in (1_100, 6_600):
        passage = "“a b c” " * count
        claim = Claim.from_passage(passage, max_chars=len(passage))
        report = checker.check(claim, Source.from_text("x"), check_id="c")
        matches = tuple(
            Match(n, MatchKind.EXACT if n % 2 else MatchKind.PARAPHRASE, (f.span,), 1.0)
            for n, f in enumerate(claim.fragments)
        )
        findings = tuple(
            Explained(
                Finding(
                    FindingType.NOT_FOUND, Severity.HIGH, 0.9, (f.span,), (f.span,), matches[n]
                ),
                "",
            )
            for n, f in enumerate(claim.fragments)
        )
        report = dataclasses.replace(
            report,
            label=Label.NOT_FOUND,
            matches=matches,
            findings=findings,
            context=Context(Span(0, len(passage)), passage),
        )
        start = time.process_time()
        shown = present(report)
        seconds.append(time.process_time() - start)
        for column in (shown.passage, shown.source):
            pieces = [piece for block in column for piece in block.pieces]
            assert "".join(piece.text for piece in pieces) == passage
            assert [n for piece in pieces for n in piece.pins] == list(range(1, count + 1))
    assert seconds[1] < 18 * seconds[0] + 0.1
    assert sum(block.kind == "missing" for block in shown.passage) == 3_300


def test_dates_are_written_out_or_left_as_they_are() -> None:
    """A date that is none is shown as the page gave it."""
    assert say_date("2026-03-12") == "12 March 2026"
    assert say_date("last Tuesday") == "last Tuesday"
    assert say_date(None) == ""
