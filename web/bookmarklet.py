"""The bookmarklets: readable scripts made into addresses that a browser can keep as bookmarks.

`python -m web.bookmarklet ADDRESS` prints them for a form at that address.
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from urllib.parse import quote

# By what they do: check a quotation, or hand over a source.
SOURCE_FILES = {"check": "bookmarklet-check.js", "source": "bookmarklet-source.js"}
FORM_PLACE = '"__FORM_ADDRESS__"'
LOCAL_FORM = "http://127.0.0.1:8000/"


def read_scripts() -> dict[str, str]:
    """Return the scripts without their comments.

    The line breaks stay: a script means the same without the lines that are comments, whatever
    stands at the ends of the others. None of them has a text of several lines.
    """
    folder = resources.files("web") / "static"
    return {
        name: _without_comments((folder / file).read_text(encoding="utf-8"))
        for name, file in SOURCE_FILES.items()
    }


def build_bookmarklet(script: str, form_address: str) -> str:
    """Return the `javascript:` address of a script that opens the form at `form_address`."""
    return "javascript:" + quote(script.replace(FORM_PLACE, json.dumps(form_address)), safe="()!;,")


def _without_comments(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _print_all(form_address: str) -> None:
    for name, script in read_scripts().items():
        sys.stdout.write(f"{name}:\n{build_bookmarklet(script, form_address)}\n\n")


if __name__ == "__main__":
    _print_all(sys.argv[1] if len(sys.argv) > 1 else LOCAL_FORM)
