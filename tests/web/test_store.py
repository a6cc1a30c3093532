"""The store: what is put away comes back, and what is deleted is gone, on SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from quotecheck.claim import Claim
from quotecheck.records import Page, Source
from web.database import open_database
from web.entry import Entry
from web.store import CLEANING_EVERY, DEAD_AFTER, Progress, Store
from web.tables import Check, Feedback, Snapshot, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import HandChecker
    from sqlalchemy import Engine
    from sqlalchemy.orm import DeclarativeBase

    from quotecheck.report import Report

ENTRY = Entry("“a” und ‘ß’ \ud83d", "Ms Ncube", "https://a.example/x", "line\nline")
START = dt.datetime(2026, 11, 23, 22, 30, tzinfo=dt.UTC)

# What another process does with the same database, while this one holds it open, too.
OTHER = """
import sys
from web.database import open_database
from web.entry import Entry
from web.store import Store
from web.tables import State
url, key = sys.argv[1:]
store = Store(open_database(url))
assert store.get(key).state is State.WORKING
store.end(key, State.CANCELLED)
print(store.secret("cookies"))
for n in range(40):
    print(store.add(Entry(f"“other {n}”"))[0])
"""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        """Return the time that it shows."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock at half past ten in the evening, UTC."""
    return Clock()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Open the test's database, on either of the two."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine, clock: Clock) -> Store:
    """Return a store that keeps checks for ten days."""
    return Store(engine, keep=dt.timedelta(days=10), clock=clock)


@pytest.fixture
def report(checker: HandChecker, passage: str) -> Report:
    """Return a report with findings, referents, edits and an article."""
    source = Source.from_url("https://marrowbaycourier.example/health")
    return checker.check(Claim.from_passage(passage), source, check_id="c1")


@pytest.fixture
def page() -> Callable[..., Page]:
    """Make a page as it came from a site."""

    def make(content: bytes = b"<p>\x00\xff words</p>") -> Page:
        address = "https://marrowbaycourier.example/health"
        return Page(address, address, content, "text/html", "utf-8", START)

    return make


@pytest.fixture
def count(engine: Engine) -> Callable[[type[DeclarativeBase]], int]:
    """Count a table's rows."""

    def count_rows(table: type[DeclarativeBase]) -> int:
        with Session(engine) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    return count_rows


def test_report_comes_back_as_it_was_put_away(
    store: Store, report: Report, page: Callable[..., Page]
) -> None:
    """Every record in it is equal, the source's bytes are the same, and the form can be filled."""
    key, _ = store.add(ENTRY)
    assert store.finish(key, report, page())
    kept = store.get(key)
    assert kept.report == report
    assert kept.entry == replace(ENTRY, passage="“a” und ‘ß’ ?")
    assert (kept.state, kept.created_at, kept.is_dead) == (State.DONE, START, False)
    assert store.source(key) == page().content


def test_times_are_utc_whatever_the_server_is_set_to(store: Store) -> None:
    """The server of the tests is set to Kathmandu; what comes back is in UTC, to the second."""
    created_at = store.get(store.add(ENTRY)[0]).created_at
    assert (created_at, created_at.utcoffset()) == (START, dt.timedelta())


def test_report_without_a_page_has_no_source(store: Store, report: Report) -> None:
    """What was pasted is in the report; there is nothing that was sent."""
    key, _ = store.add(ENTRY)
    assert store.finish(key, report)
    with pytest.raises(KeyError):
        store.source(key)


def test_stages_are_told_until_the_end(store: Store, report: Report) -> None:
    """Progress says the stage; after the end nobody notes another one."""
    key, _ = store.add(ENTRY)
    assert store.note_stage(key, "locate")
    assert store.progress(key) == Progress(State.WORKING, "locate", is_dead=False)
    assert store.finish(key, report)
    assert not store.note_stage(key, "compare")
    assert store.progress(key) == Progress(State.DONE, "", is_dead=False)


