"""Readers of annotated text: CoNLL-U treebanks, Universal NER labels, and GUM's entity layer.

    file ─► documents ─► sentences ─► words          names lie over the words of one sentence

What is read is what the files say; nothing here knows of spaCy or of training.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

ROOT: Final = -1
LABELS: Final = ("PER", "ORG", "LOC")

# Columns of CoNLL-U, by their order.
_ID, _FORM, _LEMMA, _UPOS, _XPOS, _FEATS, _HEAD, _DEPREL, _DEPS, _MISC = range(10)

# GUM's entity types that Universal NER has a label for.
_GUM_LABELS: Final = {"person": "PER", "organization": "ORG", "place": "LOC"}
_GUM_MARK: Final = re.compile(r"\(([^()]+)(\)?)|([^()]+)\)")
# What may stand inside a name between its proper nouns: "Bank of England", "Marks & Spencer".
_INSIDE_NAMES: Final = frozenset({"of", "for", "the", "de", "la", "on", "'s", "’s"})
# Universal NER leaves titles out of the names of people, and a capitalised office is no name.
_TITLES: Final = frozenset(
    {"captain", "colonel", "dr", "emperor", "general", "governor", "judge", "justice", "king"}
    | {"lady", "lord", "minister", "mr", "mrs", "ms", "pope", "president", "prince", "princess"}
    | {"prof", "professor", "queen", "saint", "senator", "sir"}
)
_ROLES: Final = _TITLES | frozenset(
    {"administrator", "ambassador", "chair", "chairman", "chancellor", "chief", "coach"}
    | {"commissioner", "dean", "director", "editor", "founder", "god", "leader", "manager"}
    | {"mayor", "member", "officer", "secretary", "speaker"}
)


@dataclass(frozen=True, slots=True)
class Word:
    """One syntactic word.

    Attributes:
        head: index of the head in the sentence, or `ROOT`.
        has_space: white space follows in the text.
        misc: the last column, as it stands.
    """

    form: str
    lemma: str
    upos: str
    xpos: str
    feats: str
    head: int
    deprel: str
    has_space: bool
    misc: str = "_"


@dataclass(frozen=True, slots=True)
class Name:
    """A named entity over words `start` to `end` of its sentence, half-open."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence.

    Attributes:
        opens_paragraph: a paragraph begins here.
        names: its named entities, or None where nobody has marked them.
    """

    sent_id: str
    words: tuple[Word, ...]
    opens_paragraph: bool
    names: tuple[Name, ...] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The sentences of one text, in order."""

    doc_id: str
    sentences: tuple[Sentence, ...]


def read_conllu(path: Path) -> list[Document]:
    """Read a CoNLL-U file.

    Words are syntactic words. The treebanks write a contraction as one token over several words
    ("don't" over "do" and "n't"); the words stay, and no white space lies between them.
    """
    documents: list[Document] = []
    for comments, rows in _blocks(path):
        sentence = _sentence(comments, rows)
        if "newdoc id" in comments or not documents:
            documents.append(Document(comments.get("newdoc id", path.stem), ()))
        last = documents[-1]
        documents[-1] = replace(last, sentences=(*last.sentences, sentence))
    return documents


def read_names(path: Path) -> dict[str, tuple[tuple[str, ...], tuple[Name, ...]]]:
    """Read Universal NER labels: for each sentence its words, to check against, and its names.

    Labels other than PER, ORG and LOC are read as none: an early release also has `OTH` and a
    stray `B-O`.
    """
    found = {}
    for comments, rows in _blocks(path):
        tags = [row[2] for row in rows]
        found[comments["sent_id"]] = (tuple(row[1] for row in rows), tuple(_spans(tags)))
    return found


def add_names(
    documents: Iterable[Document],
    names: Mapping[str, tuple[tuple[str, ...], tuple[Name, ...]]],
) -> list[Document]:
    """Lay names over sentences; where the words of the two releases differ, names are unknown."""
    done = []
    for document in documents:
        sentences = []
        for sentence in document.sentences:
            words, spans = names.get(sentence.sent_id, ((), ()))
            same = words == tuple(word.form for word in sentence.words)
            sentences.append(replace(sentence, names=spans if same else None))
        done.append(replace(document, sentences=tuple(sentences)))
    return done


def add_gum_names(documents: Iterable[Document]) -> list[Document]:
    """Derive names from GUM's entity layer, cut as Universal NER cuts them.

    GUM marks every mention; a name is one of a person, an organisation or a place whose head is a
    proper noun. Its description is cut off: determiners, titles and other words in front, and what
    follows the name.
    """
    return [
        replace(
            document,
            sentences=tuple(
                replace(sentence, names=tuple(_gum_names(sentence)))
                for sentence in document.sentences
            ),
        )
        for document in documents
    ]


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    kind: str


