"""Several processes, as a newsroom runs them: one app to look at, and nothing lost with one."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from quotecheck.cli import Exit, main
from quotecheck.errors import SettingsError
from quotecheck.settings import Settings
from web.database import open_database
from web.store import Store
from web.tables import State
from web.workers import serve_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

TOKEN = "sesame"  # noqa: S105  # the tests' own

# A checker that loads no model: it waits where the passage says so, and fails in the end.
STAND_IN = """
import datetime as dt, time
from quotecheck.settings import Settings
from web import create_app
from web.workers import serve_workers

class Waiting:
    def check(self, claim, source, *, check_id, on_stage):
        on_stage("locate")
        time.sleep(600 if "wait" in claim.passage else 0)
        raise RuntimeError(claim.passage)

def load(settings):
    return create_app(settings, Waiting(), dead_after=dt.timedelta(seconds=5))

serve_workers(Settings.load(), {n_workers}, load=load)
"""


@contextmanager
def running(
    tmp_path: Path, *command: str, database_url: str = ""
) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """Start a server on a free port, wait until it is ready, and stop it in the end."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    given = {
        "QUOTECHECK_DATABASE_URL": database_url or f"sqlite:///{tmp_path / 'checks.db'}",
        "QUOTECHECK_METRICS_TOKEN": TOKEN,
        "QUOTECHECK_PORT": str(port),
        "QUOTECHECK_RATE_LIMIT": "100000 per minute",
        "TMPDIR": str(tmp_path),
    }
    with (
        (tmp_path / "log").open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603  # our own
            [sys.executable, *command], stderr=log, text=True, env={**os.environ, **given}
        ) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client,
    ):
        try:
            wait_until(lambda: process.poll() is None and is_up(client), 120)
            yield client, process
        finally:
            process.terminate()
            process.wait(60)
    assert not list(tmp_path.glob("quotecheck-metrics-*"))


def is_up(client: httpx.Client) -> bool:
    """Say whether a server is ready."""
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False


def wait_until(is_so: Callable[[], object], seconds: float) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that a server has started."""
    return children_of(process.pid)


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text(encoding="utf-8").split()]


def checking_for(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that make the checks of a server's workers."""
    return [pid for worker in workers_of(process) for pid in children_of(worker)]


def is_alive(pid: int) -> bool:
    """Say whether a process runs, and is not only waiting to be buried."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def send(client: httpx.Client, **fields: str) -> httpx.Response:
    """Fill in the form, as a person does, and return the page that it leads to."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)[1]
    return client.post("/checks", data={"csrf_token": token, **fields}, follow_redirects=True)


def test_check_of_a_killed_worker_is_absent_and_can_be_sent_again(
    tmp_path: Path, database_url: str
) -> None:
    """No half a report; the page says that the check was broken off; form and app go on."""
    command = ("-c", STAND_IN.format(n_workers=1))
    with running(tmp_path, *command, database_url=database_url) as (client, server):
        page = send(client, passage="They “wait and wait”.", source_text="Nothing of it.")
        assert "Locating the quoted words" in page.text
        (worker,) = workers_of(server)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: is_up(client) and client.get(page.url).status_code == 500, 30)
        assert "This check was broken off" in client.get(page.url).text

        key = page.url.path.rpartition("/")[2]
        engine = open_database(database_url)
        kept = Store(engine).get(key)
        engine.dispose()
        assert (kept.state, kept.report, kept.snapshot) == (State.WORKING, None, None)

        again = re.search(r'href="(/\?again=[^"]+)"', client.get(page.url).text)[1]
        form = client.get(again).text
        assert "They “wait and wait”." in form
        assert "Nothing of it." in form
        sent = send(client, passage="They “go on”.", source_text="Nothing of it.")
        wait_until(lambda: client.get(sent.url).status_code == 500, 30)
        assert "wrong on our side" in client.get(sent.url).text  # it was made, by the new worker
        assert workers_of(server) != [worker]
    log = (tmp_path / "log").read_text(encoding="utf-8")
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert any("SIGKILL" in event for event in events)
    assert "wait and wait" not in log
    assert "go on" not in log
    assert key not in log


