"""The bookmarklet: a readable script made into an address that a browser can keep as a bookmark."""

from __future__ import annotations

import json
from importlib import resources
from urllib.parse import quote

SOURCE_FILE = "bookmarklet.js"
FORM_PLACE = '"__FORM_ADDRESS__"'


def read_script() -> str:
    """Return the script without its comments and line breaks.

    The script keeps to two rules that make this safe: a comment has a line of its own, and every
    statement ends with a semicolon.
    """
    text = (resources.files("web") / "static" / SOURCE_FILE).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("//"))


def build_bookmarklet(script: str, form_address: str) -> str:
    """Return the `javascript:` address that opens the form at `form_address`."""
    return "javascript:" + quote(script.replace(FORM_PLACE, json.dumps(form_address)), safe="()!;,")
