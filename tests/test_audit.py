"""Auditing an article: its quotations against the sources that it links, over a real server."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter

from quotecheck import cli
from quotecheck.audit import (
    ALOOF,
    ITSELF,
    LIMIT,
    ONLY_BEFORE,
    UNLINKED,
    UNREAD_BEFORE,
    audit_article,
)
from quotecheck.errors import SourceError
from quotecheck.extract import extract
from quotecheck.fetch import Fetcher
from quotecheck.records import Failure, Label, Source
from quotecheck.report import Report
from quotecheck.settings import Settings
from quotecheck.wire import AuditDict

if TYPE_CHECKING:
    from conftest import Site

    from quotecheck.audit import Audit, Audited
    from quotecheck.checker import Checker, Fetch
    from quotecheck.claim import Claim

OPENING = (
    "<p>Three papers on the harbour of Velm came out this week, and few people there have read"
    " all of them. They fill two hundred pages, most of which are tables.</p>"
)
END = (
    "<p>The council meets again in two weeks, in the old customs house by the quay, and everybody"
    " who keeps a boat there may come and speak.</p>"
)
LETTER = (
    "Boats under six metres will not pay a cent, now or later. The harbour office has asked every"
    " owner for a list, and most of them have sent one."
)
STUDY = (
    "The crane has to be looked after. The pier will stand for another fifty years if the piles"
    " are renewed before the winter. Nobody has yet found the money for that."
)
MINUTES = (
    "The mayor, Ida Holm, opened the meeting. “We have lost two winters to this quarrel,” she said."
    " The members thanked her, and the meeting was closed at ten."
)
FAIR = (
    'In <a href="letter">a letter</a> the office promised: “Boats under six metres will not pay a'
    " cent, now or later.”"
)
CUT = 'The <a href="/study">engineers</a> write: “The pier will stand for another fifty years.”'
WRONG = (
    'According to <a href="/minutes">the minutes</a>, Ida Holm said: “We have gained two summers'
    " from this quarrel.”"
)
ALONE = "A fisherman on the quay said: “Nobody has ever asked me about any of it.”"


class WordChecker:
    """Finds the quoted words in a page or does not, without any model.

    What an article or a source is fetched and read by is what a `Checker` has.
    """

    def __init__(self, fetch: Fetch | None = None) -> None:
        self.fetch = fetch or Fetcher(Settings(allow_loopback=True))

    def with_fetch(self, fetch: Fetch) -> WordChecker:
        """Return one with another fetcher."""
        return WordChecker(fetch)

    def __call__(self, _: Settings) -> WordChecker:
        """Stand in for the function that loads the models, too."""
        return self

    def check(self, claim: Claim, source: Source) -> Report:
        """Call the passage faithful where all its words are there."""
        report = Report("r", Label.NOT_FOUND, 0.9, "A summary.", claim, source)
        try:
            article = extract(self.fetch(source))
        except SourceError as exc:
            failure = Failure(exc.code, str(exc))
            return replace(report, label=Label.CANNOT_CHECK, error=failure)
        words = [fragment.text.rstrip(".,") for fragment in claim.fragments]
        if all(word in article.text for word in words):
            report = replace(report, label=Label.FAITHFUL)
        return replace(report, article=article)


def publish(site: Site, *paragraphs: str, path: str = "/town/article") -> str:
    """Serve an article of these paragraphs, between two that quote nothing."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return site.page(
        path,
        '<html lang="en"><head><title>Three papers</title></head><body><article>'
        f"<h1>Three papers</h1>{OPENING}{body}{END}</article></body></html>",
    )


def publish_sources(site: Site) -> None:
    """Serve a letter, a study and minutes."""
    publish(site, LETTER, path="/town/letter")
    publish(site, STUDY, path="/study")
    publish(site, MINUTES, path="/minutes")


def audit(site: Site, *paragraphs: str, max_sources: int = 20) -> Audit:
    """Audit an article of these paragraphs."""
    source = Source.from_url(publish(site, *paragraphs))
    checker: Checker = WordChecker()  # type: ignore[assignment]
    return audit_article(checker, source, max_sources=max_sources)


def label(item: Audited) -> Label | None:
    """Return what was said of a quotation."""
    return item.report.label if item.report else None


# --- which sources -------------------------------------------------------------------------------


def test_each_quotation_is_checked_against_its_own_link(site: Site) -> None:
    """Relative links lead to the sources, and every quotation has its verdict."""
    publish_sources(site)
    found = audit(site, FAIR, CUT, WRONG)
    assert [label(item) for item in found.quotations] == [
        Label.FAITHFUL,
        Label.FAITHFUL,
        Label.NOT_FOUND,
    ]
    assert found.quotations[0].sources[0].url == f"{site.url}/town/letter"
    assert found.count()["sources"] == 3


