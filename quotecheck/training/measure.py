"""Measures the coreference component on what it was not trained on.

Texts are read as users' texts are: raw, with the pipeline's own words and sentences. Mentions are
compared by their places in the text.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from quotecheck.coref.features import KIND, KINDS, PRONOUN_KINDS, read_words
from quotecheck.coref.score import Counts, Scores, score_document
from quotecheck.errors import InputError
from quotecheck.language import load_language
from quotecheck.training.chains import find_name, read_gap_rows
from quotecheck.training.conllu import Document, read_conllu
from quotecheck.training.entities import read_entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from spacy.language import Language
    from spacy.tokens import Doc

    from quotecheck.coref.clusters import Coreference

PRESS: Final = frozenset({"news", "interview"})
# Edges of the bins of a reliability table.
BINS: Final = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Bin:
    """Links whose confidence lies in one bin: how many, how sure in the mean, how often right."""

    n: int
    confidence: float
    accuracy: float


@dataclass(slots=True)
class Measures:
    """What is measured on a set of documents.

    Attributes:
        by_genre: scores in the OntoNotes scheme.
        links: for pronouns, names and noun phrases, how many links are right.
        judged: confidence of each link, and whether it is right.
    """

    by_genre: dict[str, Scores] = field(default_factory=dict)
    links: dict[str, Counts] = field(default_factory=dict)
    judged: list[tuple[float, bool]] = field(default_factory=list)

    def total(self, genres: Iterable[str] | None = None) -> Scores:
        """Add the scores of some genres, or of all."""
        wanted = set(self.by_genre if genres is None else genres)
        return sum((s for g, s in self.by_genre.items() if g in wanted), Scores())


def text_of(document: Document) -> tuple[str, list[Place]]:
    """Write a document's words down as a text; give the place of each word in it."""
    text, places = "", []
    for sentence in document.sentences:
        if sentence.opens_paragraph and text:
            text = text.rstrip() + "\n\n"
        elif text and not text[-1].isspace():
            text += " "
        for word in sentence.words:
            places.append((len(text), len(text) + len(word.form)))
            text += word.form + (" " if word.has_space else "")
    return text, places


def measure_gum(nlp: Language, folder: Path, names: Sequence[str]) -> Measures:
    """Measure on documents of GUM, in the OntoNotes scheme.

    Args:
        nlp: the pipeline.
        folder: GUM's.
        names: files of `ontogum`.
    """
    found = Measures()
    for name in names:
        for document in read_conllu(folder / "ontogum" / name):
            text, places = text_of(document)
            key = [
                {(places[m.start][0], places[m.end - 1][1]) for m in chain}
                for chain in read_entities(document).chains().values()
            ]
            doc = nlp(text)
            genre = document.doc_id.split("_")[1]
            scores = score_document(key, list(_clusters(doc)))
            found.by_genre[genre] = found.by_genre.get(genre, Scores()) + scores
            _count_links(doc, key, found)
    return found


def _clusters(doc: Doc) -> Iterator[list[Place]]:
    coreference: Coreference = doc._.coreference
    for cluster in coreference.clusters:
        yield [_place(doc, coreference, n) for n in cluster]


def _place(doc: Doc, coreference: Coreference, number: int) -> Place:
    mention = coreference.mentions[number]
    last = doc[mention.end - 1]
    return doc[mention.start].idx, last.idx + len(last)


def _count_links(doc: Doc, key: Sequence[set[Place]], found: Measures) -> None:
    """Count links to the mention before in the cluster, by what kind of expression links."""
    chain_of = {place: n for n, chain in enumerate(key) for place in chain}
    coreference: Coreference = doc._.coreference
    words = read_words(doc)
    group_at: dict[Place, str] = {}
    right_of: dict[Place, bool] = {}
    for cluster in coreference.clusters:
        for before, number in pairwise(cluster):
            one, other = (_place(doc, coreference, n) for n in (before, number))
            is_right = one in chain_of and chain_of[one] == chain_of.get(other)
            mention = coreference.mentions[number]
            group = _group(int(words.kind[mention.head]))
            group_at[other] = group
            right_of[other] = is_right
            counts = found.links.get(group, Counts())
            found.links[group] = counts + Counts(0, 0, int(is_right), 1)
            sure = sum(c.probability for c in mention.antecedents if c.mention in cluster)
            found.judged.append((sure, is_right))
    for chain in key:
        for place in sorted(chain)[1:]:
            if place not in group_at:
                span = doc.char_span(*place, alignment_mode="expand")
                kind = KIND["none"] if span is None else int(words.kind[span.root.i])
                group_at[place] = _group(kind)
            group = group_at[place]
            counts = found.links.get(group, Counts())
            found.links[group] = counts + Counts(int(right_of.get(place, False)), 1, 0, 0)


