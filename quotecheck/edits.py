"""What an edit changes: the words of the source against those of the quotation.

A lost “not” is worth more than a changed adjective, and that more than a comma. Words are read as a
reader takes them: contractions written out, numbers by their value, titles and signs by their name.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from rapidfuzz.distance import OSA

from quotecheck.normalize import fold
from quotecheck.records import Edit, EditKind, Finding, FindingType, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from quotecheck.records import Span

Weight: TypeAlias = tuple[FindingType, Severity, float]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _map(pairs: str) -> dict[str, str]:
    """Read "form=base form=base", and "a,b=c" for two forms of one."""
    return {
        form: base.replace("_", " ")
        for forms, base in (pair.split("=") for pair in pairs.split())
        for form in forms.replace("_", " ").split(",")
    }


# Words left out without a mark, from which on they are an elision rather than a slip of the pen.
ELISION_WORDS: Final = 3
# In a longer gap, single words do not tell what it governed.
SLIP_WORDS: Final = 8
# In shorter words than this one letter makes another word too often: trail and trial.
SHORTEST_MISSPELT: Final = 7
# A base that an ending leaves is no word where it is shorter: “th” of “thing”.
SHORTEST_BASE: Final = 3
# Characters beside an edit that tell what it restricts.
BESIDE: Final = 40
# Letters of either end that a slip of the pen leaves alone: prefixes and endings make other words.
AFFIX: Final = 3

NEGATIONS: Final = _set(
    "not no never nor neither none nobody nothing nowhere cannot without hardly scarcely barely"
    " unable non"
)
# What turns round the word that it stands before, and what makes it less than sure.
DENIALS: Final = _set(
    "fail fails failed failing refuse refuses refused refusing decline declines declined declining"
    " deny denies denied denying unlikely anti doubt doubts doubted"
)
PRIVATIVES: Final = _set(
    "former ex alleged so-called fake would-be potential attempted attempt attempts tried tries"
    " supposed claimed claims planned plans proposed proposes suspected purported possible expected"
    " hoped hopes intended intends threatened reported unconfirmed pseudo mock hypothetical"
)
POSSIBLE: Final = _set("may might could")
MODALS: Final = POSSIBLE | _set("will would shall should can must ought")
_HEDGES: Final = _set(
    "perhaps possibly probably likely allegedly reportedly apparently seemingly appears appear"
    " appeared seems seem seemed suggests suggest suggested potentially presumably supposedly"
)
_CONDITIONS: Final = _set("if unless provided providing whether")
_EXCEPTIONS: Final = _set("except excepting besides excluding only")
_QUANTIFIERS: Final = _set(
    "all every each most many much some few several any both half none always often sometimes"
    " rarely usually nearly almost more less fewer"
)
# “both A and B”, “much larger”, “each of them”: little is lost with these alone.
_LIGHT_QUANTIFIERS: Final = _set("both any much each more")
_BOUNDS: Final = _set("over under below above more less fewer than at least most up to")
AUXILIARIES: Final = _set("is are was were be been being am has have had do does did having 's 'd")
OPERATORS: Final = (
    NEGATIONS | DENIALS | PRIVATIVES | MODALS | _HEDGES | _CONDITIONS | _EXCEPTIONS | _QUANTIFIERS
)
_SOFT: Final = _set(
    "so then also just very really quite well now there here however too indeed actually simply"
    " even still already again ever rather pretty basically literally um uh er erm oh like um yeah"
    " yes inc ltd llc plc mister missus ms doctor professor sir thus therefore moreover meanwhile"
    " today yesterday tomorrow please okay"
)
_LY_ADJECTIVES: Final = _set(
    "family early daily weekly monthly yearly elderly friendly deadly costly lonely ugly holy only"
    " likely orderly unruly hourly quarterly scholarly july italy supply assembly monopoly"
)
_PRONOUNS: Final = _map(
    "he,him,his,himself=he she,her,hers,herself=she it,its,itself=it we,us,our,ours,ourselves=we"
    " they,them,their,theirs,themselves=they i,me,my,mine,myself=i you,your,yours,yourself=you"
)
# By the way that they point; “in”, “on” and “at” stand for each other.
_PREPOSITIONS: Final = _map(
    "in,on,at,within,during,upon,of,about,into,onto,as,regarding,around,among,amongst,amid=in"
    " to,toward,towards,until,for=to from,off,out,since=from by,via,through=by against=against"
    " with=with over,above,up,beyond=over under,below,down,beneath=under before=before after=after"
    " between=between"
)
_CHANGED_WAYS: Final = frozenset(["by", "against", "over", "under", "before", "after", "from"])
_CONJUNCTIONS: Final = _set("and or but")
_QUESTIONS: Final = _set("when where what why how")
_PRESENT, _PAST = _set("is are am"), _set("was were")
FUNCTION_WORDS: Final = (
    _set("a an the this that these those who whom whose which than s ll re ve t st nd rd th")
    | (_CONJUNCTIONS | _QUESTIONS | AUXILIARIES | _SOFT)
    | _PRONOUNS.keys()
    | _PREPOSITIONS.keys()
) - {"like"}
_FILLER: Final = re.compile(
    r"(?:\b(?:you know|i mean|sort of|kind of|um+|uh+|erm?|ah|oh|like)\b|\W)+"
)
_CALENDAR: Final = _set(
    "january february march april month:may june july august september october november december"
    " monday tuesday wednesday thursday friday saturday sunday"
)
_SIGNS: Final = frozenset("$€£¥₹%‰<>±×÷°")
# Words that mean the same; each is read as the first one.
_SAME: Final = _map(
    "every=each almost=nearly frequently=often whether=if somebody=someone everybody=everyone"
    " anybody=anyone though=although"
    " amongst=among upon=on whilst=while"
)
_WHOLE: Final = _map(
    "can't,cannot=can_not nobody=no_one no.=number more_than=over less_than,fewer_than=under"
    " won't=will_not shan't=shall_not ain't=is_not gonna=going_to"
    " wanna=want_to gotta=got_to kinda=kind_of 'em,em=them 'til,till=until 'cause,cos=because"
    " let's=let_us y'all=you_all &=and ok=okay mr=mister mrs=missus dr=doctor prof=professor"
    " sen=senator rep=representative gov=governor gen=general pres=president sgt=sergeant"
    " lt=lieutenant col=colonel capt=captain rev=reverend vs=versus govt=government dept=department"
    " corp=corporation percent,per_cent,pct=% dollars,dollar,usd=$"
    " euros,euro,eur=€ pounds,gbp=£ yen=¥ rupees=₹ jan=january feb=february mar=march apr=april"
    " jun=june jul=july aug=august sep,sept=september oct=october nov=november dec=december"
)
_CAPITALS: Final = _map(
    "US,U.S,USA,U.S.A=united_states UK,U.K=united_kingdom EU,E.U=european_union"
    " UN,U.N=united_nations May=month:may"
)
_CLITICS: Final = _map("'re=are 've=have 'll=will 'm=am")
_UNCERTAIN_CLITICS: Final = {"'d": _set("would had did"), "'s": _set("is has does was")}
_NOTE: Final = re.compile(r"(?<=[^\W\d]{2})[\u00b9\u00b2\u00b3\u2070-\u2079]+")
_TOKEN: Final = re.compile(
    r"\b(?:so-called|would-be|per cent|(?:more|less|fewer) than)\b|\bno\.(?=\s?\d)"
    r"|[^\W\d_](?:\.[^\W\d_](?![^\W_]))+"
    r"|(?:(?<![\w)%])-)?\d+(?:[.,:/]\d+)*(?:(?:bn|mn|tn|[mkb])(?![^\W_]))?"
    r"|[^\W\d_]+(?:'[^\W\d_]+)*|'[^\W\d_]+|[$€£¥₹%‰<>±×÷°&]",
    re.IGNORECASE,
)

_SCALES: Final = {"dozen": 12.0} | {
    scale: 10.0**power
    for power, scales in (
        (3, "k thousand"),
        (6, "m mn million"),
        (9, "b bn billion"),
        (12, "tn trillion"),
    )
    for scale in _set(scales)
}
_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS: Final = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
    " thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_CARDINAL: Final = {word: float(n) for n, word in enumerate(_SMALL.split())} | {
    word: 20.0 + 10 * n for n, word in enumerate(_TENS.split())
}
_ORDINAL: Final = {word: float(n) for n, word in enumerate(_ORDINALS.split())} | {
    word[:-1] + "ieth": value
    for word, value in _CARDINAL.items()
    if value >= 20  # noqa: PLR2004
}
TEN: Final = 10.0
HUNDRED: Final = 100.0
_CLOSED: Final = -1.0  # after figures only a scale goes on
_UNITS: Final = _set("k m b")  # apart from their figures, these are no scales: five metres
_ORDINAL_ENDINGS: Final = _set("st nd rd th")
_FIGURES: Final = re.compile(r"(-?[\d.,:/]+)(\w*)")
_THOUSANDS: Final = re.compile(r",(?=\d{3}(?!\d))")
_NUMBER: Final = "#"  # begins every number among the words

# The sixty commonest irregular verbs, and a few nouns.
_IRREGULAR: Final = _map(
    "said=say went,gone,goes=go got,gotten=get made=make knew,known=know thought=think"
    " took,taken=take saw,seen=see came=come found=find gave,given=give told=tell felt=feel"
    " became=become left=leave kept=keep began,begun=begin showed,shown=show heard=hear ran=run"
    " held=hold brought=bring wrote,written=write sat=sit stood=stand lost=lose paid=pay met=meet"
    " led=lead understood=understand spoke,spoken=speak grew,grown=grow won=win taught=teach"
    " bought=buy sent=send built=build fell,fallen=fall sold=sell broke,broken=break spent=spend"
    " rose,risen=rise drove,driven=drive wore,worn=wear chose,chosen=choose drew,drawn=draw"
    " fought=fight threw,thrown=throw caught=catch dealt=deal forgot,forgotten=forget ate,eaten=eat"
    " slept=sleep dying=die lying=lie freed=free flew,flown=fly sought=seek stole,stolen=steal"
    " shook,shaken=shake sang,sung=sing"
    " swore,sworn=swear hid,hidden=hide struck=strike meant=mean learnt=learn burnt=burn"
    " men=man women=woman children=child feet=foot lives=life wives=wife thieves=thief"
)
_SPELLINGS: Final = (
    (re.compile(r"(?<=[a-z]{2})is(?=(?:e|es|ed|ing|ation|ations|er|ers)$)"), "iz"),
    (re.compile(r"(?<=[a-z]l)ys(?=(?:e|es|ed|ing)$)"), "yz"),
    (re.compile(r"(?<=[a-z]{2})our(?!s?e|t|c|n)"), "or"),
    (re.compile(r"(?<=[a-z]{2}[tb])re$"), "er"),
    (re.compile(r"ll(?=ers?$)"), "l"),
    (re.compile(r"(?<=[a-z]{2})ogue(?=s?$)"), "og"),
    (re.compile(r"(?<=[a-z]{2})mme(?=s?$)"), "m"),
    (re.compile(r"(?<=[a-z]en)ce(?=s?$)"), "se"),
    (re.compile(r"(?<=dg)e(?=ment)"), ""),
    (re.compile(r"^(p)ae(?=d)|^(o)e(?=s)"), r"\1e"),
    (re.compile(r"^grey"), "gray"),
)
# Forms that look like another word's, and words that one letter tells apart.
_NO_FORMS: Final = _set("news arms goods customs means does his this thus during")
_CONFUSED: Final = _set(
    "martial marital complement compliment complementary complimentary collision collusion"
    " eminent imminent immanent"
)
_VOWEL_LETTERS: Final = "aeiou"
_VOWELS: Final = re.compile(r"[aeiouy]+")
# Words that only look like another's opposite.
_NO_OPPOSITES: Final = _set(
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
        is_dated = any(w in _CALENDAR or w[0] == _NUMBER for w in (*gone, *put))
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
    return is_moved and not {*gone, *put} <= _PREPOSITIONS.keys()


def _is_one_date(edit: Edit, other: Edit, text: str, passage: str) -> bool:
    """Say whether two edits only write a date in another order: “5th of May”, “May 5”."""
    span, quoted = _cover(edit.span, other.span), _cover(edit.quoted_span, other.quoted_span)
    if max(len(span), len(quoted)) > BESIDE:
        return False
    there, here = (
        sorted(w.removesuffix("th") for w in read_words(words) if w not in {"the", "of"})
        for words in (span.of(text), quoted.of(passage))
    )
    is_date = all(w in _CALENDAR or w.startswith(_NUMBER) for w in there)
    return is_date and there == here and not _CALENDAR.isdisjoint(there)


def _weigh_move(moved: set[str], between: list[str]) -> Weight | None:
    """Weigh a change of order: “just not” is not “not just”, “June 5” is “5 June”."""
    if moved <= _CALENDAR | _SIGNS:
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
        for clitic, wholes in _UNCERTAIN_CLITICS.items():
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
    return min(weights, key=lambda weight: _ORDER.index(weight[1]), default=None)


def _is_aside(before: str, after: str) -> bool:
    """Say whether words stand between the marks of a quotation of the source: “…,” she said, “…”.

    A note's number in brackets is none of the sentence's words either.
    """
    before, after = before.rstrip(), after.lstrip(" ,.:;")
    is_said = before[-1:] in {"”", '"'} and after[:1] in {"“", '"'}
    return is_said or (before[-1:] == "[" and after[:1] == "]")


def _weigh_signs(edit: Edit, lost: list[str], new: list[str]) -> Weight | None:
    """Weigh numbers by their value, and the signs that say of what they are."""
    if _SIGNS & {*lost, *new}:
        return FindingType.WORDS_ALTERED, Severity.HIGH, 0.9
    ours, theirs = ([w for w in words if w[0] == _NUMBER] for words in (lost, new))
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
    is_numbered = bool(dropped and following) and following[0][0] == _NUMBER
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
    return all(w in FUNCTION_WORDS | OPERATORS or w[0] == _NUMBER for w in words)


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
            if w not in FUNCTION_WORDS | MODALS and w[0] != _NUMBER and not _is_soft(w)
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
    is_no_noun = head in FUNCTION_WORDS | OPERATORS or _is_soft(head) or head[0] == _NUMBER
    if is_light or is_no_noun or head == last:
        return False
    previous = re.search(r"(\w+)\s+$", before)
    is_in_name = previous is not None and all(
        word[:1].isupper() for word in (previous.group(1), edit.text, following.group(1))
    )
    return not is_in_name  # President Barack Obama


def _weigh_function_words(dropped: set[str], added: set[str]) -> Weight | None:
    """Weigh small words that say who, which way, or how two things hang together."""
    ours, theirs = ({_PRONOUNS[w] for w in words if w in _PRONOUNS} for words in (dropped, added))
    is_changed = bool(ours and theirs and not ours & theirs)
    ways, others = (
        {_PREPOSITIONS[w] for w in words if w in _PREPOSITIONS} for words in (dropped, added)
    )
    is_turned = (
        bool(ways and others) and not ways & others and bool((ways | others) & _CHANGED_WAYS)
    )
    # “Members of” are “members from”.
    is_turned = is_turned and (dropped | added) & _PREPOSITIONS.keys() != {"of", "from"}
    is_joined = any(
        bool(dropped & words and added & words and not dropped & added & words)
        for words in (_CONJUNCTIONS, _QUESTIONS)
    )
    if is_changed or is_turned or is_joined:
        return FindingType.WORDS_ALTERED, Severity.MEDIUM, 0.75
    if (dropped & _PRESENT and added & _PAST) or (dropped & _PAST and added & _PRESENT):
        return FindingType.WORDS_ALTERED, Severity.MEDIUM, 0.6
    return None


def read_words(text: str) -> list[str]:
    """Return the words of a text as a reader takes them, in small letters.

    Contractions are written out, numbers are "#" and their value, signs stand for their names.
    """
    words: list[str] = []
    for match in _TOKEN.finditer(fold(_NOTE.sub("", text)).text):
        raw = match.group()
        words += _CAPITALS[raw].split() if raw in _CAPITALS else _expand(raw)
    return list(_read_numbers(words))


@lru_cache(maxsize=16384)
def _expand(raw: str) -> tuple[str, ...]:
    """Return the words that one token stands for, without accents."""
    word = unicodedata.normalize("NFD", raw.casefold())
    word = "".join(char for char in word if not unicodedata.combining(char))
    if word[0].isalpha() and word not in _WHOLE:
        word = word.replace(".", "")
    word = _SAME.get(word, word)
    if word in _WHOLE:
        return tuple(_WHOLE[word].split())
    if word.endswith("n't"):
        return (word[:-3], "not") if word[:-3] else ("not",)
    stem, mark, _ = word.rpartition("'")
    clitic = word[len(stem) :]
    if mark and (clitic in _CLITICS or clitic in _UNCERTAIN_CLITICS):
        return (*((stem,) if stem else ()), _CLITICS.get(clitic, clitic))
    return (word,)


def _read_numbers(words: Sequence[str]) -> Iterator[str]:
    """Yield the words, those that make up a number as one."""
    at = 0
    while at < len(words):
        is_negative = words[at] == "minus"
        end, number = _read_number(words, at + is_negative)
        if number is None:
            yield words[at]
            at += 1
        else:
            yield f"{_NUMBER}-{number}" if is_negative else f"{_NUMBER}{number}"
            at = end


def _read_number(words: Sequence[str], at: int) -> tuple[int, str | None]:
    """Return the word after a number, and the number's value as text, None where there is none."""
    half = words[at : at + 3]
    if half[:2] == ["half", "a"] and half[-1] in _SCALES:
        return at + 3, f"{_SCALES[half[-1]] / 2:.15g}"
    figures = _FIGURES.fullmatch(words[at]) if at < len(words) else None
    if figures is None:
        return _read_spelled(words, at, at, 0.0)
    digits = _THOUSANDS.sub("", figures.group(1))
    try:
        value = float(digits) * _SCALES.get(figures.group(2), 1.0)
    except ValueError:  # a time, a date, a version
        return at + 1, digits
    if at + 1 < len(words) and words[at + 1] in _ORDINAL_ENDINGS:
        return at + 2, f"{value:.15g}th"
    return _read_spelled(words, at, at + 1, value)


