"""The cuts: what of a text is kept before an expression, and what the passage makes of it then.

    expression ─► an earlier sentence, about another thing or about the same ─► draft of a case

The nearest sentence that fits is kept; one at least lies between, for the ellipsis to stand for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from quotecheck.cases import FAITHFUL
from quotecheck.records import FindingType
from quotecheck.training.expressions import (
    NEAR_START,
    find_antecedent,
    is_quotable,
    is_settled,
    leans,
)
from quotecheck.training.readings import (
    AnnotatedText,
    Form,
    are_linked,
    could_mean,
    form_of,
    is_joined,
    is_plural,
    is_specific,
    is_subject,
    lemmas_of,
    names_of,
    would_mean,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from quotecheck.training.conllu import Word
    from quotecheck.training.entities import EntityMention

# Chosen by looking at what was made from GUM's training part, not tuned by a score.
FARTHEST: Final = 20  # sentences from the expression back to the one that is kept
LEAST_REST: Final = 3  # words inside the quotation marks of a frame

_TELLING: Final = frozenset({"ADJ", "NOUN", "PROPN", "NUM", "VERB"})
_LASTING: Final = frozenset({"person", "organization", "place", "animal", "object"})
_PAIRS: Final = frozenset({"both", "either", "neither"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a case is, before it has an id and a place.

    Attributes:
        sentence: the one with the expression.
        kept: the earlier one that is kept before it, in the quoter's own words if `form` is
            "framed"; None where the sentence stands alone.
    """

    label: str
    form: str
    sentence: int
    kept: int | None = None
    expression: EntityMention | None = None
    mention_kind: str = "none"
    referent_in_source: str | None = None
    referent_in_passage: str | None = None


def leave_alone(text: AnnotatedText, expression: EntityMention) -> Draft:
    """Keep nothing before the sentence."""
    return _draft(text, expression, FindingType.REFERENT_MISSING, "orphan")


def cut_to_another(text: AnnotatedText, expression: EntityMention) -> list[Draft]:
    """Cut from the nearest sentence about another thing to the expression, if there is one."""
    for kept in _earlier(text, expression.sentence):
        is_swallowed = any(
            kept < mention.sentence < expression.sentence
            for mention in text.chains[expression.entity]
        )
        rivals = (m for m in _rivals(text, expression, kept) if _replaces(text, expression, m))
        rival = next(rivals, None)
        if rival and is_swallowed:
            return [_draft(text, expression, FindingType.REFERENT_CHANGED, "elided", rival)]
    return []


def _rivals(text: AnnotatedText, expression: EntityMention, kept: int) -> list[EntityMention]:
    """Return what an earlier sentence offers: its subject; or what bears a demonstrative's noun.

    People, places and firms are taken up wherever they stand, if nothing else could be meant.
    """
    mentions = [m for m in text.by_sentence[kept] if not _is_bracketed(text, m)]
    if form_of(text, expression) is Form.DEMONSTRATIVE:
        return [mention for mention in mentions if _tells_apart(text, expression, mention)]
    subject = text.subject(kept)
    beside = [m for m in mentions if m.kind in _LASTING and not _is_inside(m, mentions)]
    return [subject, *beside] if subject else beside


def _is_bracketed(text: AnnotatedText, mention: EntityMention) -> bool:
    """Tell whether a mention stands in brackets."""
    start = text.layer.sentence_starts[mention.sentence]
    before = [word.form for word in text.layer.words[start : mention.start]]
    return before.count("(") > before.count(")")


def _tells_apart(text: AnnotatedText, expression: EntityMention, rival: EntityMention) -> bool:
    """Tell whether a rival says what a demonstrative says, and what is never said of the true one.

    Two things of one name are hard to tell apart even for those who annotate.
    """
    told = _telling(text, rival)
    is_other = bool(
        told - {lemma for m in text.chains[expression.entity] for lemma in _telling(text, m)}
    )
    return (
        is_other and _telling(text, expression) <= told and text.first_lemma(expression) != "such"
    )


def _telling(text: AnnotatedText, mention: EntityMention) -> set[str]:
    """Return the lemmas of the words in a mention that say what it is."""
    return {
        word.lemma.lower()
        for word in text.words(mention)
        if word.upos in _TELLING and word.lemma.lower() != "same"
    }