def _group(kind: int) -> str:
    if kind in PRONOUN_KINDS:
        return "pronouns"
    return "names" if KINDS[kind] == "name" else "noun phrases"


def tabulate_reliability(judged: Iterable[tuple[float, bool]]) -> list[Bin]:
    """Gather links into bins by their confidence (DeGroot and Fienberg 1983)."""
    rows = sorted(judged)
    table = []
    for low, high in pairwise(BINS):
        inside = [r for r in rows if low <= r[0] < high or (high == BINS[-1] == r[0])]
        n = len(inside)
        table.append(
            Bin(n, sum(c for c, _ in inside) / max(n, 1), sum(r for _, r in inside) / max(n, 1))
        )
    return table


def measure_gap(nlp: Language, path: Path) -> Mapping[str, Counts]:
    """Measure on GAP (Webster et al. 2018): is the pronoun in one cluster with each name?

    Returns:
        Counts over both names: `all`, and by the pronoun's gender.
    """
    totals: dict[str, Counts] = {}
    rows = read_gap_rows(path)
    for row, doc in zip(rows, nlp.pipe(row["Text"] for row in rows), strict=True):
        coreference: Coreference = doc._.coreference
        pronoun = find_name(doc, row["Pronoun"], int(row["Pronoun-offset"]))
        gender = "feminine" if row["Pronoun"].lower() in {"she", "her", "hers"} else "masculine"
        for name in "AB":
            span = find_name(doc, row[name], int(row[f"{name}-offset"]))
            is_linked = any(
                _holds(coreference, cluster, pronoun) and _holds(coreference, cluster, span)
                for cluster in coreference.clusters
            )
            is_right = row[f"{name}-coref"] == "TRUE"
            counts = Counts(
                int(is_right and is_linked),
                int(is_right),
                int(is_right and is_linked),
                int(is_linked),
            )
            for group in ("all", gender):
                totals[group] = totals.get(group, Counts()) + counts
    return totals


def _holds(coreference: Coreference, cluster: Sequence[int], tokens: Sequence[int]) -> bool:
    return any(coreference.mentions[n].head in tokens for n in cluster)


def list_dev(data: Path) -> list[str]:
    """List the development documents of GUM that are there in the OntoNotes scheme too.

    Raises:
        InputError: there are none.
    """
    names = sorted(p.name for p in (data / "gum" / "dev").glob("*.conllu"))
    if not names:
        raise InputError(f"There are no documents of GUM in {data / 'gum' / 'dev'}.")
    return names


def print_measures(nlp: Language, data: Path) -> None:
    """Print the tables of all measures."""
    found = measure_gum(nlp, data / "gum", list_dev(data))
    print("| GUM dev, OntoNotes scheme | MUC | B³ | CEAF-φ4 | CoNLL F1 | mentions |")
    print("| --- | --- | --- | --- | --- | --- |")
    rows = [("all", found.total()), ("news, interview", found.total(PRESS))]
    rows += sorted(found.by_genre.items())
    for name, scores in rows:
        cells = (scores.muc.f1, scores.b_cubed.f1, scores.ceaf.f1, scores.conll)
        print(
            f"| {name} | "
            + " | ".join(f"{100 * c:.1f}" for c in (*cells, scores.mentions.f1))
            + " |"
        )
    print("\n| links | recall | precision | n |\n| --- | --- | --- | --- |")
    for name, counts in sorted(found.links.items()):
        print(
            f"| {name} | {counts.recall:.2f} | {counts.precision:.2f} | {counts.total_recall:.0f} |"
        )
    print("\n| confidence | links | mean | right |\n| --- | --- | --- | --- |")
    table = tabulate_reliability(found.judged)
    for (low, high), row in zip(pairwise(BINS), table, strict=True):
        print(f"| {low:.2f} to {high:.2f} | {row.n} | {row.confidence:.2f} | {row.accuracy:.2f} |")
    path = data / "gap" / "validation.tsv"
    if path.is_file():
        print("\n| GAP validation | recall | precision | F1 |\n| --- | --- | --- | --- |")
        for name, counts in measure_gap(nlp, path).items():
            print(
                f"| {name} | {counts.recall:.3f} | {counts.precision:.3f} | {100 * counts.f1:.1f} |"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the pipeline that ships, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m quotecheck.training.measure")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    options = parser.parse_args(arguments)
    print_measures(load_language(), options.data)


if __name__ == "__main__":
    main()