def test_check_of_a_killed_checking_process_fails_and_the_app_goes_on(tmp_path: Path) -> None:
    """Checks are made beside the process that serves; when that ends, all of it is made anew."""
    with running(tmp_path, "-c", STAND_IN.format(n_workers=1)) as (client, server):
        page = send(client, passage="They “wait and wait”.", source_text="Nothing of it.")
        (worker,) = workers_of(server)
        (checks,) = children_of(worker)
        os.kill(checks, signal.SIGKILL)
        wait_until(lambda: client.get(page.url).status_code == 500, 30)
        assert "wrong on our side" in client.get(page.url).text
        wait_until(lambda: workers_of(server) not in ([worker], []), 30)
        sent = send(client, passage="They “go on”.", source_text="Nothing of it.")
        wait_until(lambda: client.get(sent.url).status_code == 500, 30)
        events = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
        told = [event for event in events if event["event"] == "a check failed"]
        assert [event["exception"][0]["type"] for event in told] == ["RuntimeError"]


def test_nothing_is_left_of_a_killed_worker(tmp_path: Path) -> None:
    """What makes the checks ends with the process for which it does, in the middle of one, too."""
    with running(tmp_path, "-c", STAND_IN.format(n_workers=1)) as (client, server):
        send(client, passage="They “wait and wait”.", source_text="Nothing of it.")
        (worker,) = workers_of(server)
        (checks,) = children_of(worker)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not is_alive(checks), 10)
        wait_until(lambda: workers_of(server) not in ([worker], []), 30)
        (worker,) = workers_of(server)
        wait_until(lambda: children_of(worker), 10)
        (checks,) = children_of(worker)
    assert not is_alive(checks)


def test_counts_of_all_workers_are_put_together(tmp_path: Path) -> None:
    """Whichever process is asked for the metrics, they are those of the app."""
    with running(tmp_path, "-c", STAND_IN.format(n_workers=2)) as (client, server):
        wait_until(lambda: len(workers_of(server)) == 2, 10)
        for _ in range(20):
            client.get("/")
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        for _ in range(4):
            told = client.get("/metrics", headers=bearer).text
            assert 'requests_total{endpoint="pages.show_form",status="200"} 20.0' in told
            assert f"quotecheck_places_free {2 * Settings().max_checks}.0" in told


def test_example_is_checked_by_both_workers(tmp_path: Path) -> None:
    """The models, loaded once before the fork, work in each process, in several threads at once."""
    command = ("-m", "quotecheck.cli", "serve", "--workers", "2")
    with running(tmp_path, *command) as (client, server):
        wait_until(lambda: len(checking_for(server)) == 2, 10)

        def check(_: int) -> str:
            with httpx.Client(base_url=client.base_url, trust_env=False, timeout=60) as own:
                page = send(own, example="narrowed")
                wait_until(lambda: 'id="waiting"' not in own.get(page.url).text, 60)
                return re.search(r'<article class="report (\w+)"', own.get(page.url).text)[1]

        checking = checking_for(server)
        before = {pid: cpu_seconds(pid) for pid in checking}
        with ThreadPoolExecutor(6) as pool:
            labels = Counter(pool.map(check, range(12)))
        assert labels == {"misrepresents": 12}
        # A check takes some tenths of a second of a processor; serving pages does not.
        worked = [cpu_seconds(pid) - before[pid] for pid in checking]
        assert len(worked) == 2
        assert min(worked) > 0.5, worked
        together = sum(
            proportional_bytes(pid) for pid in (server.pid, *workers_of(server), *checking)
        )
        alone = resident_bytes(server.pid)
        assert together < 2 * alone


def cpu_seconds(pid: int) -> float:
    """Return how long a process has been at work."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def proportional_bytes(pid: int) -> int:
    """Return a process's memory, what it shares counted by its share."""
    return _kilobytes(pid, "Pss") * 1024


def resident_bytes(pid: int) -> int:
    """Return a process's memory, what it shares counted in full."""
    return _kilobytes(pid, "Rss") * 1024


def _kilobytes(pid: int, name: str) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    return int(re.search(rf"^{name}: +(\d+) kB", text, re.MULTILINE)[1])


@pytest.mark.parametrize("n_workers", ["0", "-1"])
def test_no_worker_is_no_server(capsys: pytest.CaptureFixture[str], n_workers: str) -> None:
    """The command says what it needs, and starts nothing."""
    assert main(["serve", "--workers", n_workers]) != Exit.NOTHING_FOUND
    assert "--workers 2" in capsys.readouterr().err


def test_taken_port_is_said_before_anything_is_loaded() -> None:
    """As with one process: at once, and with the next port."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(SettingsError, match=f"--port {port + 1}"):
            serve_workers(Settings(port=port), 2)
