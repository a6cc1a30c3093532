"""From annotated documents to spaCy training texts: stretches of sentences, varied as news varies.

    documents ─► stretches of 1 to 9 sentences ─► variations (quotes, case, cuts) ─► spaCy Docs

The treebanks write typewriter quotes, begin texts at a sentence and join paragraphs by nothing;
what we read has curly quotes, may begin anywhere and parts its paragraphs by empty lines. So each
text is met in several variations. The same seed gives the same ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

from quotecheck.training.conllu import (
    ROOT,
    Document,
    Name,
    Sentence,
    Word,
    add_gum_names,
    add_names,
    read_conllu,
    read_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from spacy.language import Language
    from spacy.vocab import Vocab

LONGEST_STRETCH: Final = 9
PARAGRAPH_BREAK: Final = "\n\n"

# Shares of stretches; chosen, not tuned: each must be common enough to be learnt.
CURLY: Final = 0.5
STRAIGHT: Final = 0.3
LOWERED: Final = 0.02
RAISED: Final = 0.02
CUT_IN: Final = 0.08
UNENDED: Final = 0.05
UNPARTED: Final = 0.3

_STRAIGHTENED: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "…": "..."})


@dataclass(frozen=True, slots=True)
class Treebanks:
    """What is read from the data folder."""

    train: tuple[Document, ...]
    ewt_dev: tuple[Document, ...]
    gum_dev: tuple[Document, ...]


def read_treebanks(folder: Path, *, with_gum_names: bool) -> Treebanks:
    """Read EWT with its Universal NER names, and GUM, whose names are derived or left unknown."""
    ewt = {
        split: add_names(
            read_conllu(folder / "ud_ewt" / f"{split}.conllu"),
            read_names(folder / "uner_ewt" / f"{split}.iob2"),
        )
        for split in ("train", "dev")
    }
    gum = {
        split: [
            document
            for path in sorted((folder / "gum" / split).glob("*.conllu"))
            for document in read_conllu(path)
        ]
        for split in ("train", "dev")
    }
    if with_gum_names:
        gum = {split: add_gum_names(documents) for split, documents in gum.items()}
    return Treebanks((*ewt["train"], *gum["train"]), tuple(ewt["dev"]), tuple(gum["dev"]))


@registry.readers("quotecheck.TrainingTexts.v1")  # type: ignore[untyped-decorator]
def create_training_reader(
    folder: str, variations: int, seed: int, *, with_gum_names: bool
) -> Callable[[Language], Iterator[Example]]:
    """Read the training documents `variations` times, cut and varied differently each time."""
    texts: list[Example] = []

    def read(nlp: Language) -> Iterator[Example]:
        # Every component asks for the texts once when it is set up, and the loop does again.
        if not texts:
            chance = random.Random(seed)  # noqa: S311 (nothing secret)
            documents = read_treebanks(Path(folder), with_gum_names=with_gum_names).train
            texts.extend(
                example(nlp.vocab, vary(stretch, chance))
                for _ in range(variations)
                for document in documents
                for stretch in stretches(document.sentences, chance)
            )
        return iter(texts)

    return read


@registry.readers("quotecheck.DevelopmentTexts.v1")  # type: ignore[untyped-decorator]
def create_development_reader(folder: str) -> Callable[[Language], Iterator[Example]]:
    """Read the development documents of both treebanks whole, as they are.

    Without empty lines: spaCy's scorer counts a white-space token of the reference as missed.
    """

    def read(nlp: Language) -> Iterator[Example]:
        treebanks = read_treebanks(Path(folder), with_gum_names=False)
        for document in (*treebanks.ewt_dev, *treebanks.gum_dev):
            yield example(nlp.vocab, document.sentences, parted=False)

    return read


def stretches(
    sentences: tuple[Sentence, ...], chance: random.Random
) -> Iterator[tuple[Sentence, ...]]:
    """Cut a document into stretches of 1 to `LONGEST_STRETCH` sentences."""
    start = 0
    while start < len(sentences):
        end = start + chance.randint(1, LONGEST_STRETCH)
        yield sentences[start:end]
        start = end


def vary(sentences: tuple[Sentence, ...], chance: random.Random) -> tuple[Sentence, ...]:
    """Vary a stretch: its quotes and dashes, its case, where it begins and ends, its breaks."""
    first = replace(sentences[0], opens_paragraph=False)
    if chance.random() < CUT_IN:
        first = cut_in(first, chance)
    varied = [first, *sentences[1:]]
    if chance.random() < UNENDED:
        varied[-1] = without_end(varied[-1])
    if chance.random() < UNPARTED:
        varied = [replace(sentence, opens_paragraph=False) for sentence in varied]
    draw = chance.random()
    if draw < CURLY:
        varied = [_reform(sentence, lambda word: curl(word, chance)) for sentence in varied]
    elif draw < CURLY + STRAIGHT:
        varied = [_reform(s, lambda word: word.form.translate(_STRAIGHTENED)) for s in varied]
    draw = chance.random()
    if draw < LOWERED:
        varied = [_reform(sentence, lambda word: word.form.lower()) for sentence in varied]
    elif draw < LOWERED + RAISED:
        varied = [_reform(sentence, lambda word: word.form.upper()) for sentence in varied]
    return tuple(varied)


def curl(word: Word, chance: random.Random) -> str:
    """Set a word as a newspaper would: curly quotes, real dashes, the ellipsis as one sign."""
    if word.form in {'"', "``", "''"}:
        return "“" if word.xpos == "``" else "”"
    if word.form == "'":
        return "‘" if word.xpos == "``" else "’"
    if word.form == "--" or (word.form == "-" and word.xpos in {":", ","}):
        return chance.choice("–—")
    if word.form == "...":
        return chance.choice(("…", "..."))
    return word.form.replace("'", "’")


def cut_in(sentence: Sentence, chance: random.Random) -> Sentence:
    """Begin a sentence in its middle, where what is left is still one tree and no name is cut."""
    words = sentence.words
    starts = []
    for start in range(1, len(words) - 2):
        orphans = [word for word in words[start:] if word.head < start]
        cut = any(name.start < start < name.end for name in sentence.names or ())
        if len(orphans) == 1 and not cut:
            starts.append(start)
    if not starts:
        return sentence
    start = chance.choice(starts)
    kept = tuple(
        replace(word, head=ROOT, deprel="root")
        if word.head < start
        else replace(word, head=word.head - start)
        for word in words[start:]
    )
    names = sentence.names
    if names is not None:
        names = tuple(
            Name(name.start - start, name.end - start, name.label)
            for name in names
            if name.start >= start
        )
    return replace(sentence, words=kept, names=names)


def without_end(sentence: Sentence) -> Sentence:
    """Take the closing mark off a sentence, if it has one and nothing hangs on it."""
    last = len(sentence.words) - 1
    if last < 1 or sentence.words[last].upos != "PUNCT":
        return sentence
    if sentence.words[last].head == ROOT or any(word.head == last for word in sentence.words):
        return sentence
    return replace(sentence, words=sentence.words[:last])


def example(vocab: Vocab, sentences: Iterable[Sentence], *, parted: bool = True) -> Example:
    """Make a spaCy training example: the bare text, and the same text with all that is known."""
    reference = annotated_doc(vocab, sentences, parted=parted)
    words = [token.text for token in reference]
    spaces = [bool(token.whitespace_) for token in reference]
    return Example(Doc(vocab, words=words, spaces=spaces), reference)


def annotated_doc(vocab: Vocab, sentences: Iterable[Sentence], *, parted: bool = True) -> Doc:
    """Lay sentences end to end in a Doc with their annotation.

    Args:
        vocab: the pipeline's vocabulary.
        sentences: in order.
        parted: put an empty line before each paragraph but the first, as a token of its own that
            hangs on the word before it.
    """
    words: list[Word] = []
    starts: list[bool | int | None] = []
    entities: list[str | None] = []
    for sentence in sentences:
        if words and sentence.opens_paragraph and parted:
            last = len(words) - 1
            words[last] = replace(words[last], has_space=False)
            words.append(
                Word(
                    form=PARAGRAPH_BREAK,
                    lemma=PARAGRAPH_BREAK,
                    upos="SPACE",
                    xpos="_SP",
                    feats="",
                    head=last,
                    deprel="dep",
                    has_space=False,
                )
            )
            starts.append(False)
            entities.append("O")
        offset = len(words)
        for index, word in enumerate(sentence.words):
            head = offset + (index if word.head == ROOT else word.head)
            words.append(replace(word, head=head))
            starts.append(index == 0)
        entities.extend(_iob(sentence))
    return Doc(
        vocab,
        words=[word.form for word in words],
        spaces=[word.has_space for word in words],
        tags=[word.xpos for word in words],
        pos=[word.upos for word in words],
        morphs=[word.feats for word in words],
        lemmas=[word.lemma for word in words],
        heads=[word.head for word in words],
        deps=["ROOT" if word.deprel == "root" else word.deprel for word in words],
        sent_starts=starts,
        ents=entities,  # type: ignore[arg-type]  # None is unknown; the stub forgets it
    )


def _iob(sentence: Sentence) -> list[str | None]:
    if sentence.names is None:
        return [None] * len(sentence.words)
    tags: list[str | None] = ["O"] * len(sentence.words)
    for name in sentence.names:
        tags[name.start] = f"B-{name.label}"
        for index in range(name.start + 1, name.end):
            tags[index] = f"I-{name.label}"
    return tags


def _reform(sentence: Sentence, form: Callable[[Word], str]) -> Sentence:
    words = tuple(replace(word, form=form(word)) for word in sentence.words)
    return replace(sentence, words=words)
