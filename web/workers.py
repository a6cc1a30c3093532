"""Serving a newsroom: several processes by gunicorn, which share the models that are loaded once.

The parent loads everything and makes one check; then it forks, so that the models' memory is
shared until somebody writes to it, which nobody does. What must not be shared across a fork is not
there when it happens: no connections, no threads (a pool of torch's would hang in a child).
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quotecheck.errors import SettingsError
from web.desk import EXTENSION
from web.health import FOLDER
from web.logs import LOGGING, write_apart
from web.server import listen, load_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from quotecheck.settings import Settings
    from web.desk import Desk

# One thread a process: two processes of one check each make more of two processors than two checks
# that get in each other's way. They are read when the libraries are loaded.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
# Threads for forms and reports, beside those that checks and streams of stages can hold.
PAGE_THREADS = 8
# A process that has not moved for so long hangs. The longest sources are read in a few seconds.
HANGING_SECONDS = 120
# What is being checked when the server is stopped has so long to become a report.
GRACE_SECONDS = 30
# The longest that gunicorn knows short of no limit; addresses of reports are short.
MAX_LINE_BYTES = 8_190
# Each request comes by a connection of its own, and so to a process that is free.
KEEP_ALIVE_SECONDS = 0
# Memory that looks like a folder, on Linux.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # gunicorn makes files of its own there

log = logging.getLogger(__name__)


def serve_workers(
    settings: Settings, n_workers: int, *, load: Callable[[Settings], Flask] = load_app
) -> None:
    """Answer with several processes until stopped; log JSON lines to standard error.

    Args:
        settings: As for `web.serve`.
        n_workers: How many processes.
        load: Makes the application, once, in the parent.

    Raises:
        SettingsError: The address cannot be listened on, or gunicorn is not installed.
        ModelError: A model is missing or is not what this release was made with.
    """
    if n_workers < 1:
        raise SettingsError("There has to be one worker at least: --workers 2, for example.")
    try:
        from gunicorn.app.base import BaseApplication  # noqa: PLC0415  # of the extra `server`
    except ModuleNotFoundError as exc:
        raise SettingsError(
            "Several processes need gunicorn, which is not installed: pip install"
            " 'quotecheck[server]'."
        ) from exc

    class Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        """What gunicorn asks for: how to serve, and what."""

        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return load(settings)

    with listen(settings.host, settings.port) as listener:
        options = _options(settings, n_workers, listener.detach())
    os.environ.update(ONE_THREAD)
    # A line that cannot be written would be shown with all that was to stand in it.
    logging.raiseExceptions = False
    # Progress bars, of which nobody sees any, would start a thread that looks after them.
    from tqdm import tqdm  # noqa: PLC0415

    tqdm.monitor_interval = 0
    parent = os.getpid()
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="quotecheck-metrics-")
    try:
        Application().run()
    finally:
        if os.getpid() == parent:  # its children come by here, too
            shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


def _options(settings: Settings, n_workers: int, listener: int) -> dict[str, object]:
    """Return gunicorn's settings.

    Args:
        settings: The application's.
        n_workers: How many processes.
        listener: The socket that they listen on.
    """
    options: dict[str, object] = {
        "bind": f"fd://{listener}",
        "proc_name": "quotecheck",
        "preload_app": True,
        "workers": n_workers,
        "worker_class": "gthread",
        # Each check that a program waits for holds one, and so does each page that follows one.
        "threads": 2 * settings.max_checks + PAGE_THREADS,
        "timeout": HANGING_SECONDS,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": KEEP_ALIVE_SECONDS,
        "limit_request_line": MAX_LINE_BYTES,
        # Whom to believe about who is asking, and by what scheme, is decided in `web.security`.
        "secure_scheme_headers": {},
        "forwarder_headers": "",
        "control_socket_disable": True,
        "logconfig_dict": LOGGING,
        "when_ready": _make_ready_to_fork,
        "post_worker_init": _begin_work,
        "child_exit": _forget,
    }
    if SHARED_MEMORY.is_dir():
        # Signs of life that are written to a slow disk have let workers be taken for hanging.
        options["worker_tmp_dir"] = str(SHARED_MEMORY)
    return options


def _make_ready_to_fork(_: object) -> None:
    """Leave nothing in the parent that a fork would break, and its memory as it is."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(timeout=1)  # a library's, which ends by itself
    if threading.active_count() > 1:
        log.warning("threads are running at the fork: %s", threading.enumerate())
    # A collection would write to every object that it looks at, and so copy it into the child.
    gc.collect()
    gc.freeze()


def _begin_work(worker: Any) -> None:  # noqa: ANN401  # gunicorn has no types
    """Set a new process up: its checks, its log, and what is counted of it before its first."""
    desk: Desk = worker.wsgi.extensions[EXTENSION]
    # What makes its checks cannot be made again while threads run: a new worker will have its own.
    desk.work_apart(on_loss=lambda: os.kill(worker.pid, signal.SIGTERM))
    write_apart()
    desk.count()


def _forget(_: object, worker: Any) -> None:  # noqa: ANN401  # as above
    """Take a process that has ended out of what is counted of the living."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
