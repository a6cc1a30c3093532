"""How long things take: starting, the first check, and a warm check of an article of 1,000 words.

    python benchmarks/speed.py [--runs 20]

Every time stands beside a reference from the same run (a bare interpreter, or extracting the same
page with trafilatura alone), so that numbers from two machines can be compared by their ratios.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quotecheck.cases import load_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
CASE = CORPUS / "dev" / "worked-example"
N_WORDS = 1000


@dataclass(frozen=True, slots=True)
class Times:
    """How long each of several runs took, in milliseconds."""

    name: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The run in the middle."""
        return statistics.median(self.runs)


def measure(name: str, work: Callable[[], object], n_runs: int) -> Times:
    """Time a piece of work again and again, after one run that does not count."""
    work()
    runs = []
    for _ in range(n_runs):
        start = time.perf_counter()
        work()
        runs.append((time.perf_counter() - start) * 1000)
    return Times(name, tuple(runs))


def start(*arguments: str) -> Callable[[], object]:
    """Return work that runs Python with the arguments and waits for its end."""

    def work() -> None:
        subprocess.run(  # noqa: S603  # our own program
            [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=False
        )

    return work


def compose_article() -> tuple[str, int]:
    """Put the worked example and paragraphs of other cases into one page.

    Returns:
        The page as HTML, and the number of words in its paragraphs.
    """
    sources = [CASE / "source.html", *sorted(CORPUS.glob("*/*/source.html"))]
    paragraphs: dict[str, None] = {}
    n_words = 0
    for source in sources:
        text = source.read_text(encoding="utf-8")
        for paragraph in re.findall(r"<p>.+?</p>", text, re.DOTALL):
            if paragraph not in paragraphs and n_words < N_WORDS:
                paragraphs[paragraph] = None
                n_words += len(re.sub(r"<[^>]+>", " ", paragraph).split())
    title = "<title>Rules on stage</title><h1>Rules on stage</h1>"
    body = "\n".join(paragraphs)
    return f'<html lang="en"><body><article>{title}{body}</article></body></html>', n_words


def show(title: str, rows: Sequence[Times], reference: Times) -> None:
    """Print times as a table, each with its ratio to the reference."""
    print(f"\n{title:<44}{'median':>10}{'fastest':>10}{'ratio':>8}")
    for row in (reference, *rows):
        ratio = row.median / reference.median
        print(f"  {row.name:<42}{row.median:>7.0f} ms{min(row.runs):>7.0f} ms{ratio:>8.1f}")


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20, help="how often the warm check is run")
    n_runs = parser.parse_args().runs
    print(
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()},"
        f" {os.cpu_count()} cores; medians of {n_runs} runs"
        f" ({max(3, n_runs // 2)} of each start)"
    )

    n_starts = max(3, n_runs // 2)
    show(
        "Starting",
        [
            measure("import quotecheck", start("-c", "import quotecheck"), n_starts),
            measure("quotecheck --help", start("-m", "quotecheck.cli", "--help"), n_starts),
        ],
        measure("bare interpreter", start("-c", "pass"), n_starts),
    )

    html, n_words = compose_article()
    passage = load_cases(CASE)[0].passage
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, encoding="utf-8")
        arguments = ("-m", "quotecheck.cli", "check", "--passage", passage, "--source", str(page))
        show(
            f"From cold, with loading the models ({n_words} words)",
            [measure("quotecheck check", start(*arguments), 3)],
            measure("bare interpreter", start("-c", "pass"), n_starts),
        )
    show_warm(html, n_words, passage, n_runs)


def show_warm(html: str, n_words: int, passage: str, n_runs: int) -> None:
    """Measure a check with the models loaded, and each of its stages."""
    # As the command does; see quotecheck/cli.py.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import trafilatura  # noqa: PLC0415  # after the starts were timed, to leave their caches alone

    from quotecheck import Checker, Claim, Source  # noqa: PLC0415

    checker = Checker.from_settings()
    claim, source = Claim.from_passage(passage), Source.from_html(html)
    stages: dict[str, list[float]] = {}

    def check() -> None:
        for stage, milliseconds in checker.check(claim, source).timings_ms.items():
            stages.setdefault(stage, []).append(milliseconds)

    whole = measure("whole check", check, n_runs)
    # The first run of each stage does not count here either.
    rows = [Times(f"  {stage}", tuple(runs[1:])) for stage, runs in stages.items()]
    show(
        f"Warm, without the network ({n_words} words)",
        [whole, *(row for row in rows if row.name.strip() != "total")],
        measure("trafilatura alone", lambda: trafilatura.extract(html), n_runs),
    )


if __name__ == "__main__":
    main()
