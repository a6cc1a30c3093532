"""The desk: one check at a time, nobody kept by another's slow site, and no queue without end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from quotecheck.claim import Claim
from quotecheck.errors import PageMissing
from quotecheck.records import Source
from web.desk import Desk, DeskFull, FetchAhead, Fetched, set_desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HandChecker
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from quotecheck.records import Page
    from quotecheck.report import Report

    Send = Callable[..., TestResponse]

CLAIM = Claim.from_passage("“a”")
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
        if source is MISSING:
            raise PageMissing("There is no such page.")
        if source is SLOW:
            self.is_asked.set()
            assert self.may_answer.wait(10)
        return source.value  # type: ignore[return-value]


class FetchingChecker:
    """Fetches as the real checker does, and gives a hand-made report."""

    def __init__(self, fetch: FetchAhead, checker: HandChecker) -> None:
        self._fetch = fetch
        self._checker = checker

    def check(self, claim: Claim, source: Source, *, check_id: str) -> Report:
        """Fetch, then answer."""
        assert self._fetch(source) == source.value
        return self._checker.check(claim, source, check_id=check_id)


def test_slow_site_keeps_nobody_else_waiting(checker: HandChecker) -> None:
    """While one source is being fetched, another person's check is made; each is fetched once."""
    site = Site()
    ahead = FetchAhead(site)
    desk = Desk(FetchingChecker(ahead, checker), ahead=ahead)
    keys: list[str] = []
    waiting = threading.Thread(target=lambda: keys.append(desk.check(CLAIM, SLOW)))
    waiting.start()
    assert site.is_asked.wait(10)
    assert desk.report(desk.check(CLAIM, QUICK)).source is QUICK
    assert not keys
    site.may_answer.set()
    waiting.join(10)
    assert desk.report(keys[0]).source is SLOW
    assert site.n_fetched == 2


def test_time_of_fetching_is_in_the_report(checker: HandChecker) -> None:
    """What was fetched before the check counts among its timings."""
    ahead = FetchAhead(Site())
    checker.changes = {"timings_ms": {"fetch": 1, "locate": 5, "total": 6}}
    desk = Desk(FetchingChecker(ahead, checker), ahead=ahead)
    timings = desk.report(desk.check(CLAIM, QUICK)).timings_ms
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
def busy(app: Flask, checker: HandChecker, client: FlaskClient) -> FlaskClient:
    """Return a client of an app at whose desk everybody who has a place is still waiting."""
    desk = Desk(checker, most=0)
    set_desk(app, desk)
    return client


def test_desk_that_is_full_takes_nobody_more(checker: HandChecker) -> None:
    """A place is free again as soon as a check is done, or has failed."""
    desk = Desk(checker, most=1)
    desk.check(CLAIM, QUICK)
    checker.check = lambda *_, **__: 1 / 0  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            desk.check(CLAIM, QUICK)
    with pytest.raises(DeskFull):
        Desk(checker, most=0).check(CLAIM, QUICK)


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
