"""Which expressions of a text a cut can rob of what they mean, and which sentences can be quoted.

Everything here is read from the annotation, and refuses what a careful reader could object to.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

from quotecheck.training.readings import (
    AnnotatedText,
    Form,
    could_mean,
    feature,
    form_of,
    is_at_hand,
    is_subject,
    lemmas_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from quotecheck.training.conllu import Word
    from quotecheck.training.entities import EntityMention

# Chosen by looking at what was made from GUM's training part, not tuned by a score.
NEAR_START: Final = 6  # words before the expression
SHORTEST: Final = 5  # words of a sentence
LONGEST: Final = 50

# These are signs of a cut or of the quoter already, or hide where the quotation ends.
_UNQUOTABLE: Final = re.compile(
    r"[“”„«»‹›…\[\]\n]|\.\.\.|--|``|''|\w- |\b(?:uh|um|er)\b", re.IGNORECASE
)
# "It" is cold, late or far without anything being meant.
_IMPERSONAL: Final = frozenset({"distance", "temperature", "weather"})
_ENDED: Final = re.compile(r"[.!?]\)?$")
# A sentence that opens so leans on what stood before it, whatever its expressions mean.
_LEANING: Final = frozenset(
    {"also", "although", "and", "but", "consequently", "furthermore", "hence", "however"}
    | {"instead", "likewise", "moreover", "nevertheless", "nonetheless", "or", "otherwise", "so"}
    | {"still", "then", "therefore", "thus", "too", "yet"}
)
_LEANING_PAIRS: Final = frozenset(
    {"as a", "for example", "for instance", "in addition", "in brief", "in contrast"}
    | {"in fact", "in general", "in other", "in particular", "in short", "of course"}
)
_POINTING: Final = frozenset(
    {"above", "again", "ago", "another", "both", "different", "each", "earlier", "else", "former"}
    | {"here", "later", "latter", "now", "other", "same", "second", "similar", "similarly"}
    | {"since", "such", "there", "third", "today", "tomorrow", "yesterday"}
)


def find_expressions(text: AnnotatedText) -> Iterator[EntityMention]:
    """Give the expressions that a cut can rob of what they mean, one of a sentence at the most."""
    for index, mentions in enumerate(text.by_sentence):
        if is_quotable(text, index):
            fit = (m for m in mentions if _takes_up(text, m) and _stands_alone(text, m))
            yield from itertools.islice(fit, 1)


def _takes_up(text: AnnotatedText, mention: EntityMention) -> bool:
    """Tell whether a mention takes up something named before, near the start of its sentence."""
    form = form_of(text, mention)
    start = text.layer.sentence_starts[mention.sentence]
    is_usual = mention.status.startswith("giv") and mention.link in {"ana", "coref"}
    is_short = form is Form.PERSONAL or not any(
        word.deprel in {"acl:relcl", "conj", "acl", "advcl:relcl"} and place < mention.end
        for place, word in text.children(mention.sentence, mention.head)
    )
    return (
        form in {Form.PERSONAL, Form.DEMONSTRATIVE}
        and is_usual
        and is_short
        and mention.start - start <= NEAR_START
        and mention.kind != "time"
        and not _IMPERSONAL & lemmas_of(text, mention.entity)
        and not (form is Form.DEMONSTRATIVE and is_at_hand(text, mention))
        and text.layer.words[mention.end - 1 : mention.end + 1][-1].form != ":"
        and not any(link.entity == mention.entity for link in text.layer.splits)
        and find_antecedent(text, mention) is not None
    )


def find_antecedent(text: AnnotatedText, expression: EntityMention) -> EntityMention | None:
    """Return what names the thing before the sentence: the last name, or the last noun.

    What is said of a thing ("a pilot", after "is") names it only if nothing else does.
    """
    before = [
        mention
        for mention in text.chains[expression.entity]
        if mention.sentence < expression.sentence and form_of(text, mention) is Form.NOMINAL
    ]
    named = [mention for mention in before if mention.link not in {"pred", "appos"}]
    names = [mention for mention in named if text.head(mention).upos == "PROPN"]
    return max(names or named or before, key=lambda mention: mention.start, default=None)


def _stands_alone(text: AnnotatedText, expression: EntityMention) -> bool:
    """Tell whether the sentence itself gives a reader nothing to take the expression for.

    A name or a noun for the same thing gives it away, before the expression or after it; another
    thing that it could mean stands in the way if it comes before, or is the sentence's subject.
    """
    subject = text.subject(expression.sentence)
    for other in text.by_sentence[expression.sentence]:
        if other.start <= expression.start and other.end >= expression.end:
            continue
        if other.entity == expression.entity:
            if form_of(text, other) not in {Form.PERSONAL, Form.OTHER}:
                return False
            continue
        is_before = other.start < expression.start or other == subject
        if is_before and could_mean(text, expression, other):
            return False
    return True


def find_wholes(text: AnnotatedText) -> Iterator[int]:
    """Give the sentences in which everything is new and nothing points back."""
    for index, mentions in enumerate(text.by_sentence):
        is_new = all(mention.status in {"new", "acc:com"} for mention in mentions)
        has_pointer = any(_is_pointer(word) for word in text.document.sentences[index].words)
        is_bare = any(_is_bare(text, mention) for mention in mentions)
        is_whole = bool(mentions) and is_new and not has_pointer and not is_bare
        is_told = is_quotable(text, index) and not text.sentence(index).endswith("?")
        if is_whole and is_told and not leans(text, index):
            yield index


def _is_pointer(word: Word) -> bool:
    """Tell whether a word leads out of its sentence."""
    form = word.form.lower()
    return (
        word.upos == "PRON"
        or feature(word, "PronType") == "Dem"
        or feature(word, "Degree") == "Cmp"
        or form in _POINTING
        or (word.upos == "ADV" and form in _LEANING)
    )


def _is_bare(text: AnnotatedText, mention: EntityMention) -> bool:
    """Tell whether a mention is a definite noun that does not say which one: "the family"."""
    after = text.children(mention.sentence, mention.head)
    is_told = any(mention.head < place < mention.end for place, _ in after)
    return text.first_lemma(mention) == "the" and text.head(mention).upos == "NOUN" and not is_told


def is_quotable(text: AnnotatedText, index: int) -> bool:
    """Tell whether a sentence is whole, and has no marks that a quotation would trip over."""
    start, end = text.layer.sentence_starts[index : index + 2]
    sentence = text.sentence(index)
    root = text.root(index)
    children = [word for _, word in text.children(index, root)]
    verbs = [text.layer.words[root], *children]
    return (
        SHORTEST <= end - start <= LONGEST
        and (sentence[0].isupper() or sentence[0].isdigit())
        and _ENDED.search(sentence) is not None
        and _UNQUOTABLE.search(sentence) is None
        and sentence.count('"') % 2 == 0
        and any(is_subject(word) for word in children)
        and not any(word.deprel == "mark" for word in children)
        and any(feature(word, "VerbForm") == "Fin" for word in verbs)
    )


def is_settled(text: AnnotatedText, sentences: Iterable[int], expression: EntityMention) -> bool:
    """Tell whether every other expression of some sentences finds in them what it takes up."""
    named = {expression.entity}
    for mention in itertools.chain(*(text.by_sentence[index] for index in sentences)):
        if form_of(text, mention) is Form.NOMINAL:
            named.add(mention.entity)
        elif _points(text, mention) and mention.entity not in named:
            return False
    return True


def _points(text: AnnotatedText, mention: EntityMention) -> bool:
    """Tell whether a mention that is no noun of its own means what something else names.

    Pronouns, demonstratives, and what is left when the noun is: "the last two".
    """
    head = text.head(mention)
    is_left = head.upos in {"ADJ", "DET", "NUM"} and mention.status.startswith("giv")
    is_pointing = form_of(text, mention) in {Form.PERSONAL, Form.DEMONSTRATIVE}
    return is_pointing or is_left or feature(head, "PronType") == "Dem"


def leans(text: AnnotatedText, index: int) -> bool:
    """Tell whether a sentence opens by leaning on the one before it."""
    start = text.layer.sentence_starts[index]
    opening = [word.form.lower() for word in text.layer.words[start : start + 2]]
    return " ".join(opening) in _LEANING_PAIRS or any(form in _LEANING for form in opening)
