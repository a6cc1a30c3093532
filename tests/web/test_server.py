"""The app as people start it: listening, the real models, and the end."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from quotecheck.errors import SettingsError
from quotecheck.records import SourceKind
from quotecheck.settings import Settings
from web import load_app, serve
from web.desk import EXTENSION
from web.server import warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import HandChecker
    from flask.testing import FlaskClient

# A shell that starts the tests in the background has them ignore Ctrl+C, and so would the server.
START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from quotecheck.settings import Settings; from web import serve; serve(Settings(port={port}))"
)


@pytest.fixture
def taken() -> Iterator[int]:
    """Hold a port, and return it."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield holder.getsockname()[1]


def test_taken_port_is_said_before_any_model_is_loaded(taken: int) -> None:
    """Two apps on one port: the second says so at once, and names another port."""
    with pytest.raises(SettingsError, match=f"--port {taken + 1}"):
        serve(Settings(port=taken))


def test_host_that_is_not_ours_is_said() -> None:
    """An address of another machine cannot be listened on."""
    with pytest.raises(SettingsError, match="Cannot listen on"):
        serve(Settings(host="192.0.2.1", port=8123))


def test_first_visitor_does_not_wait_for_what_is_loaded_late(checker: HandChecker) -> None:
    """Before anybody comes, one small check has been made: found words and missing ones."""
    warm_up(checker)
    ((claim, source),) = checker.asked
    assert len(claim.fragments) == 2
    assert [f.text in source.value for f in claim.fragments] == [True, False]
    assert source.kind is SourceKind.HTML


@pytest.fixture(scope="module")
def real_client() -> FlaskClient:
    """Return a client of an app with the real models, and no network."""
    return load_app(Settings()).test_client()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["narrowed", "fair"])
def test_examples_are_checked_by_the_real_models(real_client: FlaskClient, name: str) -> None:
    """An example ends in a report, its quoted words in both columns; the corpus holds its label."""
    text = run_example(real_client, name)
    assert len(re.findall(r"\[quoted: </span>(?:<[^>]+>)*tend to ask for", text)) == 2
    assert "Sensor makers want rules on stage" in text


@pytest.mark.slow
def test_words_of_nobody_are_not_found(real_client: FlaskClient) -> None:
    """A quotation that the pasted source does not hold is marked as not found."""
    case = {
        "passage": "She said they “will never publish any of the numbers again”.",
        "source_text": "She said the firms publish their numbers each year.\n\nNothing else.",
    }
    made = real_client.post("/api/v1/checks", json=case)
    assert made.json["label"] == "not_found"
    assert "is not the same as made up" in real_client.get(f"/checks/{made.json['id']}").text


@pytest.mark.slow
def test_server_starts_answers_and_stops() -> None:
    """`serve` loads the models, says where it is, answers, and ends quietly on Ctrl+C."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    command = [sys.executable, "-c", START.format(port=port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        try:
            said = wait_for("is ready", process)
            assert said.startswith("Loading the models…")
            assert f"http://127.0.0.1:{port}" in said
            answer = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
            assert answer.status_code == 200
            assert "Python" not in answer.headers["Server"]
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert "Traceback" not in rest


def run_example(client: FlaskClient, name: str) -> str:
    """Press an example's button and return the report's page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)[1]
    answer = client.post("/checks", data={"csrf_token": token, "example": name})
    location = answer.headers["Location"]
    # On a busy machine a check takes longer than the form waits for it.
    client.application.extensions[EXTENSION].wait(location.rpartition("/")[2], 60)
    return client.get(location).text


def wait_for(words: str, process: subprocess.Popen[str]) -> str:
    """Return what a process says until it has said `words`."""
    said = ""
    end = time.monotonic() + 120
    while words not in said and time.monotonic() < end:
        line = process.stderr.readline()
        assert line, f"it ended: {said}"
        said += line
    return said
