"""What is logged when Quotecheck serves a newsroom: JSON lines, and nothing of what is checked.

A line says that a request was answered, or that something failed and where in the code. No line
holds a passage, a source, a report's key, or who asked. What an exception says is left out, for it
may be about the text on which it failed; so is all that libraries say, who name addresses.
"""

from __future__ import annotations

import atexit
import logging
import time
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import structlog
from flask import g, request

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from flask import Flask, Response
    from structlog.typing import ExcInfo

    Event = MutableMapping[str, Any]

# What machines ask every few seconds is no news.
QUIET_ENDPOINTS = frozenset({"health.say_alive", "health.say_ready", "health.show_metrics"})

OWN = ("quotecheck.", "web.")
# What a line can hold beside its time, its place and a sentence.
FIELDS = ("endpoint", "method", "status", "ms")
# How gunicorn begins what it says of its processes. What else it says is about requests.
OF_PROCESSES = (
    *("Starting gunicorn", "Listening at", "Using worker", "Booting worker", "Handling signal"),
    *("Worker (pid", "Worker exiting", "WORKER TIMEOUT", "Shutting down", "Reason"),
)

log = logging.getLogger(__name__)


def log_requests(app: Flask) -> None:
    """Log a line for every request: what was asked for by its kind, how it ended, how long."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if request.endpoint not in QUIET_ENDPOINTS:
            started = g.get("started", time.perf_counter())
            said = {
                "endpoint": request.endpoint,
                "method": request.method,
                "status": response.status_code,
                "ms": round((time.perf_counter() - started) * 1000),
            }
            log.info("request", extra=said)
        return response


def make_formatter() -> logging.Formatter:
    """Return what makes a line of a log record."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            keep_silent,
            structlog.processors.ExceptionRenderer(_show_places),
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


# For `logging.config.dictConfig`; handed to gunicorn, which sets it up before it loads anything.
LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "web.logs.make_formatter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {
        "web.logs": {"level": "INFO"},
        "gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}


class _ToQueue(QueueHandler):
    """Hand records to another thread of this process as they are."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leave the making of the line to whoever writes it."""
        return record


def write_apart() -> None:
    """Let a thread of its own write the lines of this process, until it ends.

    Threads that wait for each other's lines to be written hold up the pages that they make: half of
    a busy server's threads stood there (`benchmarks/load.py`). To be called after the last fork.
    """
    loggers = [logging.getLogger(name) for name in ("", *LOGGING["loggers"])]
    handlers = dict.fromkeys(handler for logger in loggers for handler in logger.handlers)
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    for logger in loggers:
        if logger.handlers:
            logger.handlers = [_ToQueue(queue)]
    listener = QueueListener(queue, *handlers)
    listener.start()
    atexit.register(listener.stop)


def keep_silent(_: object, __: str, event: Event) -> Event:
    """Leave of a library's words only who spoke, and at which place in its code."""
    record: logging.LogRecord = event["_record"]
    is_of_processes = record.name == "gunicorn.error" and event["event"].startswith(OF_PROCESSES)
    if record.name.startswith(OWN) or is_of_processes:
        return event
    event["event"] = "a library has something to say"
    event["place"] = f"{record.module}.{record.funcName}, line {record.lineno}"
    return event


def _show_places(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Return the exceptions of a chain: of each its type, and the places that it passed."""
    trace = structlog.tracebacks.extract(*exc_info, show_locals=False)
    return [
        {
            "type": stack.exc_type,
            "places": [f"{f.filename}, line {f.lineno}, in {f.name}" for f in stack.frames],
        }
        for stack in trace.stacks
    ]
