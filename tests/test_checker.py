"""The whole walk, with the models that ship and a real server: from a passage to a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quotecheck.cases import load_cases
from quotecheck.claim import Claim
from quotecheck.records import FindingType, Label, MatchKind, Relation, Source

if TYPE_CHECKING:
    from conftest import Site

    from quotecheck.checker import Checker
    from quotecheck.report import Report

pytestmark = pytest.mark.slow

CASES = {case.id: case for case in load_cases(Path(__file__).parents[1] / "corpus" / "dev")}
ARTICLE = """
<html lang="en"><head><title>Ferry to sail again</title></head><body><article>
<h1>Ferry to sail again</h1>
<p>The ferry to Isla Corda will sail again from Monday, the harbour office said on Thursday. It had
been tied up since a fire in its engine room in March, in which nobody was hurt.</p>
<p>The owner, Tamsin Okonjo, said that the repair had cost twice what she had expected. “We did not
cut a single corner,” she told reporters on the quay. “The engine is new, the cables are new, and
the crew has had six weeks of training.”</p>
<p>The islanders have been supplied by fishing boats in the meantime. The school closed for lack of
a teacher, who lives on the mainland. It will open again on Tuesday.</p>
</article></body></html>
"""


def check(checker: Checker, passage: str, source: Source) -> Report:
    """Check a passage."""
    return checker.check(Claim.from_passage(passage), source)


def check_case(checker: Checker, name: str) -> Report:
    """Check a case of the corpus."""
    case = CASES[name]
    return check(checker, case.passage, case.source)


def test_the_worked_example_is_seen(real_checker: Checker) -> None:
    """Every quoted word is there, and the passage makes them say something of fewer firms."""
    report = check_case(real_checker, "worked-example")
    assert report.label is Label.MISREPRESENTS
    assert report.matches[0].kind is MatchKind.EXACT
    changed = [
        f.finding.subject for f in report.findings if f.finding.type is FindingType.REFERENT_CHANGED
    ]
    assert [(c.mention.text, c.relation) for c in changed] == [  # type: ignore[union-attr]
        ("these same manufacturers", Relation.NARROWED)
    ]


def test_the_fair_twin_of_the_worked_example_is_fair(real_checker: Checker) -> None:
    """The same words from the same page are faithful where the framing names everybody."""
    assert check_case(real_checker, "worked-example-fair").label is Label.FAITHFUL


def test_words_from_a_page_are_found(real_checker: Checker, site: Site) -> None:
    """A page over HTTP is fetched, read and searched; the report says from where and when."""
    address = site.page("/ferry", ARTICLE)
    report = check(
        real_checker,
        "The owner insists that it was done well: “We did not cut a single corner,” said Okonjo.",
        Source.from_url(address),
    )
    assert report.label is Label.FAITHFUL
    assert report.article is not None
    assert report.article.title == "Ferry to sail again"
    assert report.article.final_url == address
    assert report.matches[0].span.of(report.article.text) == "We did not cut a single corner,"


def test_a_dropped_not_is_never_fair(real_checker: Checker) -> None:
    """One word less, and the sentence is turned round: the report names the word."""
    report = check(
        real_checker, "“We did cut a single corner,” Okonjo said.", Source.from_html(ARTICLE)
    )
    assert report.label is Label.MISREPRESENTS
    (finding,) = [f for f in report.findings if f.finding.type is FindingType.NEGATION_DROPPED]
    assert "“not”" in finding.message


def test_what_is_not_there_is_not_called_invented(real_checker: Checker) -> None:
    """The label is `not_found`, the nearest passage is shown, and nobody is accused."""
    report = check(
        real_checker,
        "“The engine was paid for by the government of another country,” Okonjo said.",
        Source.from_html(ARTICLE),
    )
    assert report.label is Label.NOT_FOUND
    assert report.matches[0].kind is MatchKind.PARAPHRASE
    assert report.article is not None
    assert "engine" in report.matches[0].span.of(report.article.text)
    assert "what we could read" in report.summary
    assert "invent" not in report.summary.lower()


@pytest.mark.parametrize(
    ("answer", "code"),
    [({"status": 404}, "page_missing"), ({"status": 500}, "server_failed")],
)
def test_a_page_that_cannot_be_had_is_not_called_unfound(
    real_checker: Checker, site: Site, answer: dict[str, int], code: str
) -> None:
    """No page, no verdict: `cannot_check`, with the reason and what to do."""
    report = check(real_checker, "“Nothing.”", Source.from_url(site.page("/gone", "", **answer)))
    assert report.label is Label.CANNOT_CHECK
    assert report.error is not None
    assert report.error.code == code
    assert report.error.message in report.summary


def test_another_language_is_refused(real_checker: Checker) -> None:
    """A text that the check cannot read gets no verdict."""
    text = "Die Fähre fährt ab Montag wieder, teilte das Hafenamt am Donnerstag mit. " * 10
    report = check(real_checker, "“Die Fähre fährt ab Montag wieder”", Source.from_text(text))
    assert report.error is not None
    assert report.error.code == "unsupported_language"


def test_what_a_paywall_hides_is_not_called_unfound(real_checker: Checker) -> None:
    """Words missing from the opening may stand in the part that is for sale."""
    html = """
    <html lang="en"><head><title>The price of ice</title>
    <script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false,
    "headline": "The price of ice"}</script></head><body><article><h1>The price of ice</h1>
    <p>Ice was never cheap on the coast of Varanda, but this summer it has doubled in price, and the
    fish merchants have begun to ask where all the money goes and who is taking it from them.</p>
    <p class="paywall">Subscribe to continue reading.</p></article></body></html>
    """
    report = check(
        real_checker, "“The cold store belongs to the minister’s cousin”", Source.from_html(html)
    )
    assert report.label is Label.CANNOT_CHECK
    assert report.error is not None
    assert report.error.code == "paywall"


def test_a_page_of_five_megabytes_is_read(real_checker: Checker, site: Site) -> None:
    """A large page takes longer to read, and gives the same answer."""
    filler = "".join(
        f"<p>The clerk of ward {n} wrote that nothing had happened there in the year {n}.</p>"
        for n in range(60_000)
    )
    address = site.page("/large", ARTICLE.replace("</article>", f"{filler}</article>"))
    report = check(
        real_checker, "“The engine is new, the cables are new”, she said.", Source.from_url(address)
    )
    assert report.matches[0].kind is MatchKind.EXACT
    assert report.label is Label.FAITHFUL


def test_two_checks_of_the_same_give_the_same(real_checker: Checker) -> None:
    """A report can be made again: only its id, its times and its clock differ."""

    def given() -> dict[str, Any]:
        report: dict[str, Any] = check(
            real_checker, "“It had been tied up since a fire”", Source.from_html(ARTICLE)
        ).to_dict()
        del report["id"], report["timings_ms"], report["source"]["retrieved_at"]
        return report

    assert given() == given()


def test_the_report_names_its_models_and_its_times(real_checker: Checker) -> None:
    """Who made the report, and how long each stage took."""
    report = check(real_checker, "“six weeks of training”", Source.from_html(ARTICLE))
    assert report.versions["quotecheck"]
    assert set(report.timings_ms) >= {
        "fetch",
        "extract",
        "locate",
        "language",
        "context",
        "referents",
        "total",
    }
    assert sum(v for k, v in report.timings_ms.items() if k != "total") <= (
        report.timings_ms["total"] + len(report.timings_ms)
    )
