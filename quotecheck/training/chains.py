"""Annotated chains as training texts: GUM with its OntoNotes twin, LitBank, GAP.

    files ─► words and sentences ─► the language pipeline ─► TrainingText (features, mentions)

All are parsed by the pipeline that ships, so that the network learns from the parses that it will
meet. The words are the sets' own.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from spacy.tokens import Doc

from quotecheck.coref.clusters import ENTITY_TYPES, STATUSES
from quotecheck.coref.features import KIND, WordFeatures, read_words
from quotecheck.errors import InputError
from quotecheck.training.conllu import read_conllu
from quotecheck.training.entities import EntityLayer, EntityMention, read_entities

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from spacy.language import Language

    Ints = npt.NDArray[np.int64]

UNKNOWN: Final = -1

# LitBank's rows are those of CoNLL 2012: the form in the fourth column, brackets in the last.
_FORM: Final = 3
_BRACKET: Final = re.compile(r"(?P<opens>\(?)(?P<entity>\d+)(?P<closes>\)?)")


@dataclass(frozen=True, slots=True)
class Gold:
    """One annotated mention.

    Attributes:
        head: the word that stands for it.
        start, end: its words, half-open.
        chain: number of its chain in the OntoNotes scheme, or `UNKNOWN` where it is in none.
        entity: number of what it mentions in the text's own scheme.
        kind: number in `ENTITY_TYPES`, or `UNKNOWN`.
        status: number in `STATUSES`, or `UNKNOWN`.
        link: GUM's kind of link: "ana", "cata", "disc", …
        is_orphan: something before it was the same, and was dropped.
        has_span: its borders are to be learnt.
    """

    head: int
    start: int
    end: int
    chain: int
    entity: int
    kind: int = UNKNOWN
    status: int = UNKNOWN
    link: str = ""
    is_orphan: bool = False
    has_span: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """A pronoun of GAP with two names: the words of each, and whether it is the one."""

    pronoun: int
    names: tuple[tuple[int, ...], tuple[int, ...]]
    is_right: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A text with what is known of its chains.

    Attributes:
        words: its words.
        features: one row a word.
        golds: its mentions by their heads, one a head.
        has_all: every mention is annotated, those mentioned once included (GUM).
        splits: for the head of a plural, the entities that it is made of.
        bridges: for the head of a mention, the entities by way of which it is understood.
        choices: pronouns with two names (GAP).
        chains: all chains in the OntoNotes scheme, as spans of words (GUM).
    """

    name: str
    words: tuple[str, ...]
    features: WordFeatures
    golds: tuple[Gold, ...]
    has_all: bool
    splits: dict[int, tuple[int, ...]] = field(default_factory=dict)
    bridges: dict[int, tuple[int, ...]] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    chains: tuple[frozenset[tuple[int, int]], ...] = ()


def read_gum(folder: Path, split: str, nlp: Language) -> list[TrainingText]:
    """Read GUM's documents of a split, with the chains of its OntoNotes twin.

    Raises:
        InputError: the folder holds none, or a document has no twin.
    """
    paths = sorted((folder / "gum" / split).glob("*.conllu"))
    if not paths:
        raise InputError(f"There are no documents of GUM in {folder / 'gum' / split}.")
    texts = []
    for path in paths:
        twin = folder / "gum" / "ontogum" / path.name
        if not twin.is_file():
            raise InputError(f"{path.name} has no twin in the OntoNotes scheme: {twin} is missing.")
        for document, other in zip(read_conllu(path), read_conllu(twin), strict=True):
            layer, chains = read_entities(document), read_entities(other)
            words = tuple(word.form for word in layer.words)
            spaces = [word.has_space for word in layer.words]
            doc = _parse(nlp, words, spaces, layer.sentence_starts)
            texts.append(_gum_text(document.doc_id, words, read_words(doc), layer, chains))
    return texts


def read_litbank(folder: Path, nlp: Language) -> list[TrainingText]:
    """Read the passages of LitBank.

    Raises:
        InputError: the folder holds none.
    """
    paths = sorted((folder / "litbank" / "coref" / "conll").glob("*.conll"))
    if not paths:
        raise InputError(f"There are no passages of LitBank in {folder / 'litbank'}.")
    texts = []
    for path in paths:
        passage = _read_conll(path)
        words = passage.words
        features = read_words(_parse(nlp, words, [True] * len(words), passage.sentence_starts))
        golds = [
            Gold(
                _head(features, m.start, m.end), m.start, m.end, m.entity, m.entity, has_span=False
            )
            for m in passage.mentions
        ]
        texts.append(TrainingText(path.stem, words, features, _one_a_head(golds), has_all=False))
    return texts


