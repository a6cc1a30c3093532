"""Many readers at once: how long pages take, and whether memory grows, while checks are made.

    python benchmarks/load.py [--clients 50] [--workers 2] [--seconds 120]

Starts `quotecheck serve --workers` with an empty database on a free port of this machine. Each
client asks again as soon as it is answered: of ten, six load the form, three a report, and one has
the worked example checked and waits for its report. The clients run on the same machine and take
their share of it.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
# What the clients do, in turn: of ten, so many do so.
ROLES = ("form",) * 6 + ("report",) * 3 + ("check",)
START_SECONDS = 120.0
CLIENT_TIMEOUT = 60.0
# A full desk is asked again after so long, and a waiting page is loaded again.
PAUSE_SECONDS = 0.5
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
WAITING = 'id="waiting"'


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to."""

    status: int
    text: str
    location: str


@dataclass
class Tally:
    """The answers' statuses and times, by what was asked for."""

    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, page: str, status: str, seconds: float) -> None:
        """Note an answer."""
        with self.lock:
            self.statuses[page, status] += 1
            self.seconds[page].append(seconds)


class Client:
    """A browser of its own: asks, and keeps its cookie."""

    def __init__(self, port: int, tally: Tally) -> None:
        self._port = port
        self._tally = tally
        self._cookie = ""

    def ask(self, page: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        """Send a request and note how it was answered; broken connections count as such."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=CLIENT_TIMEOUT)
        headers = {"Cookie": self._cookie}
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        start = time.perf_counter()
        try:
            connection.request("POST" if body else "GET", path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as exc:
            self._tally.note(page, type(exc).__name__, time.perf_counter() - start)
            return Answer(0, "", "")
        finally:
            connection.close()
        self._tally.note(page, str(response.status), time.perf_counter() - start)
        if cookie := response.headers["Set-Cookie"]:
            self._cookie = cookie.partition(";")[0]
        return Answer(response.status, text, response.headers["Location"] or "")

    def check(self) -> str:
        """Have the worked example checked, wait for its report, and return the report's path."""
        found = TOKEN.search(self.ask("form", "/").text)
        fields = {"csrf_token": found[1] if found else "", "example": "narrowed"}
        sent = self.ask("send", "/checks", fields)
        while sent.location and WAITING in self.ask("waiting", sent.location).text:
            time.sleep(PAUSE_SECONDS)
        if not sent.location:
            time.sleep(PAUSE_SECONDS)
        return sent.location


def play(role: str, client: Client, report: str, end: float) -> None:
    """Do what a role does until the time is over."""
    while time.monotonic() < end:
        if role == "check":
            client.check()
        else:
            client.ask(role, "/" if role == "form" else report)


def start(port: int, n_workers: int, folder: Path) -> subprocess.Popen[bytes]:
    """Start a server with an empty database, and without a bound on what one address asks for."""
    given = {
        "QUOTECHECK_DATABASE_URL": f"sqlite:///{folder / 'checks.db'}",
        "QUOTECHECK_RATE_LIMIT": "1000000 per minute",
    }
    command = ("-m", "quotecheck.cli", "serve", "--workers", str(n_workers), "--port", str(port))
    return subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **given},
        stderr=(folder / "log").open("wb"),
    )


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + START_SECONDS
    while Client(port, Tally()).ask("ready", "/readyz").status != http.client.OK:
        if process.poll() is not None or time.monotonic() > end:
            sys.exit("The server did not start.")
        time.sleep(PAUSE_SECONDS)


def measure_memory(parent: int) -> list[float]:
    """Return the megabytes of the server's processes, what they share counted by its share.

    A worker and the process that makes its checks follow each other.
    """
    sizes = []
    waiting = [str(parent)]
    while waiting:
        pid = waiting.pop()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
        waiting += children.split()
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        found = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
        sizes.append(int(found[1]) / 1024 if found else 0.0)
    return sizes


def show_memory(when: str, parent: int) -> None:
    """Print the memory of the parent and of each worker, and all of it."""
    sizes = measure_memory(parent)
    row = "".join(f"{size:>8.0f}" for size in sizes)
    print(f"  {when:<24}{row}{sum(sizes):>10.0f} MB")


def show(tally: Tally) -> None:
    """Print the counts by status, and the times by page."""
    print(f"\n{'page':<12}{'n':>8}{'p50':>10}{'p95':>10}{'longest':>10}  statuses")
    for page, seconds in sorted(tally.seconds.items()):
        points = statistics.quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
        statuses = {s: n for (p, s), n in sorted(tally.statuses.items()) if p == page}
        times = "".join(f"{t * 1000:>7.0f} ms" for t in (points[9], points[18], max(seconds)))
        print(f"{page:<12}{len(seconds):>8}{times}  {statuses}")


def main() -> None:
    """Start the server, let the clients loose on it, and print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=120.0)
    given = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load before:"
        f" {os.getloadavg()[0]:.1f}; {given.clients} clients, {given.workers} workers,"
        f" {given.seconds:.0f} s"
    )
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        server = start(port, given.workers, Path(name))
        try:
            wait_for(port, server)
            print(f"memory{'':<20}  parent{'  worker  checks' * given.workers}{'all':>9}")
            show_memory("started", server.pid)
            # Each worker makes some checks before the memory that counts as “before”.
            report = ""
            for _ in range(6 * given.workers):
                report = Client(port, Tally()).check()
            show_memory("after some checks", server.pid)
            tally = Tally()
            end = time.monotonic() + given.seconds
            clients = [
                threading.Thread(target=play, args=(role, Client(port, tally), report, end))
                for role in itertools.islice(itertools.cycle(ROLES), given.clients)
            ]
            for client in clients:
                client.start()
            for quarter in (1, 2, 3):
                time.sleep(given.seconds / 4)
                show_memory(f"after {quarter * given.seconds / 4:.0f} s", server.pid)
            for client in clients:
                client.join()
            show_memory("in the end", server.pid)
            show(tally)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
