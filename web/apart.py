"""Checks made in a process of their own, so that pages are answered while the models compute.

Threads of one process share one interpreter: while one of them checks, the others come by their
pages late. Here a process that serves forks another before it starts its first thread, and its
checks are made there; the models' memory is shared. Back come the stages as they begin, and the
report. What the two tell each other is pickled, and read by nobody else.
"""

from __future__ import annotations

import atexit
import enum
import logging
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import nullcontext
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from quotecheck.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from quotecheck.claim import Claim
    from quotecheck.records import Source
    from web.desk import Checks, FetchAhead, Fetched

# Pages come first: a check takes what they leave.
NICENESS = 10
# Between one stage and the next no honest check takes half as long, on a machine twice as busy.
HANGING_SECONDS = 120.0
# A process that is told to end does so at once; one that does not is ended by force.
GRACE_SECONDS = 5.0

log = logging.getLogger(__name__)


class CheckFailed(Exception):
    """A check ended without a report, and why has been logged."""


class _Answer(enum.Enum):
    """What is said of a stage that begins."""

    GO_ON = enum.auto()
    STOP = enum.auto()


class _Unwanted(Exception):
    """Whoever asked for the check does not want it any more."""


class CheckerApart:
    """Has another process make the checks, one at a time.

    To be made before this process starts a thread.

    Args:
        checker: Makes the checks there.
        ahead: What it fetches with, and what this process fetches with before.
        on_loss: Called when that process is gone: no other takes its place.
    """

    def __init__(
        self, checker: Checks, ahead: FetchAhead | None, on_loss: Callable[[], None]
    ) -> None:
        self._ahead = ahead
        self._on_loss = on_loss
        context = multiprocessing.get_context("fork")
        self._line, other_end = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(checker, ahead, other_end, self._line), name="checks"
        )
        self._process.start()
        other_end.close()
        atexit.register(self.close)

    def check(
        self,
        claim: Claim,
        source: Source,
        *,
        check_id: str,
        on_stage: Callable[[str], None],
    ) -> Report:
        """Have a check made, and return its report.

        What `on_stage` raises ends the check, and is raised here.

        Raises:
            CheckFailed: By a fault of the checker, or the other process is gone.
        """
        fetched = self._ahead.held() if self._ahead else None
        # One message keeps what was fetched and what it was fetched for the same objects.
        self._send((claim, source, fetched, check_id))
        while True:
            match self._receive():
                case str(stage):
                    try:
                        on_stage(stage)
                    except BaseException:
                        self._send(_Answer.STOP)
                        self._receive()  # that it has stopped
                        raise
                    self._send(_Answer.GO_ON)
                case Report() as report:
                    return report
                case _:
                    raise CheckFailed

    def close(self) -> None:
        """End the other process."""
        self._line.close()
        self._process.join(GRACE_SECONDS)
        self._process.kill()

    def _send(self, message: object) -> None:
        try:
            self._line.send(message)
        except OSError as exc:
            raise self._lost() from exc

    def _receive(self) -> object:
        try:
            if self._line.poll(HANGING_SECONDS):
                return self._line.recv()
        except (OSError, EOFError) as exc:
            raise self._lost() from exc
        raise self._lost()

    def _lost(self) -> CheckFailed:
        log.error("the process that makes checks is gone or hangs")
        self._process.kill()
        self._on_loss()
        return CheckFailed()


# --- the other process ---------------------------------------------------------------------------


def _serve(
    checker: Checks, ahead: FetchAhead | None, line: Connection, other_end: Connection
) -> None:
    """Make checks until nobody is there to ask for any."""
    other_end.close()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever stops the server ends this one in turn
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    os.nice(NICENESS)
    while True:
        try:
            claim, source, fetched, check_id = line.recv()
            line.send(_make(checker, ahead, line, claim, source, fetched, check_id))
        except (OSError, EOFError):
            return


def _make(
    checker: Checks,
    ahead: FetchAhead | None,
    line: Connection,
    claim: Claim,
    source: Source,
    fetched: Fetched | None,
    check_id: str,
) -> Report | None:
    """Make one check; return None where it did not come to its end."""

    def tell(stage: str) -> None:
        try:
            line.send(stage)
            answer = line.recv()
        except (OSError, EOFError):
            sys.exit()
        if answer is _Answer.STOP:
            raise _Unwanted

    try:
        with ahead.holding(fetched) if ahead and fetched else nullcontext():
            return checker.check(claim, source, check_id=check_id, on_stage=tell)
    except _Unwanted:
        return None
    except Exception:  # whatever it is, somebody waits to be told
        log.exception("a check failed")
        return None


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
