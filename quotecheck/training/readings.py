"""What an expression of an annotated text is, and what else a reader could take it for.

Two measures of agreement stand here. `could_mean` is broad: it says what a reader might take the
expression for at all, and serves to refuse what is in doubt. `would_mean` is narrow: it says what
a reader has no reason not to take it for, if that is all there is to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from quotecheck.training.conllu import ROOT
from quotecheck.training.entities import read_entities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotecheck.training.conllu import Document, Word
    from quotecheck.training.entities import EntityLayer, EntityMention

PARAGRAPH_BREAK: Final = "\n\n"
SUBJECTS: Final = ("nsubj", "nsubj:pass")

# Things of one group can be taken for each other; "it" after a law reads badly of a lamp.
_GROUPS: Final = {
    "abstract": "matter",
    "event": "matter",
    "object": "thing",
    "substance": "thing",
    "plant": "thing",
    "organization": "organization",
    "place": "place",
    "person": "person",
    "animal": "animal",
    "time": "time",
}
_MEN: Final = frozenset(
    {"actor", "boy", "brother", "emperor", "father", "gentleman", "grandfather", "husband", "king"}
    | {"lord", "man", "mr", "mr.", "nephew", "prince", "sir", "son", "uncle"}
)
_WOMEN: Final = frozenset(
    {"actress", "aunt", "daughter", "empress", "girl", "grandmother", "lady", "mother", "mrs"}
    | {"mrs.", "ms", "ms.", "niece", "princess", "queen", "sister", "wife", "woman"}
)
_POINTERS: Final = frozenset({"this", "that", "these", "those", "such", "both"})
# "This paper" may be the one that the words stand in, "this country" the speaker's.
_AT_HAND: Final = frozenset(
    {"article", "book", "chapter", "city", "country", "court", "example", "guide", "house"}
    | {"nation", "page", "paper", "place", "project", "room", "section", "study", "table"}
    | {"video", "world"}
)
# What begins so picks nothing out that could be taken up as one thing.
_VAGUE: Final = frozenset(
    {"all", "another", "any", "each", "either", "every", "few", "less", "many", "more", "most"}
    | {"much", "neither", "no", "one", "other", "several", "some", "what", "whatever", "which"}
)


class Form(StrEnum):
    """How a mention says what it means."""

    PERSONAL = "pronoun"
    DEMONSTRATIVE = "demonstrative"
    NOMINAL = "nominal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A document as running text, with its entity layer.

    Attributes:
        text: paragraphs parted by an empty line, sentences by a space.
        starts: for each word the offset of its first character.
        ends: for each word the offset after its last character.
        chains: the mentions of each entity, those mentioned once included.
        by_sentence: the mentions of each sentence.
    """

    document: Document
    layer: EntityLayer
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    chains: dict[int, tuple[EntityMention, ...]]
    by_sentence: tuple[tuple[EntityMention, ...], ...]

    def spell(self, start: int, end: int) -> str:
        """Return the text of the words `start` to `end`, half-open."""
        return self.text[self.starts[start] : self.ends[end - 1]]

    def sentence(self, index: int) -> str:
        """Return the text of a sentence."""
        return self.spell(*self.layer.sentence_starts[index : index + 2])

    def words(self, mention: EntityMention) -> tuple[Word, ...]:
        """Return the words of a mention."""
        return self.layer.words[mention.start : mention.end]

    def head(self, mention: EntityMention) -> Word:
        """Return the head word of a mention."""
        return self.layer.words[mention.head]

    def first_lemma(self, mention: EntityMention) -> str:
        """Return the lemma of a mention's first word, in lower case."""
        return self.layer.words[mention.start].lemma.lower()

    def root(self, index: int) -> int:
        """Return the word that a sentence hangs on; its first one where none is marked."""
        start, end = self.layer.sentence_starts[index : index + 2]
        return next((i for i in range(start, end) if self.layer.words[i].head == ROOT), start)

    def children(self, index: int, head: int) -> Iterator[tuple[int, Word]]:
        """Give the words that hang on a word of a sentence, with their places."""
        start, end = self.layer.sentence_starts[index : index + 2]
        for place in range(start, end):
            if self.layer.words[place].head == head - start:
                yield place, self.layer.words[place]

    def subject(self, index: int) -> EntityMention | None:
        """Return the mention that is the subject of a sentence's main clause."""
        heads = {
            place for place, word in self.children(index, self.root(index)) if is_subject(word)
        }
        return next((m for m in self.by_sentence[index] if m.head in heads), None)


def is_subject(word: Word) -> bool:
    """Tell whether a word is the head of a subject."""
    return word.deprel in SUBJECTS


def annotate(document: Document) -> AnnotatedText:
    """Lay a document out as running text, and read its entity layer.

    Raises:
        InputError: the entity layer is broken.
    """
    layer = read_entities(document)
    text = ""
    starts: list[int] = []
    ends: list[int] = []
    for sentence in document.sentences:
        if text:
            text += PARAGRAPH_BREAK if sentence.opens_paragraph else " "
        for place, word in enumerate(sentence.words):
            starts.append(len(text))
            text += word.form
            ends.append(len(text))
            text += " " * (word.has_space and place < len(sentence.words) - 1)
    by_sentence: list[list[EntityMention]] = [[] for _ in document.sentences]
    for mention in layer.mentions:
        by_sentence[mention.sentence].append(mention)
    return AnnotatedText(
        document=document,
        layer=layer,
        text=text,
        starts=tuple(starts),
        ends=tuple(ends),
        chains=layer.chains(with_singletons=True),
        by_sentence=tuple(map(tuple, by_sentence)),
    )


