"""A link from an expression to what it takes up, and what two need to be the same."""

from __future__ import annotations

from dataclasses import dataclass

from quotecheck.mentions import Animacy, Gender, NounPhrase, Number


@dataclass(frozen=True, slots=True)
class Link:
    """What one expression takes up: one antecedent, or several for a plural that joins them.

    `confidence` in [0, 1] says how likely it is.
    """

    antecedents: tuple[int, ...]
    confidence: float


def are_contrasted(one: NounPhrase, other: NounPhrase) -> bool:
    """Say whether adjectives set two groups against each other: the newer firms, the older ones."""
    return bool(one.qualities and other.qualities) and not one.qualities & other.qualities


def are_same_name(one: NounPhrase, other: NounPhrase) -> bool:
    """Say whether two names can be the same one's: a surname, a shorter form, an acronym."""
    if not one.names or not other.names:
        return False
    if one.name_type and other.name_type and one.name_type != other.name_type:
        return False
    if Gender.EITHER not in {one.gender, other.gender} and one.gender is not other.gender:
        return False
    if one.names <= other.names or other.names <= one.names:
        return True
    return _is_acronym(one, other) or _is_acronym(other, one)


def _is_acronym(short: NounPhrase, long: NounPhrase) -> bool:
    if len(short.names) != 1 or len(long.names) < 2:  # noqa: PLR2004  # one letter abbreviates nothing
        return False
    letters = next(iter(short.names)).replace(".", "")
    return len(letters) == len(long.names) and sorted(letters) == sorted(
        name[0] for name in long.names
    )


def agree(phrase: NounPhrase, other: NounPhrase) -> bool:
    """Say whether number, animacy and gender let two expressions be the same."""
    if Number.EITHER not in {phrase.number, other.number} and phrase.number is not other.number:
        is_pair = phrase.number is Number.PLURAL and bool(other.conjuncts)
        if not is_pair:
            return False
    if not agree_in_animacy(phrase, other):
        return False
    return Gender.EITHER in {phrase.gender, other.gender} or phrase.gender is other.gender


def agree_in_animacy(one: NounPhrase, other: NounPhrase) -> bool:
    """Say whether neither is a person and the other a thing; words that do not tell are both."""
    return Animacy.EITHER in {one.animacy, other.animacy} or one.animacy is other.animacy


def is_part(one: NounPhrase, other: NounPhrase) -> bool:
    """Say whether one stands inside the other."""
    return one.start <= other.root < one.end or other.start <= one.root < other.end
