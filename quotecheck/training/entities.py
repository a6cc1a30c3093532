"""The entity layer of GUM: who and what a document mentions, and which mentions are one thing.

    document ─► brackets in the last column ─► mentions ─► chains, and links between chains

A bracket opens with `group-type-status-salience-centering-minimal-link-identity` and closes with
its group; of OntoGUM's brackets there is the group alone. Places are words counted through the
whole document, so that a mention stands by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from quotecheck.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotecheck.training.conllu import Document, Sentence, Word

# Hyphens after the sixth belong to the identity, a title of Wikipedia: "Saint-Denis".
_HYPHENS: Final = 6
_MARK: Final = re.compile(r"\((?P<opened>[^()]+)(?P<at_once>\)?)|(?P<closed>[^()]+)\)")


@dataclass(frozen=True, slots=True)
class EntityMention:
    """One mention, over words `start` to `end` of its document, half-open.

    Attributes:
        head: the word that the others of the mention hang on.
        sentence: index of its sentence.
        entity: what is mentioned; the same number in the whole document.
        kind: "person", "place", "organization", "object", …; empty in OntoGUM, like what follows.
        status: of information: "new", "giv:act", "giv:inact", "acc:inf", "acc:com", "acc:aggr".
        minimal: the words that a shorter span would have to hold.
        link: how it takes up a mention before it: "ana", "cata", "appos", "pred", "disc", "coref";
            "sgl" for an entity that is mentioned once.
        identity: title of the Wikipedia article about it; empty for most.
    """

    start: int
    end: int
    head: int
    sentence: int
    entity: int
    kind: str = ""
    status: str = ""
    minimal: tuple[int, ...] = ()
    link: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class EntityLink:
    """A link from the entity whose mention starts at `word` back to another entity.

    Split antecedents: `antecedent` is one of the things that `entity` is made of. Bridging:
    `entity` is understood by way of `antecedent`, as a roof is by way of its house.
    """

    antecedent: int
    entity: int
    word: int


@dataclass(frozen=True, slots=True)
class EntityLayer:
    """The entity layer of one document.

    Attributes:
        sentence_starts: for each sentence its first word; one more for the end of the document.
        words: all words of the document, with heads in their sentences.
        mentions: by their start, the longer one first.
        splits: links from a plural to each of its parts.
        bridges: bridging links.
    """

    sentence_starts: tuple[int, ...]
    words: tuple[Word, ...]
    mentions: tuple[EntityMention, ...]
    splits: tuple[EntityLink, ...]
    bridges: tuple[EntityLink, ...]

    def chains(self, *, with_singletons: bool = False) -> dict[int, tuple[EntityMention, ...]]:
        """Return the mentions of each entity; without `with_singletons`, of two mentions or more.

        Entities stand in the order of their first mentions.
        """
        found: dict[int, list[EntityMention]] = {}
        for mention in self.mentions:
            found.setdefault(mention.entity, []).append(mention)
        return {
            entity: tuple(mentions)
            for entity, mentions in found.items()
            if with_singletons or len(mentions) > 1
        }


def read_entities(document: Document) -> EntityLayer:
    """Read the entity layer of a document from the last column of its words.

    Raises:
        InputError: a bracket opens or closes alone, or a mark is not one of this layer.
    """
    starts = (0, *accumulate(len(sentence.words) for sentence in document.sentences))
    mentions: list[EntityMention] = []
    splits: list[EntityLink] = []
    bridges: list[EntityLink] = []
    for index, sentence in enumerate(document.sentences):
        mentions += _mentions(sentence, index, starts[index])
        for place, word in enumerate(sentence.words, starts[index]):
            splits += _links(sentence, word, "SplitAnte=", place)
            bridges += _links(sentence, word, "Bridge=", place)
    return EntityLayer(
        sentence_starts=starts,
        words=tuple(word for sentence in document.sentences for word in sentence.words),
        mentions=tuple(sorted(mentions, key=lambda m: (m.start, -m.end))),
        splits=tuple(splits),
        bridges=tuple(bridges),
    )


@dataclass(frozen=True, slots=True)
class _Bracket:
    """An opened bracket: its fields, and the word of the sentence that it opens before."""

    fields: tuple[str, ...]
    start: int


def _mentions(sentence: Sentence, index: int, offset: int) -> Iterator[EntityMention]:
    """Read the brackets of a sentence; of two open ones of a group, the later closes first."""
    opened: list[_Bracket] = []
    for place, word in enumerate(sentence.words):
        for mark in _MARK.finditer(_value(word, "Entity=")):
            if mark["opened"]:
                fields = mark["opened"].split("-", _HYPHENS)
                # The link and the identity are one field so far, for the identity may be absent.
                link, _, identity = fields.pop().partition("-") if len(fields) > 1 else ("", "", "")
                bracket = _Bracket((*fields, link, identity), place)
                if mark["at_once"]:
                    yield _mention(sentence, bracket, place + 1, index, offset)
                else:
                    opened.append(bracket)
                continue
            for bracket in reversed(opened):
                if bracket.fields[0] == mark["closed"]:
                    opened.remove(bracket)
                    yield _mention(sentence, bracket, place + 1, index, offset)
                    break
            else:
                raise InputError(f"{_place(sentence)}: entity {mark['closed']} closes unopened.")
    if opened:
        raise InputError(f"{_place(sentence)}: entity {opened[0].fields[0]} is never closed.")


def _mention(
    sentence: Sentence, bracket: _Bracket, end: int, index: int, offset: int
) -> EntityMention:
    group, *rest, link, identity = bracket.fields
    kind, status, _, _, minimal = rest if len(rest) == _HYPHENS - 1 else ("",) * (_HYPHENS - 1)
    shortest = [bracket.start + _number(sentence, n) - 1 for n in minimal.split(",") if n]
    inside = range(bracket.start, end)
    tops = [i for i in inside if sentence.words[i].head not in inside]
    head = next((i for i in tops if i in shortest), tops[0] if tops else bracket.start)
    return EntityMention(
        start=offset + bracket.start,
        end=offset + end,
        head=offset + head,
        sentence=index,
        entity=_number(sentence, group),
        kind=kind,
        status=status,
        minimal=tuple(offset + i for i in shortest),
        link=link,
        identity=identity,
    )


def _links(sentence: Sentence, word: Word, name: str, place: int) -> Iterator[EntityLink]:
    """Read links as they stand: `7<12,9<12` is entity 12 with the antecedents 7 and 9."""
    for pair in filter(None, _value(word, name).split(",")):
        antecedent, _, entity = pair.partition("<")
        yield EntityLink(_number(sentence, antecedent), _number(sentence, entity), place)


def _value(word: Word, name: str) -> str:
    return next((v.removeprefix(name) for v in word.misc.split("|") if v.startswith(name)), "")


def _number(sentence: Sentence, text: str) -> int:
    if not text.isdecimal():
        raise InputError(f"{_place(sentence)}: {text!r} stands where a number should.")
    return int(text)


def _place(sentence: Sentence) -> str:
    return f"Sentence {sentence.sent_id}"
