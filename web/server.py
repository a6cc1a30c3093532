"""Serving the application on this machine."""

from __future__ import annotations

import errno
import socket
import sys
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

from quotecheck.claim import Claim
from quotecheck.errors import SettingsError
from quotecheck.records import Source

if TYPE_CHECKING:
    from flask import Flask

    from quotecheck.checker import Checker
    from quotecheck.settings import Settings


class QuietHandler(WSGIRequestHandler):
    """Speaks HTTP/1.1, says nothing about itself, and keeps no log of who checked what."""

    protocol_version = "HTTP/1.1"

    def version_string(self) -> str:
        """Name the program, not its parts and their versions."""
        return "Quotecheck"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave requests out of any log: they tell what a newsroom works on."""

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401  # as inherited
        """Leave out broken connections, too: the application logs its own faults."""


def serve(settings: Settings) -> None:
    """Load the models once, then answer until the process is stopped.

    One thread a request, and one check at a time (see `web.desk`): right for one person, or a few,
    on one machine. For a newsroom, there is `web.workers`.

    Raises:
        SettingsError: The address cannot be listened on.
        ModelError: A model is missing or is not what this release was made with.
    """
    # Listening comes first: a port that is taken shows at once, and not after the models' seconds;
    # a browser that is early waits for its page instead of finding nobody.
    with listen(settings.host, settings.port) as listener:
        _say("Loading the models…")
        app = load_app(settings)
        server = make_server(
            settings.host,
            settings.port,
            app,
            threaded=True,
            request_handler=QuietHandler,
            fd=listener.fileno(),
        )
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        _say(f"Quotecheck is ready: http://{host}:{settings.port} (Ctrl+C stops it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            _say("Stopped.")
        finally:
            server.server_close()


def load_app(settings: Settings) -> Flask:
    """Load the models and return the application, ready to answer its first visitor at once.

    Raises:
        ModelError: A model is missing or is not what this release was made with.
    """
    from quotecheck.checker import Checker  # noqa: PLC0415  # loads the language libraries
    from quotecheck.fetch import Fetcher  # noqa: PLC0415
    from web import create_app  # noqa: PLC0415  # that module gives `serve` to others
    from web.desk import FetchAhead  # noqa: PLC0415

    ahead = FetchAhead(Fetcher(settings))
    checker = Checker.from_settings(settings, fetch=ahead)
    warm_up(checker)
    return create_app(settings, checker, ahead=ahead)


def warm_up(checker: Checker) -> None:
    """Make one small check: some parts of the models are loaded only when they are first used."""
    passage = (
        "The mayor said of the roads that “the same roads were mended in June” or “never paid”."
    )
    page = (
        "<p>The roads to the harbour were shut. In the end the same roads were mended in June.</p>"
    )
    checker.check(Claim.from_passage(passage), Source.from_html(page), check_id="warm-up")


def listen(host: str, port: int) -> socket.socket:
    """Take a port, or say who has it.

    Raises:
        SettingsError: It cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} is taken, perhaps by another Quotecheck. Choose another one, for"
                f" example: quotecheck serve --port {port + 1}"
            ) from exc
        raise SettingsError(f"Cannot listen on {host}, port {port}: {exc.strerror}.") from exc


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