def test_nothing_is_fetched_twice(site: Site) -> None:
    """A source that several quotations link, with or without a fragment, is asked for once."""
    publish_sources(site)
    audit(
        site,
        FAIR,
        'The same <a href="letter#p2">letter</a> says: “The harbour office has asked every owner.”',
        'The engineers of <a href="/gone">a lost page</a> say: “We were never asked about this.”',
        'And <a href="/gone">again</a> the engineers say: “We were not asked about anything.”',
    )
    assert sorted(site.asked) == ["/gone", "/town/article", "/town/letter"]


def test_links_farther_off_are_asked_only_where_needed(site: Site) -> None:
    """Words that the sentence's link has are looked for no further; else its paragraph's is."""
    publish_sources(site)
    found = audit(
        site,
        'There is <a href="/study">a study</a>. In <a href="letter">a letter</a> the office'
        " promised: “Boats under six metres will not pay a cent, now or later.”",
    )
    assert [tried.url for tried in found.quotations[0].sources] == [f"{site.url}/town/letter"]
    assert "/study" not in site.asked


@pytest.mark.parametrize(
    ("paragraphs", "where"),
    [
        (['The office has sent <a href="letter">a letter</a>. It says: {}'], "paragraph"),
        (['The office has sent <a href="letter">a letter</a>.', "The office says: {}"], "before"),
    ],
)
def test_links_beside_the_sentence_are_found(paragraphs: list[str], where: str, site: Site) -> None:
    """A link elsewhere in the paragraph, or in the one before, leads to the source as well."""
    publish_sources(site)
    words = "“Boats under six metres will not pay a cent, now or later.”"
    [item] = audit(site, *(p.format(words) for p in paragraphs)).quotations
    assert label(item) is Label.FAITHFUL
    assert item.sources[0].where == where


def test_quotations_that_no_one_page_holds_are_taken_apart(site: Site) -> None:
    """Where two quotations seem to share a link and do not, each is looked for alone."""
    publish_sources(site)
    found = audit(
        site,
        'The office (“Boats under six metres will not pay a cent”) and the <a href="letter">'
        'engineers</a> (“The pier will stand for another fifty years”) <a href="/study">'
        "differ</a>.",
    )
    assert [label(item) for item in found.quotations] == [Label.FAITHFUL] * 2


# --- what is no fault ----------------------------------------------------------------------------


def test_quotation_without_a_link_is_listed(site: Site) -> None:
    """Words from an interview have no linked source, which is no fault."""
    [item] = audit(site, "Ida Holm said: “We have lost two winters to this quarrel.”").quotations
    assert (item.report, item.reason, item.is_fault) == (None, UNLINKED, False)


def test_dead_link_is_never_not_found(site: Site) -> None:
    """A source that cannot be read is said to be that, even where another lacks the words."""
    publish_sources(site)
    found = audit(
        site,
        'By <a href="/gone">the minutes</a> and <a href="/study">the study</a>, Ida Holm said: “We'
        " have lost two winters to this quarrel.”",
    )
    [item] = found.quotations
    assert label(item) is Label.CANNOT_CHECK
    assert not item.is_fault
    assert {tried.label for tried in item.sources} == {Label.CANNOT_CHECK, Label.NOT_FOUND}
    assert item.reason is not None
    assert "no such page" in item.reason


@pytest.mark.parametrize(("path", "reason"), [("/study", ONLY_BEFORE), ("/gone", UNREAD_BEFORE)])
def test_link_of_the_paragraph_before_accuses_nobody(path: str, reason: str, site: Site) -> None:
    """Words that are not behind the links of the paragraph before have no linked source."""
    publish_sources(site)
    [item] = audit(
        site,
        f'There is <a href="{path}">a study</a> of the pier.',
        "Ida Holm said: “We have lost two winters to this quarrel.”",
    ).quotations
    assert (item.report, item.reason) == (None, reason)


def test_link_that_leads_back_is_no_source(site: Site) -> None:
    """An article is not taken for the source of its own words, by whatever address."""
    [item] = audit(
        site, 'Ida Holm <a href="/town/article?from=mail">said</a>: “We have lost two winters.”'
    ).quotations
    assert (item.report, item.reason) == (None, UNLINKED)
    assert item.sources[0].reason == ITSELF


