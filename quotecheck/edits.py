"""What an edit changes: the words of the source against those of the quotation.

A lost “not” is worth more than a changed adjective, and that more than a comma. Words are read as a
reader takes them: contractions written out, numbers by their value, titles and signs by their name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from quotecheck.forms import (
    _TOKEN,
    CONJUNCTIONS,
    FUNCTION_WORDS,
    MODALS,
    NEGATIONS,
    NUMBER,
    POSSIBLE,
    PREPOSITIONS,
    PRONOUNS,
    QUESTIONS,
    SIGNS,
    SOFT,
    UNCERTAIN_CLITICS,
    _expand,
    is_same_word,
    read_words,
    word_set,
)
from quotecheck.normalize import fold
from quotecheck.records import Edit, EditKind, Finding, FindingType, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from quotecheck.records import Span

Weight: TypeAlias = tuple[FindingType, Severity, float]


# Words left out without a mark, from which on they are an elision rather than a slip of the pen.
ELISION_WORDS: Final = 3
# In a longer gap, single words do not tell what it governed.
SLIP_WORDS: Final = 8
# Characters beside an edit that tell what it restricts.
BESIDE: Final = 40

# What turns round the word that it stands before, and what makes it less than sure.
DENIALS: Final = word_set(
    "fail fails failed failing refuse refuses refused refusing decline declines declined declining"
    " deny denies denied denying unlikely anti doubt doubts doubted"
)
PRIVATIVES: Final = word_set(
    "former ex alleged so-called fake would-be potential attempted attempt attempts tried tries"
    " supposed claimed claims planned plans proposed proposes suspected purported possible expected"
    " hoped hopes intended intends threatened reported unconfirmed pseudo mock hypothetical"
)
_HEDGES: Final = word_set(
    "perhaps possibly probably likely allegedly reportedly apparently seemingly appears appear"
    " appeared seems seem seemed suggests suggest suggested potentially presumably supposedly"
)
_CONDITIONS: Final = word_set("if unless provided providing whether")
_EXCEPTIONS: Final = word_set("except excepting besides excluding only")
_QUANTIFIERS: Final = word_set(
    "all every each most many much some few several any both half none always often sometimes"
    " rarely usually nearly almost more less fewer"
)
# “both A and B”, “much larger”, “each of them”: little is lost with these alone.
_LIGHT_QUANTIFIERS: Final = word_set("both any much each more")
_BOUNDS: Final = word_set("over under below above more less fewer than at least most up to")
OPERATORS: Final = (
    NEGATIONS | DENIALS | PRIVATIVES | MODALS | _HEDGES | _CONDITIONS | _EXCEPTIONS | _QUANTIFIERS
)
_LY_ADJECTIVES: Final = word_set(
    "family early daily weekly monthly yearly elderly friendly deadly costly lonely ugly holy only"
    " likely orderly unruly hourly quarterly scholarly july italy supply assembly monopoly"
)
_CHANGED_WAYS: Final = frozenset(["by", "against", "over", "under", "before", "after", "from"])
_PRESENT, _PAST = word_set("is are am"), word_set("was were")
_FILLER: Final = re.compile(
    r"(?:\b(?:you know|i mean|sort of|kind of|um+|uh+|erm?|ah|oh|like)\b|\W)+"
)
_CALENDAR: Final = word_set(
    "january february march april month:may june july august september october november december"
    " monday tuesday wednesday thursday friday saturday sunday"
)


# What is said of words that are gone; where others stand in their place, they were altered.
_DROPPED: Final = frozenset(
    {FindingType.HEDGE_DROPPED, FindingType.CONDITION_DROPPED, FindingType.EXCEPTION_DROPPED}
)
# Words that only look like another's opposite.
_NO_OPPOSITES: Final = word_set(
    "indeed inside impress income inform discover display impose inland instill import dispose"
    " discharge disease distract discount intend invent inset invest innate impart distress"
)
_OPPOSED: Final = re.compile(r"^(?:un|in|il|im|ir|dis|non)-?")

_ORDER: Final = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)


def judge_edits(edits: Sequence[Edit], text: str, passage: str) -> Iterator[Finding]:
    """Say what the edits of one match change.

    Args:
        edits: The edits.
        text: The source's whole text.
        passage: The whole passage.
    """
    read = [(edit, read_words(edit.text), read_words(edit.quoted)) for edit in edits]
    read = [item for item in read if item[1] != item[2]]
    while read:
        edit, gone, put = read.pop(0)
        is_dated = any(w in _CALENDAR or w[0] == NUMBER for w in (*gone, *put))
        counterparts = (
            n
            for n, (other, there, here) in enumerate(read)
            if _is_moved(gone, put, there, here)
            or (is_dated and _is_one_date(edit, other, text, passage))
        )
        number = next(counterparts, None)
        if number is None:
            yield from judge_edit(edit, text)
            continue
        other = read.pop(number)[0]
        span, quoted = _cover(edit.span, other.span), _cover(edit.quoted_span, other.quoted_span)
        moved = Edit(EditKind.REPLACE, span, span.of(text), quoted, quoted.of(passage))
        if not _is_one_date(edit, other, text, passage) and (
            weight := _weigh_move({*gone, *put}, read_words(moved.text))
        ):
            yield Finding(*weight, (quoted,), (span,), moved)


def judge_edit(edit: Edit, source: str = "") -> Iterator[Finding]:
    """Say what kind of change an edit is, and how far it reaches.

    Args:
        edit: The edit.
        source: The source's whole text, where it is at hand: what stands beside the edit tells
            whether a word that was left out restricts another.
    """
    gone, put = read_words(edit.text), read_words(edit.quoted)
    lost, new = _cancel(gone, put)
    if not lost and not new:
        weight = (
            _weigh_move(set(gone), gone) if sorted(gone) == sorted(put) and gone != put else None
        )
    elif "".join(lost) == "".join(new):
        return
    else:
        start, end = edit.span.start, edit.span.end
        before, after = source[max(0, start - BESIDE) : start], source[end : end + BESIDE]
        scale = re.match(r"\s?\w+", after)
        if scale and says_same(edit.text + scale.group(), edit.quoted):
            return  # “$8 billion” at the end of the quotation, given as “$8bn”
        weight = _weigh(edit, lost, new, before, after)
    if weight:
        yield Finding(*weight, (edit.quoted_span,), (edit.span,), edit)


def _cover(one: Span, other: Span) -> Span:
    first, last = sorted((one, other))
    return type(one)(first.start, max(first.end, last.end))


def _is_moved(gone: list[str], put: list[str], there: list[str], here: list[str]) -> bool:
    """Say whether the words of one edit only stand at the place of the other."""
    is_moved = bool(gone or put) and gone == here and put == there
    return is_moved and not {*gone, *put} <= PREPOSITIONS.keys()


def _is_one_date(edit: Edit, other: Edit, text: str, passage: str) -> bool:
    """Say whether two edits only write a date in another order: “5th of May”, “May 5”."""
    span, quoted = _cover(edit.span, other.span), _cover(edit.quoted_span, other.quoted_span)
    if max(len(span), len(quoted)) > BESIDE:
        return False
    there, here = (
        sorted(w.removesuffix("th") for w in read_words(words) if w not in {"the", "of"})
        for words in (span.of(text), quoted.of(passage))
    )
    is_date = all(w in _CALENDAR or w.startswith(NUMBER) for w in there)
    return is_date and there == here and not _CALENDAR.isdisjoint(there)


def _weigh_move(moved: set[str], between: list[str]) -> Weight | None:
    """Weigh a change of order: “just not” is not “not just”, “June 5” is “5 June”."""
    if moved <= _CALENDAR | SIGNS:
        return None
    others = {word for word in between if word not in moved}
    content = {word for word in moved if word not in FUNCTION_WORDS and not _is_soft(word)}
    if OPERATORS & {*moved, *others} or (content and not others <= {"and", "or"}):
        return FindingType.WORDS_ALTERED, Severity.MEDIUM, 0.75
    return FindingType.WORDS_ALTERED, Severity.LOW, 0.8


def _cancel(gone: list[str], put: list[str]) -> tuple[list[str], list[str]]:
    """Take off what stands on both sides, a contraction for any of the words it can stand for."""
    lost, new = _without(gone, put), _without(put, gone)
    for ours, theirs in ((lost, new), (new, lost)):
        for clitic, wholes in UNCERTAIN_CLITICS.items():
            while clitic in ours and (whole := next((w for w in theirs if w in wholes), None)):
                ours.remove(clitic)
                theirs.remove(whole)
    return lost, new


def says_same(text: str, quoted: str) -> bool:
    """Say whether two stretches are the same words, contracted or not: “haven't”, “have not”."""
    lost, new = _cancel(read_words(text), read_words(quoted))
    return not lost and not new