def _read_spelled(words: Sequence[str], at: int, end: int, group: float) -> tuple[int, str | None]:
    """Read a number's words on from `end`, where the figures before them say `group`."""
    total, last, ending = 0.0, (_CLOSED if end > at else 0.0), ""
    while end < len(words) and not ending:
        word = words[end]
        value = _CARDINAL.get(word, _ORDINAL.get(word))
        if value is not None:
            is_year = TEN <= last < HUNDRED and value >= TEN and group < HUNDRED
            is_unit = value < TEN and last in range(20, 100, 10)
            if not (is_year or is_unit or last in {0.0, HUNDRED}):
                break
            group = group * HUNDRED + value if is_year else group + value
            ending, last = ("th" if word in _ORDINAL else ""), value or 1.0
        elif word == "hundred":
            group, last = (group or 1.0) * HUNDRED, HUNDRED
        elif word in _SCALES and word not in _UNITS:
            total, group, last = total + (group or 1.0) * _SCALES[word], 0.0, HUNDRED
        elif words[end : end + 3] == ["and", "a", "half"] and group:
            group, end = group + 0.5, end + 2
        elif not (word == "and" and last == HUNDRED and _is_number(words, end + 1)):
            break
        end += 1
    return (end, f"{total + group:.15g}{ending}") if end > at else (at, None)