def feature(word: Word, name: str) -> str:
    """Return a feature of a word; empty where it has none of that name."""
    values = (pair.partition("=") for pair in word.feats.split("|"))
    return next((value for key, _, value in values if key == name), "")


def form_of(text: AnnotatedText, mention: EntityMention) -> Form:
    """Say how a mention says what it means."""
    head = text.head(mention)
    if head.upos == "PRON":
        is_third = feature(head, "Person") == "3" and feature(head, "Reflex") != "Yes"
        is_definite = head.lemma.lower() in {
            "he",
            "she",
            "it",
            "they",
            "his",
            "her",
            "its",
            "their",
        }
        return Form.PERSONAL if is_third and is_definite else Form.OTHER
    if head.upos not in {"NOUN", "PROPN"}:
        return Form.OTHER
    first = text.words(mention)[0].form.lower()
    same = " ".join(word.form.lower() for word in text.words(mention)[:2]) == "the same"
    return Form.DEMONSTRATIVE if first in _POINTERS or same else Form.NOMINAL


def is_at_hand(text: AnnotatedText, mention: EntityMention) -> bool:
    """Tell whether a demonstrative can point to what the reader or the speaker has at hand."""
    return mention.kind == "time" or text.head(mention).lemma.lower() in _AT_HAND


def is_specific(text: AnnotatedText, mention: EntityMention) -> bool:
    """Tell whether a mention picks something out: not "nothing", "many people" or "trade"."""
    if text.first_lemma(mention) in _VAGUE:
        return False
    children = text.children(mention.sentence, mention.head)
    picks = {"det", "nmod:poss", "nummod"}
    has_pick = any(word.deprel in picks and place >= mention.start for place, word in children)
    return has_pick or text.head(mention).upos == "PROPN" or is_plural(text, mention)


def is_joined(text: AnnotatedText, mention: EntityMention) -> bool:
    """Tell whether a mention is of several things joined: "Ida and Ola"."""
    children = text.children(mention.sentence, mention.head)
    has_others = any(word.deprel == "conj" and place < mention.end for place, word in children)
    return has_others and any(word.lemma in {"and", "&"} for word in text.words(mention))


def is_plural(text: AnnotatedText, mention: EntityMention) -> bool:
    """Tell whether a mention takes "they"."""
    if feature(text.head(mention), "Number") in {"Plur", "Ptan"} or is_joined(text, mention):
        return True
    children = text.children(mention.sentence, mention.head)
    counts = [word for place, word in children if word.deprel == "nummod" and place < mention.end]
    return any(word.lemma.lower() not in {"one", "1"} for word in counts)


def genders(text: AnnotatedText, entity: int) -> set[str]:
    """Return the genders that the text gives an entity, by its pronouns, nouns and titles."""
    found = set()
    for mention in text.chains[entity]:
        words = [text.head(mention), text.words(mention)[0]]
        lemmas = {word.lemma.lower() for word in words}
        found |= {feature(words[0], "Gender")} & {"Masc", "Fem"}
        found |= {"Masc"} if lemmas & _MEN else set()
        found |= {"Fem"} if lemmas & _WOMEN else set()
    return found


def lemmas_of(text: AnnotatedText, entity: int) -> set[str]:
    """Return the head lemmas of the nouns and names that an entity is mentioned by."""
    return {
        text.head(mention).lemma.lower()
        for mention in text.chains[entity]
        if text.head(mention).upos in {"NOUN", "PROPN"}
    }


def names_of(text: AnnotatedText, entity: int) -> set[str]:
    """Return the words of the names in the mentions of an entity."""
    return {
        word.form
        for mention in text.chains[entity]
        for word in text.words(mention)
        if word.upos == "PROPN"
    }


def are_linked(text: AnnotatedText, one: int, other: int) -> bool:
    """Tell whether one of two entities is a part of the other, or understood by way of it."""
    links = (*text.layer.splits, *text.layer.bridges)
    return any({link.antecedent, link.entity} == {one, other} for link in links)


def could_mean(text: AnnotatedText, expression: EntityMention, other: EntityMention) -> bool:
    """Say whether a reader might take an expression for what another mention means."""
    head = text.head(expression)
    if form_of(text, expression) is not Form.PERSONAL:
        same_group = _GROUPS.get(other.kind) == _GROUPS.get(expression.kind)
        return same_group and is_plural(text, expression) == is_plural(text, other)
    if feature(head, "Number") == "Plur":
        # A firm, a country or a child unnamed are "they" as well.
        return is_plural(text, other) or other.kind in {"organization", "place", "person"}
    if is_plural(text, other):
        return False
    gender = feature(head, "Gender")
    if gender == "Neut":
        return other.kind != "person"
    given = genders(text, other.entity)
    return other.kind in {"person", "animal"} and (not given or gender in given)


def would_mean(text: AnnotatedText, expression: EntityMention, other: EntityMention) -> bool:
    """Say whether nothing keeps a reader from taking an expression for what a mention means.

    It agrees in number, in gender, and in the kind of thing; what a demonstrative calls the thing,
    the other mention calls it as well.
    """
    if form_of(text, other) is not Form.NOMINAL or not is_specific(text, other):
        return False
    if is_plural(text, expression) != is_plural(text, other):
        return False
    if form_of(text, expression) is Form.DEMONSTRATIVE:
        same_noun = text.head(expression).lemma == text.head(other).lemma
        return same_noun and other.kind == expression.kind
    if _GROUPS.get(other.kind) != _GROUPS.get(expression.kind) or other.kind == "time":
        return False
    if feature(text.head(expression), "Gender") in {"Masc", "Fem"}:
        return genders(text, other.entity) == {feature(text.head(expression), "Gender")}
    return True