def _weigh(edit: Edit, lost: list[str], new: list[str], before: str, after: str) -> Weight | None:
    if len(lost) > SLIP_WORDS and edit.kind is EditKind.DELETE:
        return FindingType.UNMARKED_ELISION, Severity.MEDIUM, 0.7
    if edit.kind is EditKind.DELETE and _is_aside(before, after):
        return FindingType.UNMARKED_ELISION, Severity.LOW, 0.7
    names = _read_names(edit.text)
    if not before.strip() or before.rstrip()[-1] in '.!?:“"‘':
        names.difference_update(read_words(edit.text)[:1])  # a capital that any word has there
    lost, new = _cancel_forms(lost, new, names, _read_names(edit.quoted))
    weights = [
        weight
        for weight in (
            _weigh_signs(edit, lost, new),
            _weigh_negations(set(lost), set(new)),
            _weigh_quantities(edit, set(lost), set(new), after),
            _weigh_operators(set(lost), set(new)),
            _weigh_modals(set(lost), set(new)),
            _weigh_opposites(lost, new),
            _weigh_content(edit, lost, new, before, after),
            _weigh_function_words(set(lost), set(new)),
        )
        if weight
    ]
    weight = min(weights, key=lambda weight: _ORDER.index(weight[1]), default=None)
    if weight and edit.kind is EditKind.REPLACE and weight[0] in _DROPPED and _are_heavy(new):
        return FindingType.WORDS_ALTERED, weight[1], weight[2]
    return weight


