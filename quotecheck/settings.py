"""Settings from a TOML file and the environment, read once at the entry point."""

from __future__ import annotations

import math
import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from quotecheck.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "QUOTECHECK_"
LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set.

    Each name can stand in the TOML file as it is, or in the environment in capitals after
    `QUOTECHECK_`; the environment wins.
    """

    # A page with more bytes than this, after decompression, is hardly an article: the longest
    # magazine pages with everything inlined stay under 6 MB.
    max_source_bytes: int = 10_000_000
    # Somebody waits for the answer; a site that has not sent its page by then is down for them.
    fetch_seconds: float = 20.0
    # Short links, http to https, consent and language pages: three is usual, five is generous.
    max_redirects: int = 5
    # Ten printed pages. What is longer is a document, not a passage that quotes one.
    max_passage_chars: int = 20_000
    # Loopback addresses are for tests, and for people who run a site on their own machine.
    allow_loopback: bool = False
    user_agent: str = "Quotecheck/0.1 (checks quotations against their sources)"
    host: str = "127.0.0.1"
    port: int = 8000
    # Where the web form keeps its reports; empty for an SQLite file in the user's data folder.
    database_url: str = ""
    # Reports older than this are deleted; 0 keeps each until somebody deletes it.
    keep_days: int = 0
    # How many checks one process has in hand. The worked example takes 0.4 s; where each takes five
    # times that, the last of these waits for less than half a minute. Each may hold a source of ten
    # megabytes meanwhile.
    max_checks: int = 12
    # Checks that one address may ask for. A person on deadline sends one in some seconds.
    rate_limit: str = "30 per minute; 300 per hour"
    # Names under which the app is reached, by commas; empty for any, or for this machine's own.
    hosts: str = ""
    # How many proxies in front of the app may say who is asking; 0 believes nobody.
    trusted_proxies: int = 0
    # Whether people reach the app by https: cookies are then sent by no other way.
    https: bool = False
    # Who shows this word as a bearer token reads the metrics; empty shows them to nobody.
    metrics_token: str = ""

    def __post_init__(self) -> None:
        for name in (
            "max_source_bytes",
            "fetch_seconds",
            "max_passage_chars",
            "max_checks",
            "port",
        ):
            if not 0 < getattr(self, name) < math.inf:
                raise SettingsError(f"The setting {name} has to be a number above 0.")
        if self.port > LAST_PORT:
            raise SettingsError(f"The setting port cannot be above {LAST_PORT}.")
        for name in ("max_redirects", "keep_days", "trusted_proxies"):
            if getattr(self, name) < 0:
                raise SettingsError(f"The setting {name} cannot be less than 0.")

    @classmethod
    def load(
        cls, *, path: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> Settings:
        """Read the settings.

        Args:
            path: A TOML file; by default the one that `QUOTECHECK_SETTINGS` names, if any.
            environ: The environment; by default that of the process.

        Raises:
            SettingsError: A name is unknown, or a value is not of its kind.
        """
        environ = os.environ if environ is None else environ
        if path is None and (named := environ.get(f"{PREFIX}SETTINGS")):
            path = Path(named)
        known = {f.name: type(f.default) for f in fields(cls)}
        given: dict[str, object] = dict(_from_toml(path, known)) if path else {}
        for name, kind in known.items():
            if (text := environ.get(PREFIX + name.upper())) is not None:
                given[name] = _convert(name, text, kind)
        return cls(**given)  # type: ignore[arg-type]  # each value was converted to its field's type


def _from_toml(path: Path, known: Mapping[str, type]) -> dict[str, object]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise SettingsError(f"The settings file {path} cannot be read: {exc.strerror}.") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The settings file {path} is not valid TOML: {exc}.") from exc
    for name in table:
        if name not in known:
            raise SettingsError(
                f"The settings file {path} names {name!r}, which is no setting."
                f" There are: {', '.join(known)}."
            )
    return {name: _convert(name, value, known[name]) for name, value in table.items()}


def _convert(name: str, value: object, kind: type) -> object:
    if kind is bool:
        word = str(value).strip().lower()
        if word in {"1", "true", "yes", "on"}:
            return True
        if word in {"0", "false", "no", "off", ""}:
            return False
    elif not isinstance(value, bool) and not (kind is int and isinstance(value, float)):
        try:
            return kind(value)
        except (TypeError, ValueError):
            pass  # said below, with what would be right
    raise SettingsError(f"The setting {name} cannot be {value!r}: it takes a {kind.__name__}.")
