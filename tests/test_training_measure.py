"""Measures compare mentions by their places in the text, and count links and confidence right."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from spacy.lang.en import English

from quotecheck.coref.clusters import Choice, Coreference, CorefMention
from quotecheck.coref.score import Counts
from quotecheck.errors import InputError
from quotecheck.training.conllu import read_conllu
from quotecheck.training.measure import (
    BINS,
    Measures,
    list_dev,
    measure_gap,
    measure_gum,
    tabulate_reliability,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from spacy.tokens import Doc

KEEPER = "GUM_news_velm.conllu"

# Mentions by their words, and clusters of them, as a component would find them.
Found = tuple[tuple[str, ...], ...]


class Reader:
    """Finds certain clusters in any text; each mention takes up the one before in its cluster."""

    def __init__(self, clusters: Found, probability: float = 0.9) -> None:
        self.clusters = clusters
        self.probability = probability
        self.nlp = English()

    def __call__(self, text: str) -> Doc:
        """Read a text."""
        doc = self.nlp(text)
        for token in doc:
            token.pos_ = "PRON" if token.lower_ in {"her", "it", "she"} else "NOUN"
            token.is_sent_start = token.i == 0
        spans = [[self.find(doc, words) for words in cluster] for cluster in self.clusters]
        order = sorted(span for cluster in spans for span in cluster)
        numbered = tuple(tuple(sorted(map(order.index, cluster))) for cluster in spans)
        before = {later: one for cluster in numbered for one, later in pairwise(cluster)}
        mentions = tuple(
            CorefMention(
                *(start, start, end, "person", "", (1.0, 0.0, 0.0)),
                (Choice(before[number], self.probability),) if number in before else (),
                new=0.0,
                missing=0.0,
            )
            for number, (start, end) in enumerate(order)
        )
        doc._.coreference = Coreference(mentions, numbered)
        return doc

    @staticmethod
    def find(doc: Doc, words: str) -> tuple[int, int]:
        """Return the tokens of some words."""
        start = doc.text.index(words)
        span = doc.char_span(start, start + len(words))
        return span.start, span.end

    def pipe(self, texts: Iterable[str]) -> Iterator[Doc]:
        """Read several texts."""
        return map(self, texts)


def measured(data: Path, clusters: Found, probability: float = 0.9) -> Measures:
    """Measure a pipeline that finds certain clusters on the invented document."""
    return measure_gum(Reader(clusters, probability), data / "gum", [KEEPER])


def test_words_have_places_in_the_text(coref_data: Path) -> None:
    """The text slices to the document's words; paragraphs are parted by an empty line."""
    (document,) = read_conllu(coref_data / "gum" / "train" / KEEPER)
    text, places = text_of(document)
    forms = [word.form for sentence in document.sentences for word in sentence.words]
    assert [text[start:end] for start, end in places] == forms
    assert text.startswith("Ida Holm keeps the lighthouse . Her brother")
    assert text.count("\n\n") == 1
    assert "it .\n\nThey met" in text


def test_the_annotated_clusters_score_full(coref_data: Path) -> None:
    """Whoever finds what is annotated has all points, in the document's genre."""
    found = measured(coref_data, (("Ida Holm", "Her"), ("the lighthouse", "it")))
    assert found.by_genre.keys() == {"news"}
    assert found.total().conll == pytest.approx(1)
    assert found.total(["interview"]).mentions == Counts()
    assert found.links == {"pronouns": Counts(2, 2, 2, 2)}


def test_links_are_counted_by_what_links(coref_data: Path) -> None:
    """Wrong links cost precision, missed ones recall, each in the group of the later mention."""
    found = measured(coref_data, (("Ida Holm", "Her", "The roof"),))
    assert found.links == {"pronouns": Counts(1, 2, 1, 1), "noun phrases": Counts(0, 0, 0, 1)}


def test_a_mention_with_wrong_borders_is_wrong(coref_data: Path) -> None:
    """Half a name is not the name."""
    found = measured(coref_data, (("Holm", "Her"), ("the lighthouse", "it")))
    assert found.links == {"pronouns": Counts(1, 2, 1, 2)}


def test_links_are_judged_with_their_confidence(coref_data: Path) -> None:
    """A link is as sure as what it takes up within its own cluster."""
    found = measured(coref_data, (("Ida Holm", "Her"), ("the lighthouse", "The roof")), 0.7)
    assert sorted(found.judged) == [(0.7, False), (0.7, True)]


def test_reliability_is_told_by_bins() -> None:
    """Each link is in one bin, with its bin's mean confidence and share of right ones."""
    judged = [(0.0, False), (0.85, True), (0.89, False), (0.95, True), (1.0, True)]
    table = tabulate_reliability(judged)
    assert len(table) == len(BINS) - 1
    assert [row.n for row in table] == [1, 0, 0, 0, 0, 2, 0, 2]
    assert (table[5].confidence, table[5].accuracy) == (pytest.approx(0.87), 0.5)
    assert (table[7].confidence, table[7].accuracy) == (pytest.approx(0.975), 1)
    assert (table[1].confidence, table[1].accuracy) == (0, 0)


@pytest.mark.parametrize(
    ("clusters", "counts"),
    [
        ((("Marla Quist", "She"),), Counts(1, 1, 1, 1)),
        ((("Ida Holm", "She"),), Counts(0, 1, 0, 1)),
        ((("Marla Quist", "Ida Holm", "She"),), Counts(1, 1, 1, 2)),
        ((("Marla Quist", "Ida Holm"),), Counts(0, 1, 0, 0)),
    ],
)
def test_a_pronoun_is_linked_with_each_name_or_not(
    clusters: Found, counts: Counts, coref_data: Path
) -> None:
    """GAP asks of each name whether the pronoun is in one cluster with it."""
    found = measure_gap(Reader(clusters), coref_data / "gap" / "validation.tsv")
    assert found == {"all": counts, "feminine": counts}


def test_missing_documents_are_an_error(coref_data: Path, tmp_path: Path) -> None:
    """Without development documents there is nothing to measure on."""
    assert list_dev(coref_data) == ["GUM_interview_velm.conllu"]
    with pytest.raises(InputError, match="no documents of GUM"):
        list_dev(tmp_path)
