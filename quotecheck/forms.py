"""Words as a reader takes them: contractions written out, numbers by value, forms of one word.

`read_words` makes two texts comparable; `is_same_word` says whether two words are one in another
number, tense or spelling.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA

from quotecheck.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def word_set(words: str) -> frozenset[str]:
    """Read words parted by spaces."""
    return frozenset(words.split())


def word_map(pairs: str) -> dict[str, str]:
    """Read "form=base form=base", and "a,b=c" for two forms of one."""
    return {
        form: base.replace("_", " ")
        for forms, base in (pair.split("=") for pair in pairs.split())
        for form in forms.replace("_", " ").split(",")
    }


NEGATIONS: Final = word_set(
    "not no never nor neither none nobody nothing nowhere cannot without hardly scarcely barely"
    " unable non"
)
POSSIBLE: Final = word_set("may might could")
MODALS: Final = POSSIBLE | word_set("will would shall should can must ought")
AUXILIARIES: Final = word_set(
    "is are was were be been being am has have had do does did having 's 'd"
)
SOFT: Final = word_set(
    "so then also just very really quite well now there here however too indeed actually simply"
    " even still already again ever rather pretty basically literally um uh er erm oh like um yeah"
    " yes inc ltd llc plc mister missus ms doctor professor sir thus therefore moreover meanwhile"
    " today yesterday tomorrow please okay"
)
PRONOUNS: Final = word_map(
    "he,him,his,himself=he she,her,hers,herself=she it,its,itself=it we,us,our,ours,ourselves=we"
    " they,them,their,theirs,themselves=they i,me,my,mine,myself=i you,your,yours,yourself=you"
)
# By the way that they point; “in”, “on” and “at” stand for each other.
PREPOSITIONS: Final = word_map(
    "in,on,at,within,during,upon,of,about,into,onto,as,regarding,around,among,amongst,amid=in"
    " to,toward,towards,until,for=to from,off,out,since=from by,via,through=by against=against"
    " with=with over,above,up,beyond=over under,below,down,beneath=under before=before after=after"
    " between=between"
)
CONJUNCTIONS: Final = word_set("and or but")
QUESTIONS: Final = word_set("when where what why how")
FUNCTION_WORDS: Final = (
    word_set("a an the this that these those who whom whose which than s ll re ve t st nd rd th")
    | (CONJUNCTIONS | QUESTIONS | AUXILIARIES | SOFT)
    | PRONOUNS.keys()
    | PREPOSITIONS.keys()
) - {"like"}


# In shorter words than this one letter makes another word too often: trail and trial.
SHORTEST_MISSPELT: Final = 7
# A base that an ending leaves is no word where it is shorter: “th” of “thing”.
SHORTEST_BASE: Final = 3
# Letters of either end that a slip of the pen leaves alone: prefixes and endings make other words.
AFFIX: Final = 3
SIGNS: Final = frozenset("$€£¥₹%‰<>±×÷°")
# Words that mean the same; each is read as the first one.
_SAME: Final = word_map(
    "every=each almost=nearly frequently=often whether=if somebody=someone everybody=everyone"
    " anybody=anyone though=although"
    " amongst=among upon=on whilst=while"
)
_WHOLE: Final = word_map(
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
_CAPITALS: Final = word_map(
    "US,U.S,USA,U.S.A=united_states UK,U.K=united_kingdom EU,E.U=european_union"
    " UN,U.N=united_nations May=month:may"
)
_CLITICS: Final = word_map("'re=are 've=have 'll=will 'm=am")
UNCERTAIN_CLITICS: Final = {"'d": word_set("would had did"), "'s": word_set("is has does was")}
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
    for scale in word_set(scales)
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
_UNITS: Final = word_set("k m b")  # apart from their figures, these are no scales: five metres
_ORDINAL_ENDINGS: Final = word_set("st nd rd th")
_FIGURES: Final = re.compile(r"(-?[\d.,:/]+)(\w*)")
_THOUSANDS: Final = re.compile(r",(?=\d{3}(?!\d))")
NUMBER: Final = "#"  # begins every number among the words
# The sixty commonest irregular verbs, and a few nouns.
_IRREGULAR: Final = word_map(
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
_NO_FORMS: Final = word_set("news arms goods customs means does his this thus during")
_CONFUSED: Final = word_set(
    "martial marital complement compliment complementary complimentary collision collusion"
    " eminent imminent immanent"
)
_VOWEL_LETTERS: Final = "aeiou"
_VOWELS: Final = re.compile(r"[aeiouy]+")


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
    if mark and (clitic in _CLITICS or clitic in UNCERTAIN_CLITICS):
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
            yield f"{NUMBER}-{number}" if is_negative else f"{NUMBER}{number}"
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
