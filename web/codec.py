"""Reports and form entries as packed bytes, for the database, and back."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from quotecheck.report import Report
from web.entry import Entry


def pack_report(report: Report) -> bytes:
    """Return a report with everything that it holds, as compressed JSON."""
    return _pack(_reports().dump_python(report, mode="json"))


def unpack_report(packed: bytes) -> Report:
    """Return the report that was packed.

    A record that has grown since then takes its new fields' defaults.
    """
    return _reports().validate_json(zlib.decompress(packed))


def pack_entry(entry: Entry) -> bytes:
    """Return what stood in the form, as compressed JSON."""
    return _pack(asdict(entry))


def unpack_entry(packed: bytes) -> Entry:
    """Return what stood in the form; fields that have come since are empty."""
    return Entry(**json.loads(zlib.decompress(packed)))


def _pack(value: Any) -> bytes:  # noqa: ANN401  # any JSON
    # Half a character, which a page's embedded data can hold, becomes one "?": offsets stay right.
    return zlib.compress(json.dumps(value, ensure_ascii=False).encode("utf-8", errors="replace"))


@cache
def _reports() -> TypeAdapter[Report]:
    """Return what turns reports into JSON and back; making it takes 0.1 s."""
    return TypeAdapter(Report)