def _is_number(words: Sequence[str], at: int) -> bool:
    return at < len(words) and words[at] in _CARDINAL.keys() | _ORDINAL.keys()


def _read_names(text: str) -> set[str]:
    """Return the words that begin with a capital."""
    found = (match.group() for match in _TOKEN.finditer(fold(text).text))
    return {word for raw in found if raw[0].isupper() for word in _expand(raw)}


def _is_soft(word: str) -> bool:
    """Say whether a word colours a sentence without changing what it claims."""
    return word in _SOFT or (
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


def is_same_word(one: str, other: str, *, is_name: bool = False) -> bool:
    """Say whether two words are one in another number, tense or spelling, or a slip of the pen."""
    if one == other:
        return True
    if is_name:
        return _respell(one) == _respell(other)
    if {one, other} & (FUNCTION_WORDS | NEGATIONS | MODALS):
        return False
    if not (one.isalpha() and other.isalpha()):
        return False
    return not read_bases(one).isdisjoint(read_bases(other)) or _is_misspelt(one, other)


def _respell(word: str) -> str:
    """Return a word as it is spelled in American English, alike for both spellings."""
    for pattern, form in _SPELLINGS:
        word = pattern.sub(form, word)
    return word


@lru_cache(maxsize=16384)
def read_bases(word: str) -> frozenset[str]:
    """Return what a word can be a form of: itself, or it without an ending of number or tense."""
    word = _respell(word)
    bases = {word, _IRREGULAR.get(word, word)}
    if word not in _NO_FORMS and word not in _IRREGULAR:
        bases.update(_without_number(word))
        for ending in ("ed", "ing"):
            if word.endswith(ending):
                bases.update(_without_tense(word[: -len(ending)]))
    return frozenset(base for base in bases if len(base) >= SHORTEST_BASE or base == word)


def _without_number(word: str) -> Iterator[str]:
    """Yield what a word that ends as a plural or a third person can be one of."""
    if word.endswith(("ies", "ied")):
        yield word[:-3] + "y"
    if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        yield word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "ics")):
        yield word[:-1]