def test_source_is_shared_by_its_reports_and_goes_with_the_last(
    store: Store, report: Report, page: Callable[..., Page], count: Callable[..., int]
) -> None:
    """The same bytes are kept once; deleting one report leaves them to the other."""
    tickets = [store.add(ENTRY) for _ in range(2)]
    for key, _ in tickets:
        assert store.finish(key, report, page())
    assert count(Snapshot) == 1
    (first, first_secret), (second, second_secret) = tickets
    assert store.delete(first, first_secret)
    assert store.source(second) == page().content
    assert store.delete(second, second_secret)
    assert count(Snapshot) == 0


def test_only_the_right_secret_deletes(
    store: Store, report: Report, count: Callable[..., int]
) -> None:
    """Another check's secret, or none, leaves all as it is; the right one leaves nothing."""
    key, secret = store.add(ENTRY)
    store.finish(key, report)
    store.remark(key, 1, "That is somebody else.")
    for wrong in ("", secret[:-1], store.add(ENTRY)[1], "é"):
        assert not store.delete(key, wrong)
    assert store.get(key).report == report
    assert store.delete(key, secret)
    assert count(Feedback) == 0
    for gone in (store.get, store.progress, lambda k: store.delete(k, secret)):
        with pytest.raises(KeyError):
            gone(key)


def test_checks_are_kept_for_as_long_as_was_set(
    store: Store,
    clock: Clock,
    report: Report,
    page: Callable[..., Page],
    count: Callable[..., int],
) -> None:
    """When a new check comes, those that are too old are gone, with their source and remarks."""
    old, _ = store.add(ENTRY)
    store.finish(old, report, page())
    store.remark(old, 1, "Indeed.")
    assert store.expires(START) == START + dt.timedelta(days=10)
    clock.now += dt.timedelta(days=10)
    store.add(ENTRY)
    assert store.get(old)
    clock.now += CLEANING_EVERY + dt.timedelta(seconds=1)
    young, _ = store.add(ENTRY)
    with pytest.raises(KeyError):
        store.get(old)
    assert store.get(young)
    assert (count(Snapshot), count(Feedback)) == (0, 0)


def test_checks_are_kept_for_ever_where_nothing_is_set(engine: Engine, clock: Clock) -> None:
    """Without a time to keep them, only people delete."""
    store = Store(engine, clock=clock)
    key, _ = store.add(ENTRY)
    assert store.expires(START) is None
    clock.now += dt.timedelta(days=9_999)
    store.add(ENTRY)
    assert store.get(key).created_at == START


def test_remarks_come_back_in_their_order(store: Store, report: Report) -> None:
    """What readers say is kept with the number of the finding, the time, and their letters."""
    key, _ = store.add(ENTRY)
    store.finish(key, report)
    for finding, comment in ((2, "“No.”"), (1, "Ja\0wohl 🙂")):
        store.remark(key, finding, comment)
    remarks = store.get(key).remarks
    assert [(r.finding, r.comment) for r in remarks] == [(2, "“No.”"), (1, "Jawohl 🙂")]
    assert {r.said_at for r in remarks} == {START}
    with pytest.raises(KeyError):
        store.remark("unknown", 1, "")


def test_check_whose_process_is_silent_is_dead(store: Store, clock: Clock, report: Report) -> None:
    """A word now and then keeps a check alive; a finished one needs none."""
    silent, working, done = (store.add(ENTRY)[0] for _ in range(3))
    store.finish(done, report)
    clock.now += DEAD_AFTER
    store.note_alive([working])
    assert not store.progress(silent).is_dead
    clock.now += dt.timedelta(seconds=1)
    assert [store.progress(key).is_dead for key in (silent, working, done)] == [True, False, False]
    assert store.get(silent).is_dead


