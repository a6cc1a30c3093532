"""The worked example: an invented article, and two passages that quote it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources

from quotecheck.records import Source

ARTICLE_FILE = "example-article.html"
PASSAGES_FILE = "example-passages.json"


@dataclass(frozen=True, slots=True)
class Example:
    """One passage of the example, ready to be checked; `name` is what the form calls it by."""

    name: str
    passage: str
    article_html: str

    def source(self, address: str) -> Source:
        """Return the article as a source; `address` is where the app shows it."""
        return Source.from_html(self.article_html, url=address)


def load_examples() -> dict[str, Example]:
    """Read the examples that come with the app, by name; both are copies of cases in the corpus."""
    folder = resources.files("web") / "static"
    article = (folder / ARTICLE_FILE).read_text(encoding="utf-8")
    passages = json.loads((folder / PASSAGES_FILE).read_text(encoding="utf-8"))
    return {name: Example(name, passage, article) for name, passage in passages.items()}