def _without_tense(root: str) -> Iterator[str]:
    """Yield the verbs that what stands before -ed or -ing can belong to."""
    n_vowels = len(_VOWELS.findall(root))
    if not n_vowels or (n_vowels == 1 and root.endswith("e")):
        return  # “thing” and “seed” have no ending
    yield root + "e"
    if root[-1] == root[-2:-1]:
        yield root[:-1]
    # “hoped” is of “hope”; “hop” would double its consonant.
    if not re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", root):
        yield root


def _is_misspelt(one: str, other: str) -> bool:
    """Say whether a letter was lost, doubled or put in the wrong place inside a long word."""
    if min(len(one), len(other)) < SHORTEST_MISSPELT or {one, other} & _CONFUSED:
        return False
    if OSA.distance(one, other, score_cutoff=1) != 1:
        return False
    is_turned = sorted(one) == sorted(other)
    pairs = zip(one + " ", other + " ", strict=False)
    at = next(n for n, (a, b) in enumerate(pairs) if a != b)
    if len(one) == len(other):
        is_slip = is_turned or (one[at] in _VOWEL_LETTERS and other[at] in _VOWEL_LETTERS)
    else:  # a letter doubled or not, or an "n" that nobody hears: goverment
        longer = max(one, other, key=len)
        is_slip = longer[at] == longer[at - 1] or longer[at : at + 2] == "nm"
    if not is_slip:
        return False  # contacted, contracted; protested, protected
    edge = AFFIX - 1 if is_turned else AFFIX
    return one[:edge] == other[:edge] and one[-edge:] == other[-edge:]