def _are_heavy(words: Iterable[str]) -> bool:
    """Say whether words carry a content of their own, so that they are no mere omission."""
    return any(
        w not in FUNCTION_WORDS | MODALS | OPERATORS and w[0] != NUMBER and not _is_soft(w)
        for w in words
    )


def _is_aside(before: str, after: str) -> bool:
    """Say whether words stand between the marks of a quotation of the source: “…,” she said, “…”.

    A note's number in brackets is none of the sentence's words either.
    """
    before, after = before.rstrip(), after.lstrip(" ,.:;")
    is_said = before[-1:] in {"”", '"'} and after[:1] in {"“", '"'}
    return is_said or (before[-1:] == "[" and after[:1] == "]")


def _weigh_signs(edit: Edit, lost: list[str], new: list[str]) -> Weight | None:
    """Weigh numbers by their value, and the signs that say of what they are."""
    if SIGNS & {*lost, *new}:
        is_gone = edit.kind is EditKind.DELETE and len(read_words(edit.text)) > 1
        kind = FindingType.UNMARKED_ELISION if is_gone else FindingType.WORDS_ALTERED
        return kind, Severity.HIGH, 0.9
    ours, theirs = ([w for w in words if w[0] == NUMBER] for words in (lost, new))
    if not ours and not theirs:
        return None
    if [w.removesuffix("th") for w in ours] == [w.removesuffix("th") for w in theirs]:
        is_date = all(any(c.isdigit() for c in text) for text in (edit.text, edit.quoted))
        severity = Severity.LOW if is_date else Severity.MEDIUM
        return FindingType.WORDS_ALTERED, severity, 0.7
    if [*ours, *theirs] == ["#1"]:
        return FindingType.WORDS_ALTERED, Severity.LOW, 0.7  # one man, a man
    if edit.kind is EditKind.DELETE:
        return FindingType.UNMARKED_ELISION, Severity.MEDIUM, 0.7
    return FindingType.WORDS_ALTERED, Severity.HIGH, 0.8


def _weigh_negations(dropped: set[str], added: set[str]) -> Weight | None:
    """Weigh the loss or gain of a word that turns a sentence round: not, never, failed to."""
    turning = NEGATIONS | DENIALS
    if added & turning and not dropped & turning:
        if added & NEGATIONS:
            return FindingType.WORDS_ALTERED, Severity.HIGH, 0.95
        if dropped <= FUNCTION_WORDS:
            return FindingType.WORDS_ALTERED, Severity.HIGH, 0.85
    if dropped & turning and not added & turning:
        if dropped & NEGATIONS:
            return FindingType.NEGATION_DROPPED, Severity.HIGH, 0.95
        if _is_bare(added) and len(dropped) <= ELISION_WORDS:
            return FindingType.NEGATION_DROPPED, Severity.HIGH, 0.85
    return None