def _gum_names(sentence: Sentence) -> Iterator[Name]:
    """Give the names of a sentence; of two that overlap, the longer one."""
    found = {_name_in(sentence, mention) for mention in _mentions(sentence)} - {None}
    names = sorted((n for n in found if n is not None), key=lambda n: (n.start - n.end, n.start))
    taken: set[int] = set()
    for name in names:
        covered = set(range(name.start, name.end))
        if not covered & taken:
            taken |= covered
            yield name


def _name_in(sentence: Sentence, mention: _Mention) -> Name | None:
    """Cut a mention down to the name at its head, if there is one."""
    words = sentence.words
    inside = range(mention.start, mention.end)
    head = next((i for i in inside if words[i].head not in inside), mention.start)
    label = _GUM_LABELS.get(mention.kind)
    if label is None or not _is_proper(words[head]) or words[head].form.lower() in _ROLES:
        return None
    if label == "PER" and words[head].xpos == "NNPS":  # a people, which Universal NER leaves out
        return None
    start, end = head, head + 1
    while start > mention.start and _joins(sentence, start - 1, head, label):
        start -= 1
    while end < mention.end and _joins(sentence, end, head, label):
        end += 1
    while start < head and (
        not _is_proper(words[start]) or words[start].form.lower().rstrip(".") in _TITLES
    ):
        start += 1
    while end > head + 1 and not _is_proper(words[end - 1]) and words[end - 1].upos != "NUM":
        end -= 1
    return Name(start, end, label)


def _is_proper(word: Word) -> bool:
    return word.xpos in {"NNP", "NNPS"}


def _joins(sentence: Sentence, index: int, head: int, label: str) -> bool:
    """Tell whether a word beside a name's head can be a part of the name."""
    word = sentence.words[index]
    if _is_proper(word):
        return not (label == "PER" and word.deprel in {"nmod:desc", "appos", "conj"})
    if word.xpos == "HYPH":
        return True
    if word.upos == "CCONJ":
        joined = sentence.words[word.head]
        return joined.head != head and label != "PER"
    return label != "PER" and (word.upos == "NUM" or word.form.lower() in _INSIDE_NAMES)


def _mentions(sentence: Sentence) -> Iterator[_Mention]:
    """Read the entity brackets that open and close within the sentence."""
    opened: list[tuple[str, str, int]] = []
    for index, word in enumerate(sentence.words):
        entity = next((v[7:] for v in word.misc.split("|") if v.startswith("Entity=")), "")
        for match in _GUM_MARK.finditer(entity):
            if match[1]:
                group, kind = match[1].split("-", 6)[:2]
                if match[2]:
                    yield _Mention(index, index + 1, kind)
                else:
                    opened.append((group, kind, index))
                continue
            for place in range(len(opened) - 1, -1, -1):
                if opened[place][0] == match[3]:
                    _, kind, start = opened.pop(place)
                    yield _Mention(start, index + 1, kind)
                    break


def _spans(tags: Iterable[str]) -> Iterator[Name]:
    """Turn IOB2 tags into names."""
    start, label = 0, ""
    for index, tag in enumerate([*tags, "O"]):
        if tag.startswith("I-") and tag[2:] == label:
            continue
        if label in LABELS:
            yield Name(start, index, label)
        start, label = index, tag[2:]


def _sentence(comments: Mapping[str, str], rows: list[list[str]]) -> Sentence:
    spaced: dict[int, bool] = {}
    for row in rows:
        if "-" in row[_ID]:
            first, last = (int(number) for number in row[_ID].split("-"))
            spaced |= dict.fromkeys(range(first, last), False)
            spaced[last] = "SpaceAfter=No" not in row[_MISC].split("|")
    words = [row for row in rows if row[_ID].isdigit()]
    return Sentence(
        sent_id=comments.get("sent_id", ""),
        words=tuple(
            Word(
                form=row[_FORM],
                lemma=row[_LEMMA],
                upos=row[_UPOS],
                xpos=row[_XPOS],
                feats="" if row[_FEATS] == "_" else row[_FEATS],
                head=int(row[_HEAD]) - 1,
                deprel=row[_DEPREL],
                has_space=spaced.get(index, "SpaceAfter=No" not in row[_MISC].split("|")),
                misc=row[_MISC],
            )
            for index, row in enumerate(words, 1)
        ),
        opens_paragraph=any(name.startswith("newpar") for name in comments),
    )


def _blocks(path: Path) -> Iterator[tuple[dict[str, str], list[list[str]]]]:
    """Give each block of lines between empty ones: its comments by name, its rows by column."""
    comments: dict[str, str] = {}
    rows: list[list[str]] = []
    with path.open(encoding="utf-8") as lines:
        for line in (*lines, "\n"):
            text = line.rstrip("\n")
            if text.startswith("#") and not rows:
                name, _, value = text[1:].partition("=")
                comments[name.strip()] = value.strip()
            elif text:
                rows.append(text.split("\t"))
            elif rows:
                yield comments, rows
                comments, rows = {}, []
