"""The desk: one check at a time, nobody kept by another's slow site, and no queue without end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from quotecheck.claim import Claim
from quotecheck.errors import PageMissing
from quotecheck.records import Source
from web.desk import Desk, DeskFull, FetchAhead, Fetched, NotFinished, set_desk
from web.entry import Entry
from web.tables import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HandChecker
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from quotecheck.records import Page
    from quotecheck.report import Report
    from web.store import Store

    Send = Callable[..., TestResponse]

CLAIM = Claim.from_passage("“a”")
ENTRY = Entry("“a”")
SLOW, QUICK, MISSING = (Source.from_url(f"https://{name}.example/") for name in ("s", "q", "m"))


class Site:
    """Fetches at once, but for one address that waits until it is told to go on."""

    def __init__(self) -> None:
        self.n_fetched = 0
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, source: Source) -> Page:
        """Return something that stands for a page, or fail as a site may."""
        self.n_fetched += 1
        if source is SLOW:
            self.is_asked.set()
            assert self.may_answer.wait(10)
        raise PageMissing("There is no such page.")


class FetchingChecker:
    """Fetches as the real checker does, and gives a hand-made report."""

    def __init__(self, fetch: FetchAhead, checker: HandChecker) -> None:
        self._fetch = fetch
        self._checker = checker

    def check(
        self, claim: Claim, source: Source, *, check_id: str, on_stage: Callable[[str], None]
    ) -> Report:
        """Fetch, then answer."""
        with pytest.raises(PageMissing):
            self._fetch(source)
        return self._checker.check(claim, source, check_id=check_id, on_stage=on_stage)


def check(desk: Desk, source: Source = QUICK) -> str:
    """Take a check in, wait until it has ended, and return its key."""
    key = desk.take(CLAIM, source, ENTRY).key
    assert desk.wait(key, 10)
    return key


def test_slow_site_keeps_nobody_else_waiting(checker: HandChecker, store: Store) -> None:
    """While one source is being fetched, another person's check is made; each is fetched once."""
    site = Site()
    ahead = FetchAhead(site)
    desk = Desk(FetchingChecker(ahead, checker), store, ahead=ahead)
    slow = desk.take(CLAIM, SLOW, ENTRY).key
    assert site.is_asked.wait(10)
    assert desk.report(check(desk)).source == QUICK
    assert desk.progress(slow).stage == "fetch"
    with pytest.raises(NotFinished):
        desk.report(slow)
    site.may_answer.set()
    assert desk.wait(slow, 10)
    assert desk.report(slow).source == SLOW
    assert site.n_fetched == 2


def test_stages_are_told_as_they_pass(checker: HandChecker, store: Store) -> None:
    """Who watches is told each stage once, in order, and the end; what compares is one stage."""
    desk = Desk(checker, store)
    steps = {n: threading.Event() for n in range(4)}
    reached = {n: threading.Event() for n in range(4)}
    answer = checker.check

    def slowly(*arguments: object, on_stage: Callable[[str], None], **given: object) -> Report:
        for n, stage in enumerate(("extract", "locate", "referents", "scope")):
            on_stage(stage)
            reached[n].set()
            assert steps[n].wait(10)
        return answer(*arguments, **given)  # type: ignore[arg-type]

    checker.check = slowly  # type: ignore[method-assign, assignment]
    key = desk.take(CLAIM, QUICK, ENTRY).key
    told = []
    assert reached[0].wait(10)
    for step in desk.watch(key, 10):
        told.append(step.stage or step.state.value)
        if len(told) <= 2:
            steps[len(told) - 1].set()
            assert reached[len(told)].wait(10)
        elif len(told) == 3:
            steps[2].set()
            steps[3].set()
    assert told == ["extract", "locate", "compare", "done"]


def test_watching_ends_in_time(checker: HandChecker, store: Store) -> None:
    """A stream of stages is given up, so that nobody holds a thread for ever."""
    key, _ = store.add(ENTRY)
    assert [step.state for step in Desk(checker, store).watch(key, 0.4)] == [State.WORKING]


def test_cancelled_check_gives_its_place_back_and_leaves_no_report(
    checker: HandChecker, store: Store
) -> None:
    """Who cancels need not wait for a slow site, nor does anybody else; no report is made."""
    site = Site()
    ahead = FetchAhead(site)
    desk = Desk(FetchingChecker(ahead, checker), store, ahead=ahead, most=1)
    slow = desk.take(CLAIM, SLOW, ENTRY).key
    assert site.is_asked.wait(10)
    with pytest.raises(DeskFull):
        desk.take(CLAIM, QUICK, ENTRY)
    desk.cancel(slow)
    desk.cancel(slow)
    assert desk.report(check(desk)).source == QUICK
    site.may_answer.set()
    assert desk.wait(slow, 10)
    kept = desk.kept(slow)
    assert (kept.state, kept.report, kept.entry) == (State.CANCELLED, None, ENTRY)
    assert not [source for _, source in checker.asked if source == SLOW]


def test_report_that_is_done_cannot_be_cancelled(checker: HandChecker, store: Store) -> None:
    """Who presses Stop a moment too late gets the report all the same."""
    desk = Desk(checker, store)
    key = check(desk)
    desk.cancel(key)
    assert desk.report(key)


def test_time_of_fetching_is_in_the_report(checker: HandChecker, store: Store) -> None:
    """What was fetched before the check counts among its timings."""
    ahead = FetchAhead(Site())
    checker.changes = {"timings_ms": {"fetch": 1, "locate": 5, "total": 6}}
    desk = Desk(FetchingChecker(ahead, checker), store, ahead=ahead)
    timings = desk.report(check(desk)).timings_ms
    assert timings["locate"] == 5
    assert timings["total"] - timings["fetch"] == 5
    assert Fetched(QUICK, PageMissing(""), 40).added_to({"total": 2}) == {"fetch": 40, "total": 42}


def test_failure_to_fetch_reaches_the_checker() -> None:
    """A source that cannot be had fails where the checker makes a report of it."""
    site = Site()
    ahead = FetchAhead(site)
    with ahead.fetched(MISSING), pytest.raises(PageMissing):
        ahead(MISSING)
    assert site.n_fetched == 1


@pytest.fixture
def busy(app: Flask, checker: HandChecker, store: Store, client: FlaskClient) -> FlaskClient:
    """Return a client of an app at whose desk everybody who has a place is still waiting."""
    set_desk(app, Desk(checker, store, most=0))
    return client


def test_place_is_free_again_after_a_fault(checker: HandChecker, store: Store) -> None:
    """A check that fails gives its place back, and is known to have failed."""
    desk = Desk(checker, store, most=1)
    check(desk)
    checker.check = lambda *_, **__: 1 / 0  # type: ignore[method-assign]
    for _ in range(2):
        assert desk.kept(check(desk)).state is State.FAILED
    with pytest.raises(DeskFull):
        Desk(checker, store, most=0).take(CLAIM, QUICK, ENTRY)


@pytest.mark.usefixtures("busy")
def test_form_comes_back_filled_in_when_the_desk_is_full(send: Send) -> None:
    """Nobody loses what they typed, and the answer says when to come again."""
    answer = send(passage="“a b c”", source_text="a b c d", speaker="Ms Ncube")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    for typed in ("“a b c”", "a b c d", "Ms Ncube", "Many quotations are being checked"):
        assert typed in answer.text
    assert send(example="fair").status_code == 503


def test_api_says_when_to_come_again(busy: FlaskClient) -> None:
    """Programs get a problem with a code, and the header that tells them to wait."""
    answer = busy.post("/api/v1/checks", json={"passage": "“a”", "source_text": "a"})
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