def _weigh_quantities(edit: Edit, dropped: set[str], added: set[str], after: str) -> Weight | None:
    """Weigh a change of how many or how often."""
    if added & _QUANTIFIERS and dropped & _QUANTIFIERS:
        return FindingType.QUANTIFIER_CHANGED, Severity.HIGH, 0.85
    following = read_words(after)[:1] if after[:1].isspace() else []
    is_numbered = bool(dropped and following) and following[0][0] == NUMBER
    if edit.kind is EditKind.DELETE and is_numbered and dropped <= _BOUNDS:
        is_lower = bool(dropped & {"less", "fewer", "under", "below"})
        severity = Severity.HIGH if is_lower else Severity.MEDIUM
        return FindingType.QUANTIFIER_CHANGED, severity, 0.75
    if edit.kind is EditKind.DELETE and is_numbered and dropped <= {"some", "nearly"}:
        severity = Severity.LOW if dropped == {"some"} else Severity.MEDIUM
        return FindingType.QUANTIFIER_CHANGED, severity, 0.75
    if dropped & (_QUANTIFIERS - _LIGHT_QUANTIFIERS):
        return FindingType.QUANTIFIER_CHANGED, Severity.HIGH, 0.8
    return None


def _weigh_operators(dropped: set[str], added: set[str]) -> Weight | None:
    """Weigh the loss of a word that makes less of what it governs: perhaps, if, only, former."""
    for words, instead, finding in (
        (_HEDGES, _HEDGES | POSSIBLE, FindingType.HEDGE_DROPPED),
        (_CONDITIONS, _CONDITIONS, FindingType.CONDITION_DROPPED),
        (_EXCEPTIONS, _EXCEPTIONS | {"just"}, FindingType.EXCEPTION_DROPPED),
    ):
        if dropped & words and not added & instead:
            return finding, Severity.HIGH, 0.8
    is_short = len(dropped) <= ELISION_WORDS
    if dropped & PRIVATIVES and is_short and _is_bare(added) and not added & OPERATORS:
        return FindingType.HEDGE_DROPPED, Severity.HIGH, 0.8
    return None


def _is_bare(words: set[str]) -> bool:
    """Say whether words carry no content of their own."""
    return all(w in FUNCTION_WORDS | OPERATORS or w[0] == NUMBER for w in words)


def _weigh_modals(dropped: set[str], added: set[str]) -> Weight | None:
    """Weigh a change of what may, must, will or would be."""
    ours, theirs = dropped & MODALS, added & MODALS
    if not ours and not theirs:
        return None
    if ours & POSSIBLE and not theirs & POSSIBLE and not added & _HEDGES:
        is_sure = not theirs & {"can", "would"}
        return FindingType.HEDGE_DROPPED, Severity.HIGH if is_sure else Severity.MEDIUM, 0.8
    small = [{"will", "shall"}, {"may", "might"}, {"could", "might"}, {"could", "may"}]
    is_shifted = any(
        ours == {one} and theirs == {other} for one, other in (("will", "would"), ("can", "could"))
    )
    is_future = ours | theirs <= {"will", "shall"} and not (ours and theirs)
    if is_shifted or is_future or ours | theirs in small:
        return FindingType.WORDS_ALTERED, Severity.LOW, 0.8
    if not theirs or (ours == {"would"} and theirs <= {"will", "shall", "must"}):
        return FindingType.HEDGE_DROPPED, Severity.MEDIUM, 0.7
    return FindingType.WORDS_ALTERED, Severity.MEDIUM, 0.75


def _weigh_opposites(lost: list[str], new: list[str]) -> Weight | None:
    """Weigh a prefix that turns a word into its opposite: illegal, unsafe, dishonest."""
    if len(lost) != 1 or len(new) != 1 or {*lost, *new} & (FUNCTION_WORDS | _NO_OPPOSITES):
        return None
    (gone,), (put,) = lost, new
    if (prefix := _OPPOSED.match(gone)) and gone[prefix.end() :] == put:
        return FindingType.NEGATION_DROPPED, Severity.HIGH, 0.85
    if (prefix := _OPPOSED.match(put)) and put[prefix.end() :] == gone:
        return FindingType.WORDS_ALTERED, Severity.HIGH, 0.85
    return None