def test_no_more_sources_are_read_than_allowed(site: Site) -> None:
    """Beyond the limit, quotations are not checked, and nothing is said against them."""
    publish_sources(site)
    found = audit(site, FAIR, CUT, max_sources=1)
    assert label(found.quotations[0]) is Label.FAITHFUL
    assert found.quotations[1].report is None
    assert found.quotations[1].sources[0].reason == LIMIT
    assert "/study" not in site.asked


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paragraphs", "code"),
    [([FAIR], 0), ([FAIR, WRONG], 1), (["Ida Holm said: “We have lost two winters.”"], 0)],
)
def test_exit_code_says_whether_something_was_found(
    paragraphs: list[str], code: int, site: Site
) -> None:
    """0 is nothing found wrong, 1 something found; quotations without a link change nothing."""
    publish_sources(site)
    address = publish(site, *paragraphs)
    open_checker = WordChecker()
    assert cli.main(["audit", address], open_checker=open_checker) == code  # type: ignore[arg-type]


def test_article_that_is_missing_is_exit_code_3(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the article there is no report, and standard error says why."""
    argv = ["audit", f"{site.url}/gone"]
    assert cli.main(argv, open_checker=WordChecker()) == 3  # type: ignore[arg-type]
    out, err = capsys.readouterr()
    assert not out
    assert "no such page" in err


@pytest.mark.parametrize("argv", [["audit"], ["audit", "a.html", "--max-sources", "0"]])
def test_bad_usage_is_exit_code_2(argv: list[str]) -> None:
    """An audit needs an article, and one source at least."""
    with pytest.raises(SystemExit) as ended:
        cli.main(argv)
    assert ended.value.code == 2


def test_json_has_the_shape_that_is_described(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output is one object, whose fields are those of `AuditDict`."""
    publish_sources(site)
    address = publish(site, ALONE, FAIR, WRONG)
    argv = ["audit", address, "--json"]
    assert cli.main(argv, open_checker=WordChecker()) == 1  # type: ignore[arg-type]
    out, err = capsys.readouterr()
    assert not err
    found = TypeAdapter(AuditDict).validate_json(out)
    assert json.loads(out) == found
    assert found["article"]["title"] == "Three papers"
    assert found["counts"] == {
        "quotations": 3,
        "faithful": 1,
        "needs_context": 0,
        "misrepresents": 0,
        "not_found": 1,
        "cannot_check": 0,
        "unchecked": 1,
        "sources": 2,
    }
    alone, fair, _ = found["quotations"]
    assert fair["quoted"][0]["text"] == "Boats under six metres will not pay a cent, now or later."
    assert fair["end"] - fair["start"] == len(fair["passage"])
    assert (alone["report"], alone["reason"]) == (None, UNLINKED)


def test_terminal_has_a_line_for_each_quotation(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each quotation has its verdict and its source; those with findings follow in full."""
    publish_sources(site)
    address = publish(site, ALONE, FAIR, WRONG)
    cli.main(["audit", address], open_checker=WordChecker())  # type: ignore[arg-type]
    out = capsys.readouterr().out
    assert out.startswith("Three papers\n")
    lines = [line.strip() for line in out.splitlines() if re.match(r" *\d\. ", line)]
    assert lines == [
        "1. Not checked  “Nobody has ever asked me about any of it.”",
        "2. Faithful  “Boats under six metres will not pay a cent, now or later.”",
        "3. Not found in the source  “We have gained two summers from this quarrel.”",
        "3. “We have gained two summers from this quarrel.”",
    ]
    assert UNLINKED in out


# --- with the models -----------------------------------------------------------------------------


@pytest.mark.slow
def test_words_at_arms_length_are_never_called_faithful(real_checker: Checker, site: Site) -> None:
    """A word in marks that its link lacks is no fault, and no quotation from there either."""
    publish_sources(site)
    address = publish(site, 'The boats that are <a href="letter">“zebras”</a> pay in kind instead.')
    [item] = audit_article(real_checker, Source.from_url(address)).quotations
    assert (item.report, item.reason) == (None, ALOOF)


@pytest.mark.slow
def test_a_whole_article(real_checker: Checker, site: Site) -> None:
    """A fair quotation, a dropped condition, a misquotation, a dead link and none at all."""
    publish_sources(site)
    address = publish(
        site,
        ALONE,
        FAIR,
        CUT,
        WRONG,
        'The owners have <a href="/gone">written</a>: “Our patience ends with the year.”',
    )
    found = audit_article(real_checker, Source.from_url(address))
    unlinked, fair, cut, wrong, dead = found.quotations
    assert label(fair) is Label.FAITHFUL
    assert cut.report is not None
    assert [f.finding.type.value for f in cut.report.findings] == ["condition_dropped"]
    assert wrong.is_fault
    assert label(dead) is Label.CANNOT_CHECK
    assert unlinked.reason == UNLINKED
    assert len(site.asked) == len(set(site.asked))
