"""Formatting, style and types, held like any other behaviour."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "arguments",
    [("ruff", "format", "--check", "."), ("ruff", "check", "."), ("mypy",)],
    ids=" ".join,
)
def test_tool_finds_nothing_to_say(arguments: tuple[str, ...]) -> None:
    """Formatter and linter pass over the whole checkout, the type checker over what ships.

    Types are checked in `quotecheck` and `web`, as `pyproject.toml` says, and not in the tests.
    """
    done = subprocess.run(  # noqa: S603  # our own tools, with the arguments above
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
