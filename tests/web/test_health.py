"""What machines are told: alive, ready, and how much is done."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

import pytest

from web import create_app
from web.desk import get_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import HandChecker
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from quotecheck.report import Report
    from quotecheck.settings import Settings

    Send = Callable[..., TestResponse]

TOKEN = "open sesame"  # noqa: S105  # the tests' own
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings under which the metrics can be read, and the app has one name."""
    return dataclasses.replace(settings, metrics_token=TOKEN, hosts="localhost,.news.example")


@pytest.fixture
def metrics(client: FlaskClient) -> Callable[[], dict[str, float]]:
    """Read the metrics."""

    def read() -> dict[str, float]:
        answer = client.get("/metrics", headers=BEARER)
        assert answer.status_code == 200
        rows = (line.rsplit(" ", 1) for line in answer.text.splitlines() if line[0] != "#")
        return {name: float(value) for name, value in rows}

    return read


@pytest.mark.parametrize("host", ["localhost", "172.17.0.4:8000", "evil.example"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_told_under_any_name_and_without_a_cookie(
    client: FlaskClient, path: str, host: str
) -> None:
    """Who looks after a container asks by its number; all other pages keep their names."""
    answer = client.get(path, headers={"Host": host, "Accept-Language": "de"})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert client.get("/", headers={"Host": "172.17.0.4:8000"}).status_code == 400


def test_app_without_its_database_is_alive_and_not_ready(app: Flask, client: FlaskClient) -> None:
    """A process whose database is gone need not be started anew, but can take no checks."""
    with app.app_context():
        store = get_desk().store
    store.is_ready = lambda: False  # type: ignore[method-assign]
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "database_down"


def test_metrics_are_shown_to_nobody_by_default(settings: Settings, checker: HandChecker) -> None:
    """Without a token in the settings there is no such page, whatever is sent along."""
    client = create_app(dataclasses.replace(settings, metrics_token=""), checker).test_client()
    for headers in ({}, {"Authorization": "Bearer "}, BEARER):
        assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Bearer é", "Basic b3Blbjpz", "Bearer"])
def test_metrics_need_the_token(client: FlaskClient, given: str | None) -> None:
    """Anything but the token is refused."""
    answer = client.get("/metrics", headers={"Authorization": given} if given else {})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "quotecheck_" not in answer.text


def test_requests_and_checks_are_counted(
    send: Send,
    client: FlaskClient,
    checker: HandChecker,
    metrics: Callable[[], dict[str, float]],
) -> None:
    """By kind and status, by label, and by how long each stage took; no key is among the names."""
    checker.changes = {"timings_ms": {"locate": 40, "total": 2_000}}
    location = send(passage="“a”", source_text="a").headers["Location"]
    client.get(location)
    checker.check = lambda *_, **__: 1 / 0  # type: ignore[method-assign]
    client.get(send(passage="“b”", source_text="b").headers["Location"])
    counted = metrics()
    assert counted['quotecheck_checks_total{label="faithful"}'] == 1
    assert counted['quotecheck_checks_total{label="failed"}'] == 1
    assert counted['quotecheck_requests_total{endpoint="pages.make_check",status="303"}'] == 2
    assert counted['quotecheck_requests_total{endpoint="pages.show_check",status="500"}'] == 1
    assert counted['quotecheck_stage_seconds_sum{stage="total"}'] == 2
    assert counted['quotecheck_stage_seconds_bucket{le="0.1",stage="locate"}'] == 1
    assert counted['quotecheck_stage_seconds_bucket{le="0.03",stage="locate"}'] == 0
    assert location.rpartition("/")[2] not in str(counted)


@pytest.fixture
def gate(app: Flask, checker: HandChecker) -> Iterator[threading.Event]:  # noqa: ARG001  # closed later
    """Let checks wait until they are let through, before the application is closed."""
    gate = threading.Event()
    answer = checker.check

    def wait(*arguments: object, **given: object) -> Report:
        assert gate.wait(10)
        return answer(*arguments, **given)  # type: ignore[arg-type]

    checker.check = wait  # type: ignore[method-assign, assignment]
    yield gate
    gate.set()


def test_places_are_told(
    app: Flask,
    client: FlaskClient,
    send: Send,
    gate: threading.Event,
    metrics: Callable[[], dict[str, float]],
    settings: Settings,
) -> None:
    """A check at work takes a place, which a cancelled one gives back before it has ended."""
    location = send(passage="“a”", source_text="a").headers["Location"]
    told = metrics()
    assert told["quotecheck_checks_at_work"] == 1
    assert told["quotecheck_places_free"] == settings.max_checks - 1
    with app.app_context():
        desk = get_desk()
    key = location.rpartition("/")[2]
    desk.cancel(key)
    assert metrics()["quotecheck_places_free"] == settings.max_checks
    gate.set()
    assert desk.wait(key, 10)
    desk.close()
    told = metrics()
    assert told["quotecheck_checks_at_work"] == 0
    assert told['quotecheck_checks_total{label="cancelled"}'] == 1
    assert client.get(location).status_code == 200


@pytest.mark.usefixtures("gate")
def test_pages_that_follow_their_checks_do_not_take_all_threads(
    client: FlaskClient, send: Send, settings: Settings
) -> None:
    """Beyond so many streams a page is told to look again by itself; a closed one makes room."""
    events = f"{send(passage='“a”', source_text='a').headers['Location']}/events"
    streams = [client.get(events, buffered=False) for _ in range(settings.max_checks)]
    assert {stream.status_code for stream in streams} == {200}
    refused = client.get(events)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    streams.pop().close()
    freed = client.get(events, buffered=False)
    assert freed.status_code == 200
    for stream in (*streams, freed):
        stream.close()
