"""What machines ask: is the app alive, is it ready, and how much does it do?"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, current_app, request

from web.desk import get_desk
from web.errors import problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask
    from prometheus_client import CollectorRegistry

    from quotecheck.settings import Settings

EXTENSION = "quotecheck.metrics"
TOKEN = "METRICS_TOKEN"  # noqa: S105  # a name in the configuration

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
# Where the processes of one server put their counts together; `web.workers` makes the folder.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

# From what a reader does not notice to what a slow site is given.
STAGE_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)

health = Blueprint("health", __name__)


class Metrics:
    """Counts of one application; where several processes serve it, of all of them."""

    def __init__(self) -> None:
        # It sees at its import whether several processes count together.
        from prometheus_client import (  # noqa: PLC0415
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
        )

        self._registry = CollectorRegistry()
        self._requests = Counter(
            "quotecheck_requests",
            "Requests that were answered.",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self._checks = Counter(
            "quotecheck_checks",
            "Checks that have ended, by the report's label, or else by how they ended.",
            ("label",),
            registry=self._registry,
        )
        self._stages = Histogram(
            "quotecheck_stage_seconds",
            "How long the stages of checks took.",
            ("stage",),
            buckets=STAGE_SECONDS,
            registry=self._registry,
        )
        self._at_work = Gauge(
            "quotecheck_checks_at_work",
            "Checks that are being made, or wait for their turn.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        self._free = Gauge(
            "quotecheck_places_free",
            "How many checks more would be taken.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )

    def note_places(self, at_work: int, free: int) -> None:
        """Note how many checks a process has in hand, and how many more it would take."""
        self._at_work.set(at_work)
        self._free.set(free)

    def note_end(self, label: str, timings_ms: Mapping[str, int]) -> None:
        """Note that a check has ended, and how long its stages took."""
        self._checks.labels(label).inc()
        for stage, milliseconds in timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)

    def note_answer(self, response: Response) -> Response:
        """Note that a request was answered; addresses are not counted apart, only their kinds."""
        self._requests.labels(request.endpoint or "none", str(response.status_code)).inc()
        return response

    def collect(self) -> CollectorRegistry:
        """Return what has been counted in all processes."""
        if FOLDER not in os.environ:
            return self._registry
        from prometheus_client import CollectorRegistry  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry


class _Door:
    """Lets the questions about health in under any host name.

    Whoever looks after a container asks by its number on an inner network. The answers hold no
    links, and tell a hostile page nothing but that the app runs; the metrics have their token.
    """

    def __init__(self, app: Flask) -> None:
        self._config = app.config
        self._answer = app.wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, under a name of ours where health is asked for."""
        if environ.get("PATH_INFO") in PATHS:
            hosts = self._config["TRUSTED_HOSTS"] or ["localhost"]
            environ["HTTP_HOST"] = hosts[0].removeprefix(".")
        return self._answer(environ, start_response)


@health.get("/healthz")
def say_alive() -> Response:
    """Say that this process answers."""
    return Response("alive\n", mimetype="text/plain")


@health.get("/readyz")
def say_ready() -> Response:
    """Say that checks can be made: the models are loaded, and the database answers."""
    if get_desk().store.is_ready():
        return Response("ready\n", mimetype="text/plain")
    return problem(
        503,
        "database_down",
        "The database does not answer",
        "See that it runs, and that the setting database_url leads to it.",
    )


@health.get("/metrics")
def show_metrics() -> Response:
    """Show what has been counted, to who has the token."""
    wanted = current_app.config[TOKEN]
    if not wanted:
        abort(404)
    given = request.authorization.token if request.authorization else None
    if not hmac.compare_digest((given or "").encode(), wanted.encode()):
        response = problem(
            401,
            "wrong_token",
            "That is not the token of the metrics",
            "Send the setting metrics_token as a bearer token.",
        )
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

    metrics: Metrics = current_app.extensions[EXTENSION]
    content = generate_latest(metrics.collect())
    return Response(content, content_type=CONTENT_TYPE_LATEST)


def watch_health(app: Flask, settings: Settings, metrics: Metrics) -> None:
    """Let the application answer what machines ask, and count what it does."""
    app.config[TOKEN] = settings.metrics_token
    app.extensions[EXTENSION] = metrics
    app.register_blueprint(health)
    app.after_request(metrics.note_answer)
    app.wsgi_app = _Door(app)  # type: ignore[method-assign]