def read_gap(path: Path, nlp: Language) -> list[TrainingText]:
    """Read GAP's pronouns and names.

    Raises:
        InputError: the file is not there.
    """
    rows = read_gap_rows(path)
    texts = []
    for row, doc in zip(rows, nlp.pipe(row["Text"] for row in rows), strict=True):
        pronoun = find_name(doc, row["Pronoun"], int(row["Pronoun-offset"]))
        names = [_mentions_of(doc, row[name], int(row[f"{name}-offset"])) for name in "AB"]
        choice = Choice(
            pronoun[-1],
            (names[0], names[1]),
            (row["A-coref"] == "TRUE", row["B-coref"] == "TRUE"),
        )
        words = tuple(token.text for token in doc)
        texts.append(
            TrainingText(row["ID"], words, read_words(doc), (), has_all=False, choices=(choice,))
        )
    return texts


def read_gap_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of one of GAP's files, by the names of their columns.

    Raises:
        InputError: the file is not there.
    """
    if not path.is_file():
        raise InputError(f"There is no GAP in {path}.")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def find_name(doc: Doc, text: str, offset: int) -> list[int]:
    """Return the tokens of some words at their place in a text."""
    span = doc.char_span(offset, offset + len(text), alignment_mode="expand")
    return [] if span is None else [token.i for token in span]


def keep_sentences(text: TrainingText, sentences: Sequence[int] | Ints) -> TrainingText:
    """Keep some sentences of a text, as an elision does; what lost its antecedent is an orphan.

    GAP's choices and the chains to score against are not kept.
    """
    kept = np.flatnonzero(np.isin(text.features.sentence, np.asarray(sentences)))
    new = np.full(len(text.words), -1, dtype=np.int64)
    new[kept] = np.arange(len(kept))
    seen: set[int] = set()
    seen_all: set[int] = set()
    golds = []
    for gold in sorted(text.golds, key=lambda g: g.start):
        if new[gold.head] >= 0 and new[gold.start] >= 0 and new[gold.end - 1] >= 0:
            golds.append(
                replace(
                    gold,
                    head=int(new[gold.head]),
                    start=int(new[gold.start]),
                    end=int(new[gold.end - 1]) + 1,
                    is_orphan=gold.entity in seen_all and gold.entity not in seen,
                )
            )
            seen.add(gold.entity)
        seen_all.add(gold.entity)
    return TrainingText(
        text.name,
        tuple(text.words[i] for i in kept),
        text.features.take(kept),
        tuple(sorted(golds, key=lambda g: g.head)),
        has_all=text.has_all,
        splits={int(new[h]): parts for h, parts in text.splits.items() if new[h] >= 0},
        bridges={int(new[h]): parts for h, parts in text.bridges.items() if new[h] >= 0},
    )


def cut_into(text: TrainingText, n_words: int, chance: random.Random) -> Iterator[TrainingText]:
    """Cut a long text at sentences into pieces of about `n_words` words, from a random start."""
    sentence = text.features.sentence
    first = chance.randrange(n_words) if len(sentence) > n_words else 0
    cuts = (np.maximum(np.arange(len(sentence)) - first, -1)) // n_words
    part_of = cuts[np.searchsorted(sentence, np.arange(sentence[-1] + 1))]
    for part in np.unique(part_of):
        piece = keep_sentences(text, np.flatnonzero(part_of == part))
        # A text may begin in its middle: nothing was dropped that its readers would miss.
        golds = tuple(replace(gold, is_orphan=False) for gold in piece.golds)
        yield replace(piece, golds=golds)


# --- reading -------------------------------------------------------------------------------------


def _parse(nlp: Language, words: Sequence[str], spaces: list[bool], starts: Sequence[int]) -> Doc:
    is_start = np.zeros(len(words), dtype=np.bool_)
    is_start[[start for start in starts if start < len(words)]] = True
    return nlp(Doc(nlp.vocab, words=list(words), spaces=spaces, sent_starts=is_start.tolist()))


def _gum_text(
    name: str,
    words: tuple[str, ...],
    features: WordFeatures,
    layer: EntityLayer,
    chains: EntityLayer,
) -> TrainingText:
    chain_of = {(m.start, m.end): m.entity for m in chains.mentions}
    by_head: dict[int, EntityMention] = {}
    golds = []
    for mention in layer.mentions:
        head = _head(features, mention.start, mention.end, mention.head)
        by_head.setdefault(head, mention)
        chain = chain_of.pop((mention.start, mention.end), UNKNOWN)
        golds.append(_gum_gold(mention, head, mention.start, mention.end, chain))
    for (start, end), chain in chain_of.items():
        head = _head(features, start, end)
        like = by_head.get(head)
        if like is None:
            golds.append(Gold(head, start, end, chain, UNKNOWN - chain - 1))
        else:
            golds.append(_gum_gold(like, head, start, end, chain))
    kept = _one_a_head(golds)
    at = {(gold.start, gold.entity): gold.head for gold in kept}
    splits: dict[int, tuple[int, ...]] = {}
    bridges: dict[int, tuple[int, ...]] = {}
    for links, found in ((layer.splits, splits), (layer.bridges, bridges)):
        for link in links:
            key = link.word, link.entity
            if key in at:
                found[at[key]] = (*found.get(at[key], ()), link.antecedent)
    return TrainingText(
        name,
        words,
        features,
        kept,
        has_all=True,
        splits=splits,
        bridges=bridges,
        chains=tuple(
            frozenset((m.start, m.end) for m in chain) for chain in chains.chains().values()
        ),
    )


def _gum_gold(mention: EntityMention, head: int, start: int, end: int, chain: int) -> Gold:
    status = mention.status.partition(":")[0]
    return Gold(
        head,
        start,
        end,
        chain,
        mention.entity,
        kind=ENTITY_TYPES.index(mention.kind) if mention.kind in ENTITY_TYPES else UNKNOWN,
        status=STATUSES.index(status) if status in STATUSES else UNKNOWN,
        link=mention.link,
    )


def _one_a_head(golds: Sequence[Gold]) -> tuple[Gold, ...]:
    """Keep one mention for each head: one of a chain before others, then the longest."""
    best: dict[int, Gold] = {}
    for gold in golds:
        other = best.get(gold.head)
        if other is None or _weight(gold) > _weight(other):
            best[gold.head] = gold
    return tuple(best[head] for head in sorted(best))


def _weight(gold: Gold) -> tuple[bool, int]:
    return gold.chain != UNKNOWN, gold.end - gold.start


def _head(features: WordFeatures, start: int, end: int, known: int = UNKNOWN) -> int:
    """Return the head of a span by the parse; of a coordination, its conjunction."""
    inside = range(start, end)
    tops = [i for i in inside if features.head[i] not in inside or features.head[i] == i]
    candidates = [i for i in tops if features.is_candidate[i]] or tops or [start]
    head = known if known in candidates else candidates[0]
    for i in inside:
        joined = int(features.head[i])
        is_joined = joined != head and features.head[joined] == head and start <= joined < end
        if features.kind[i] == KIND["coordination"] and is_joined:
            return i
    return head


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage of LitBank; of its mentions the heads are not annotated."""

    words: tuple[str, ...]
    sentence_starts: tuple[int, ...]
    mentions: tuple[EntityMention, ...]