def _earlier(text: AnnotatedText, index: int) -> Iterator[int]:
    """Give the sentences that could be kept before one, the nearest first, one at least between."""
    for kept in range(index - 2, max(index - FARTHEST, 0) - 1, -1):
        if is_quotable(text, kept) and not text.sentence(kept).endswith("?"):
            yield kept


def _replaces(text: AnnotatedText, expression: EntityMention, rival: EntityMention) -> bool:
    """Tell whether a reader would take the expression for the subject of an earlier sentence.

    Not if that sentence names the true thing, by its annotation or by a name that both share, or
    names two others that could be meant; and not if the rival is met again beside the expression,
    or is a part of the true thing.

    The expression's own sentence may hold others that the cut robs as well.
    """
    kept = text.by_sentence[rival.sentence]
    own = text.by_sentence[expression.sentence]
    true = expression.entity
    kept_words = {word.form for word in _words(text, rival)}
    own_lemmas = {word.lemma.lower() for word in _words(text, expression)}
    true_lemmas = {lemma for mention in text.chains[true] for lemma in _telling(text, mention)}
    is_pronoun = form_of(text, expression) is Form.PERSONAL
    shared = lemmas_of(text, rival.entity) & (true_lemmas | own_lemmas)
    antecedent = find_antecedent(text, expression)
    return (
        would_mean(text, expression, rival)
        and antecedent is not None
        and is_plural(text, antecedent) == is_plural(text, expression)
        and all(mention.entity != true for mention in kept)
        and all(mention.entity != rival.entity for mention in own)
        and not kept_words & names_of(text, true)
        and not (is_pronoun and shared)
        and not any(are_linked(text, mention.entity, true) for mention in kept)
        and not _others(text, expression, rival)
        and is_settled(text, [rival.sentence], expression)
    )


def _words(text: AnnotatedText, mention: EntityMention) -> tuple[Word, ...]:
    """Return the words of a mention's sentence."""
    return text.document.sentences[mention.sentence].words


def _others(text: AnnotatedText, expression: EntityMention, chosen: EntityMention) -> bool:
    """Tell whether the kept sentence names something else that the expression could well mean.

    What stands inside the chosen mention, or inside another one, gives way to the larger.
    """
    kept = text.by_sentence[chosen.sentence]
    for other in kept:
        is_inside = _is_inside(other, kept)
        is_other = other.entity not in {chosen.entity, expression.entity}
        is_person = expression.kind == "person" and other.kind == "person"
        if is_other and (
            (not is_inside and would_mean(text, expression, other))
            or (is_person and could_mean(text, expression, other))
        ):
            return True
    return False


def _is_inside(mention: EntityMention, others: Iterable[EntityMention]) -> bool:
    """Tell whether a mention is a part of a longer one, of another thing."""
    return any(
        outer.start <= mention.start and mention.end <= outer.end and outer.entity != mention.entity
        for outer in others
    )


def cut_to_same(text: AnnotatedText, expression: EntityMention) -> list[Draft]:
    """Cut from the nearest sentence that names the true thing, and nothing else it could mean."""
    if leans(text, expression.sentence):
        return []
    for kept in _earlier(text, expression.sentence):
        mentions = [m for m in text.by_sentence[kept] if m.entity == expression.entity]
        named = mentions[0] if mentions and _names(text, expression, mentions[0]) else None
        passage = [kept, expression.sentence]
        if named and not _others(text, expression, named) and is_settled(text, passage, expression):
            return [_draft(text, expression, FAITHFUL, "elided", named)]
    return []


def _names(text: AnnotatedText, expression: EntityMention, mention: EntityMention) -> bool:
    """Tell whether a mention says by itself what the expression means."""
    is_name = text.head(mention).upos == "PROPN"
    return (
        form_of(text, mention) is Form.NOMINAL
        and mention.link != "pred"
        and (is_name or not mention.status.startswith("giv"))
        and is_specific(text, mention)
        and is_plural(text, mention) == is_plural(text, expression)
    )