@pytest.mark.parametrize("state", [State.CANCELLED, State.FAILED])
def test_report_that_nobody_waits_for_is_not_put_away(
    store: Store, report: Report, page: Callable[..., Page], count: Callable[..., int], state: State
) -> None:
    """A check that ended stays as it ended, and its source is not kept either."""
    key, _ = store.add(ENTRY)
    store.end(key, state)
    assert not store.finish(key, report, page())
    kept = store.get(key)
    assert (kept.state, kept.report, kept.snapshot) == (state, None, None)
    assert count(Snapshot) == 0


def test_report_of_a_deleted_check_is_not_put_away(
    store: Store, report: Report, page: Callable[..., Page], count: Callable[..., int]
) -> None:
    """Who deletes a check while it is made is not surprised by its report."""
    key, secret = store.add(ENTRY)
    assert store.delete(key, secret)
    assert not store.finish(key, report, page())
    assert (count(Check), count(Snapshot)) == (0, 0)


@pytest.mark.parametrize("key", ["", "unknown", "a\0b", "ü" * 500])
def test_key_that_is_none_finds_nothing(store: Store, key: str) -> None:
    """Whatever stands in an address, the answer is that there is no such check."""
    for look in (store.get, store.progress, store.source, lambda k: store.delete(k, "")):
        with pytest.raises(KeyError):
            look(key)
    store.note_alive([])
    assert not store.note_stage("unknown", "fetch")


def test_secret_is_made_once_and_kept(engine: Engine, clock: Clock) -> None:
    """A restart signs cookies with the same key; another name has another value."""
    secret = Store(engine, clock=clock).secret("cookies")
    assert Store(engine).secret("cookies") == secret
    assert Store(engine).secret("other") != secret
    assert len(secret) >= 43


def test_connections_are_made_anew_after_they_were_released(store: Store) -> None:
    """A process lets go of its connections before it is forked, and works on."""
    key, _ = store.add(ENTRY)
    store.release()
    assert store.get(key)
    assert store.is_ready()


def test_database_that_is_gone_is_not_ready(store: Store, engine: Engine) -> None:
    """Nobody answering is an answer here: no, not ready."""
    assert store.is_ready()
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        store.release()
        path.unlink()
        path.mkdir()
    else:
        other = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with other.connect() as connection:
            connection.execute(text(f"DROP DATABASE {engine.url.database} WITH (FORCE)"))
        other.dispose()
    assert not store.is_ready()


def test_two_processes_work_on_one_database(
    store: Store, database_url: str, report: Report, page: Callable[..., Page]
) -> None:
    """What one writes the other reads; neither is refused because the other is writing."""
    key, _ = store.add(ENTRY)
    secret = store.secret("cookies")
    command = [sys.executable, "-c", OTHER, database_url, key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603  # ours
        own = []
        while other.poll() is None:
            own.append(store.add(ENTRY)[0])
            assert store.finish(own[-1], report, page(str(len(own)).encode()))
        said, *theirs = other.communicate()[0].split()
    assert other.returncode == 0
    assert said == secret
    assert len(theirs) == 40
    assert store.get(key).state is State.CANCELLED
    assert {store.get(k).state for k in theirs} == {State.WORKING}
    assert own
    assert all(store.get(k).report == report for k in own)


def test_same_source_put_away_by_many_at_once_is_kept_once(
    store: Store, report: Report, page: Callable[..., Page], count: Callable[..., int]
) -> None:
    """Whoever comes second takes what the first has put away, also while others delete theirs."""
    together = threading.Barrier(6)
    finished: list[bool] = []

    def work(*, is_deleting: bool) -> None:
        together.wait()
        for _ in range(8):
            key, secret = store.add(ENTRY)
            finished.append(store.finish(key, report, page()))
            if is_deleting:
                finished.append(store.delete(key, secret))

    threads = [threading.Thread(target=work, kwargs={"is_deleting": n % 2 == 0}) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(finished) == 3 * 8 + 3 * 16
    assert all(finished)
    assert (count(Check), count(Snapshot)) == (24, 1)