def _read_conll(path: Path) -> _Passage:
    """Read words and the brackets around mentions, in the form of CoNLL 2012.

    Raises:
        InputError: a bracket closes unopened, or is never closed.
    """
    words: list[str] = []
    starts = [0]
    mentions: list[EntityMention] = []
    opened: dict[int, list[int]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if line.startswith("#") or len(cells) <= _FORM:
            if words and starts[-1] != len(words):
                starts.append(len(words))
            continue
        place = len(words)
        words.append(cells[_FORM])
        for mark in _BRACKET.finditer(cells[-1]):
            entity = int(mark["entity"])
            if mark["opens"]:
                opened.setdefault(entity, []).append(place)
            if mark["closes"]:
                if not opened.get(entity):
                    raise InputError(f"{path.name}: entity {entity} closes unopened.")
                start = opened[entity].pop()
                mentions.append(EntityMention(start, place + 1, UNKNOWN, len(starts) - 1, entity))
    if any(opened.values()):
        entity = next(entity for entity, places in opened.items() if places)
        raise InputError(f"{path.name}: entity {entity} is never closed.")
    return _Passage(tuple(words), tuple(starts), tuple(mentions))


def _mentions_of(doc: Doc, name: str, offset: int) -> tuple[int, ...]:
    """Return the head of a name at its place, and of every other mention by the same words."""
    heads = []
    for match in re.finditer(rf"\b{re.escape(name)}\b", doc.text):
        span = doc.char_span(*match.span(), alignment_mode="expand")
        if span is not None:
            heads.append((match.start() != offset, span.root.i))
    return tuple(head for _, head in sorted(heads))
