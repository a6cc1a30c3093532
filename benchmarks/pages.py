"""Location measured on real news pages, fetched over HTTP and read as a check reads them.

    python benchmarks/pages.py [FOLDER]

The folder holds saved pages (NAME.html.gz) and their article text (truth.json: name to "url" and
"body"). The pages are served on the loopback address, fetched and extracted; then each sentence of
the article text is looked for

1. in its own page, as it is;
2. in its own page, with one content word replaced by one of another page;
3. in another page, where it does not stand.

A sentence here is what lies between full stops, question and exclamation marks that white space and
a capital letter follow; those of 8 to 60 words are taken. Inside the quotation marks that are put
around it, double marks become single ones, as an editor would have it.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import random
import re
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz

from quotecheck.claim import Claim
from quotecheck.errors import SourceError
from quotecheck.extract import extract
from quotecheck.fetch import Fetcher
from quotecheck.locate import locate
from quotecheck.normalize import fold, read_words
from quotecheck.records import Article, EditKind, Match, MatchKind, Source
from quotecheck.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER: Final = Path(__file__).parents[2] / "shared" / "pages"
SHORTEST: Final = 8
LONGEST: Final = 60
SEED: Final = 20240430
_BREAK: Final = re.compile(r"(?<=[.!?])[\"”’']*\s+(?=[\"“‘']?[A-Z])")
_BRACKETED: Final = re.compile(r"\[[^\]]*\]?")
_CONTENT: Final = re.compile(r"(?<![\w'’-])[a-z]{5,}(?![\w'’-])")
_SINGLE: Final = str.maketrans({"“": "‘", "”": "’", '"': "'"})
_ALIKE: Final = 60.0  # a replacement closer than this, of 100, could be a form of the same word


@dataclass(frozen=True, slots=True)
class Sample:
    """A sentence, the page it is from, and what was read there."""

    sentence: str
    page: str
    article: Article


@dataclass
class Tally:
    """Counts of one measurement."""

    n: int = 0
    located: int = 0
    right: int = 0
    unaltered: int = 0
    seconds: float = 0.0


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves /NAME from NAME.html.gz."""

    def __init__(self, *args: object, folder: Path) -> None:
        self.folder = folder
        super().__init__(*args)  # type: ignore[arg-type] # the server's own arguments

    def do_GET(self) -> None:
        """Send one page."""
        body = gzip.decompress((self.folder / f"{Path(self.path).name}.html.gz").read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the table is the output."""


def fetch_all(folder: Path, names: Sequence[str]) -> dict[str, Article]:
    """Fetch and read the pages over HTTP; a page that cannot be read is said and left out."""
    handler = functools.partial(Handler, folder=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fetcher = Fetcher(replace(Settings(), allow_loopback=True))
    articles = {}
    for name in names:
        try:
            page = fetcher(Source.from_url(f"http://127.0.0.1:{server.server_port}/{name}"))
            articles[name] = extract(page)
        except SourceError as exc:
            print(f"{name} left out: {exc.code}: {exc}")
    server.shutdown()
    server.server_close()
    return articles


def split(body: str) -> Iterator[str]:
    """Cut an article's text into sentences of 8 to 60 words."""
    for paragraph in re.split(r"\n+", body):
        for sentence in _BREAK.split(paragraph):
            if SHORTEST <= len(sentence.split()) <= LONGEST:
                yield sentence.strip()


def look_for(sentence: str, article: Article, tally: Tally) -> Match | None:
    """Quote a sentence and locate it; the clock counts the processor's time for that."""
    claim = Claim.from_passage(f"The article says: “{sentence.translate(_SINGLE)}”")
    started = time.process_time()
    matches = locate(claim, article)
    tally.seconds += time.process_time() - started
    tally.n += 1
    if len(claim.fragments) > 1:
        print(f"  read as {len(claim.fragments)} quotations: {sentence}")
    return matches[0] if len(matches) == len(claim.fragments) else None


def keys(text: str) -> list[str]:
    """Return a text's words, folded."""
    return read_words(fold(text)).keys


def squeeze(text: str) -> str:
    """Fold a text, make all its quotation marks single, and leave out the spaces."""
    return fold(text.translate(_SINGLE)).text.replace(" ", "")


def measure_verbatim(samples: Sequence[Sample], *, is_shown: bool) -> Tally:
    """Look for sentences as they are."""
    tally = Tally()
    for sample in samples:
        match = look_for(sample.sentence, sample.article, tally)
        if match is None:
            if is_shown:
                print(f"  not located in {sample.page}: {sample.sentence}")
            continue
        tally.located += 1
        found = match.span.of(sample.article.text)
        tally.right += squeeze(found) == squeeze(sample.sentence)
        tally.unaltered += match.kind in {MatchKind.EXACT, MatchKind.TYPOGRAPHIC}
        if is_shown and match.edits:
            print(f"  edits in {sample.page}: {match.edits}")
    return tally


def measure_altered(samples: Sequence[Sample], *, is_shown: bool) -> Tally:
    """Look for sentences in which one content word was replaced by another page's."""
    rng = random.Random(SEED)  # noqa: S311 # no secret
    tally = Tally()
    for number, sample in enumerate(samples):
        other = samples[(number + len(samples) // 2) % len(samples)]
        # What stands in brackets is given as the quoter's, not as quoted.
        quoted = _BRACKETED.sub(lambda bracket: " " * len(bracket.group()), sample.sentence)
        olds = list(_CONTENT.finditer(quoted))
        news = _CONTENT.findall(other.sentence)
        rng.shuffle(olds)
        pairs = [
            (old, new)
            for old in olds
            for new in news
            if new not in keys(sample.sentence) and fuzz.ratio(old.group(), new) < _ALIKE
        ]
        if not pairs:
            continue
        old, new = pairs[0]
        changed = sample.sentence[: old.start()] + new + sample.sentence[old.end() :]
        match = look_for(changed, sample.article, tally)
        if match is None:
            if is_shown:
                print(f"  changed and not located in {sample.page}: {changed}")
            continue
        tally.located += 1
        tally.unaltered += match.kind in {MatchKind.EXACT, MatchKind.TYPOGRAPHIC}
        named = [(edit.kind, edit.text, edit.quoted) for edit in match.edits]
        is_right = named == [(EditKind.REPLACE, old.group(), new)]
        tally.right += is_right
        if is_shown and not is_right:
            print(f"  {old.group()} -> {new} in {sample.page} named {named}")
    return tally


def measure_foreign(samples: Sequence[Sample], *, is_shown: bool) -> Tally:
    """Look for sentences in another page."""
    tally = Tally()
    for number, sample in enumerate(samples):
        other = samples[(number + len(samples) // 2) % len(samples)]
        if other.page == sample.page or " ".join(keys(sample.sentence)) in " ".join(
            keys(other.article.text)
        ):
            continue
        match = look_for(sample.sentence, other.article, tally)
        if match is not None:
            tally.located += 1
            if is_shown:
                found = match.span.of(other.article.text)
                print(f"  {match.score:.2f} {sample.sentence!r} found as {found!r}")
    return tally


def time_rapidfuzz(samples: Sequence[Sample]) -> float:
    """Return the seconds that a fuzzy search takes that gives a place and a score alone."""
    started = time.process_time()
    for sample in samples:
        fuzz.partial_ratio_alignment(sample.sentence, sample.article.text)
    return time.process_time() - started


def main(folder: Path, *, is_shown: bool) -> None:
    """Measure, and print the table."""
    if not (folder / "truth.json").is_file():
        print(f"Skipped: there are no pages in {folder}.")
        return
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    started = time.perf_counter()
    articles = fetch_all(folder, sorted(truth))
    seconds = time.perf_counter() - started
    samples = [
        Sample(sentence, name, article)
        for name, article in articles.items()
        for sentence in split(truth[name]["body"])
    ]
    own = {name: " ".join(keys(article.text)) for name, article in articles.items()}
    there = [s for s in samples if " ".join(keys(s.sentence)) in own[s.page]]
    print(f"cores {os.cpu_count()}  pages {len(articles)}  fetched and read in {seconds:.1f} s")
    print(f"sentences {len(samples)}, of which {len(there)} have all their words in a row there")
    verbatim = measure_verbatim(samples, is_shown=is_shown)
    in_reach = measure_verbatim(there, is_shown=False)
    altered = measure_altered(there, is_shown=is_shown)
    foreign = measure_foreign(samples, is_shown=is_shown)
    print(f"{'':44}{'n':>6}{'count':>7}{'share':>8}")
    for label, count, tally in (
        ("1. verbatim: located", verbatim.located, verbatim),
        ("   exact or typographic", verbatim.unaltered, verbatim),
        ("   located text equal after folding", verbatim.right, verbatim),
        ("1b. of those that were extracted: located", in_reach.located, in_reach),
        ("   located text equal after folding", in_reach.right, in_reach),
        ("2. one word replaced: located", altered.located, altered),
        ("   called exact or typographic (must be 0)", altered.unaltered, altered),
        ("   edits name exactly that word", altered.right, altered),
        ("3. of another page: not located", foreign.n - foreign.located, foreign),
    ):
        print(f"{label:44}{tally.n:6}{count:7}{count / max(tally.n, 1):8.2%}")
    fuzzy = time_rapidfuzz(samples)
    for label, tally in (("verbatim", verbatim), ("altered", altered), ("foreign", foreign)):
        print(
            f"{label}: {tally.seconds:.1f} s, {tally.seconds / max(tally.n, 1) * 1e3:.2f} ms each"
        )
    print(
        f"rapidfuzz partial_ratio_alignment on the pairs of 1: {fuzzy:.1f} s;"
        f" ours takes {verbatim.seconds / fuzzy:.2f} times as long"
    )


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--show"]
    main(Path(arguments[0]) if arguments else FOLDER, is_shown="--show" in sys.argv)