def _weigh_content(
    edit: Edit, lost: list[str], new: list[str], before: str, after: str
) -> Weight | None:
    """Weigh the loss or change of the words that carry the meaning."""
    heavy_lost, heavy_new = (
        [
            w
            for w in words
            if w not in FUNCTION_WORDS | MODALS and w[0] != NUMBER and not _is_soft(w)
        ]
        for words in (lost, new)
    )
    if edit.kind is EditKind.DELETE and lost:
        n_words = len(read_words(edit.text))
        is_heavy = bool(heavy_lost) and (
            n_words >= ELISION_WORDS or _restricts(edit, lost, before, after)
        )
        if _FILLER.fullmatch(edit.text.lower()):
            is_heavy = False
        severity = Severity.MEDIUM if is_heavy else Severity.LOW
        return FindingType.UNMARKED_ELISION, severity, 0.7
    if "just" in new and heavy_lost == ["only"]:
        heavy_lost = []
    if not heavy_lost and not heavy_new:
        return FindingType.WORDS_ALTERED, Severity.LOW, 0.9
    is_date = bool(_CALENDAR.intersection(lost)) and bool(_CALENDAR.intersection(new))
    return FindingType.WORDS_ALTERED, Severity.HIGH if is_date else Severity.MEDIUM, 0.8


def _restricts(edit: Edit, lost: list[str], before: str, after: str) -> bool:
    """Say whether words that were left out stand before a noun that they tell from others."""
    following = re.match(r"(?:\s+|-)(\w+)", after)
    if following is None or _CALENDAR.intersection(lost):
        return False
    (last,) = read_words(edit.text)[-1:] or [""]
    (head,) = read_words(following.group(1))[:1] or [last]
    is_light = last in FUNCTION_WORDS | _LIGHT_QUANTIFIERS - {"more"} or _is_soft(last)
    is_no_noun = head in FUNCTION_WORDS | OPERATORS or _is_soft(head) or head[0] == NUMBER
    if is_light or is_no_noun or head == last:
        return False
    previous = re.search(r"(\w+)\s+$", before)
    is_in_name = previous is not None and all(
        word[:1].isupper() for word in (previous.group(1), edit.text, following.group(1))
    )
    return not is_in_name  # President Barack Obama


def _weigh_function_words(dropped: set[str], added: set[str]) -> Weight | None:
    """Weigh small words that say who, which way, or how two things hang together."""
    ours, theirs = ({PRONOUNS[w] for w in words if w in PRONOUNS} for words in (dropped, added))
    is_changed = bool(ours and theirs and not ours & theirs)
    ways, others = (
        {PREPOSITIONS[w] for w in words if w in PREPOSITIONS} for words in (dropped, added)
    )
    is_turned = (
        bool(ways and others) and not ways & others and bool((ways | others) & _CHANGED_WAYS)
    )
    # “Members of” are “members from”.
    is_turned = is_turned and (dropped | added) & PREPOSITIONS.keys() != {"of", "from"}
    is_joined = any(
        bool(dropped & words and added & words and not dropped & added & words)
        for words in (CONJUNCTIONS, QUESTIONS)
    )
    if is_changed or is_turned or is_joined:
        return FindingType.WORDS_ALTERED, Severity.MEDIUM, 0.75
    if (dropped & _PRESENT and added & _PAST) or (dropped & _PAST and added & _PRESENT):
        return FindingType.WORDS_ALTERED, Severity.MEDIUM, 0.6
    return None


def _read_names(text: str) -> set[str]:
    """Return the words that begin with a capital."""
    found = (match.group() for match in _TOKEN.finditer(fold(text).text))
    return {word for raw in found if raw[0].isupper() for word in _expand(raw)}


def _is_soft(word: str) -> bool:
    """Say whether a word colours a sentence without changing what it claims."""
    return word in SOFT or (
        word.endswith("ly") and word not in _LY_ADJECTIVES and word not in OPERATORS
    )


def _without(words: Iterable[str], others: list[str]) -> list[str]:
    """Return the words that are not among the others, each of those used up once."""
    left = list(others)
    kept = []
    for word in words:
        if word in left:
            left.remove(word)
        else:
            kept.append(word)
    return kept


def _cancel_forms(
    lost: list[str], new: list[str], names: set[str], quoted_names: set[str]
) -> tuple[list[str], list[str]]:
    """Take off the words that stand on both sides in another form."""
    left, kept = list(new), []
    for word in lost:
        for other in left:
            is_name = word in names and other in quoted_names
            if is_same_word(word, other, is_name=is_name):
                left.remove(other)
                break
        else:
            kept.append(word)
    return kept, left