def frame(text: AnnotatedText, draft: Draft) -> Iterator[Draft]:
    """Take the expression out of the quotation marks, where it opens its sentence as subject."""
    expression = draft.expression
    start, end = text.layer.sentence_starts[draft.sentence : draft.sentence + 2]
    if expression is None or expression.start != start or end - expression.end <= LEAST_REST:
        return
    last, after = text.layer.words[expression.end - 1 : expression.end + 1]
    if is_subject(text.head(expression)) and last.has_space and after.form.isalpha():
        yield replace(draft, form="framed")


def cut_parts(text: AnnotatedText) -> Iterator[Draft]:
    """Cut from a sentence that names some, or all, of what an expression is made of."""
    parts: dict[int, list[int]] = {}
    for link in text.layer.splits:
        parts.setdefault(link.entity, []).append(link.antecedent)
    for entity, made_of in parts.items():
        for expression in text.chains.get(entity, ())[:1]:
            if len(made_of) > 1 and _is_split(text, expression, made_of):
                yield from _split(text, expression, made_of)


def _is_split(text: AnnotatedText, expression: EntityMention, parts: Sequence[int]) -> bool:
    """Tell whether an expression takes several things up together, which its sentence names not."""
    first, *more = (word.form.lower() for word in text.words(expression))
    is_pair = first in _PAIRS or (first == "the" and more[:1] in (["two"], ["three"]))
    is_pointing = form_of(text, expression) in {Form.PERSONAL, Form.DEMONSTRATIVE}
    is_near = expression.start - text.layer.sentence_starts[expression.sentence] <= NEAR_START
    own = {mention.entity for mention in text.by_sentence[expression.sentence]}
    return (
        (is_pair or is_pointing)
        and is_near
        and not own & set(parts)
        and not is_joined(text, expression)
        and is_quotable(text, expression.sentence)
        and all(_first_named(text, part, expression.sentence) for part in parts)
    )


def _first_named(text: AnnotatedText, entity: int, before: int) -> EntityMention | None:
    """Return the first mention of an entity by noun or name that stands before a sentence."""
    return next(
        (
            mention
            for mention in text.chains.get(entity, ())
            if mention.sentence < before and form_of(text, mention) is Form.NOMINAL
        ),
        None,
    )


def _split(text: AnnotatedText, expression: EntityMention, parts: Sequence[int]) -> Iterator[Draft]:
    """Cut from the nearest sentence that names some of the parts, and from one that names all."""
    firsts = [_first_named(text, part, expression.sentence) for part in parts]
    source = " + ".join(text.spell(m.start, m.end) for m in firsts if m)
    done: set[str] = set()
    for kept in _earlier(text, expression.sentence):
        named: dict[int, EntityMention] = {}
        for mention in text.by_sentence[kept]:
            if mention.entity in parts and form_of(text, mention) is Form.NOMINAL:
                named.setdefault(mention.entity, mention)
        label = FAITHFUL if named.keys() == set(parts) else FindingType.REFERENT_CHANGED
        is_clear = not any(
            mention.entity not in named
            and (
                mention.entity in {expression.entity, *parts}
                or would_mean(text, expression, mention)
            )
            for mention in text.by_sentence[kept]
        )
        is_free = is_settled(text, [kept, expression.sentence], expression)
        if named and is_clear and is_free and label not in done:
            done.add(label)
            yield Draft(
                label=label,
                form="split",
                sentence=expression.sentence,
                kept=kept,
                expression=expression,
                mention_kind="split",
                referent_in_source=source,
                referent_in_passage=" + ".join(text.spell(m.start, m.end) for m in named.values()),
            )


def _draft(
    text: AnnotatedText,
    expression: EntityMention,
    label: str,
    form: str,
    kept: EntityMention | None = None,
) -> Draft:
    return Draft(
        label=label,
        form=form,
        sentence=expression.sentence,
        kept=kept.sentence if kept else None,
        expression=expression,
        mention_kind=form_of(text, expression).value,
        referent_in_source=_spell(text, find_antecedent(text, expression)),
        referent_in_passage=_spell(text, kept),
    )


def _spell(text: AnnotatedText, mention: EntityMention | None) -> str | None:
    return text.spell(mention.start, mention.end) if mention else None
