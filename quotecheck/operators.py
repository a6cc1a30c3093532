"""Words that change how far a clause holds, and what each of them does to it.

An operator is a word or a set phrase: *not*, *unless*, *critics say*. What it governs is not told
here but by `quotecheck.scope`, from the parse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quotecheck.forms import word_set
from quotecheck.records import FindingType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Span as TokenSpan
    from spacy.tokens import Token

# --- negation ------------------------------------------------------------------------------------

NEGATIVE_ADVERBS: Final = word_set(
    "not n't n’t nt never hardly scarcely barely neither nor nowhere rarely seldom"
)
NEGATIVE_PRONOUNS: Final = word_set("nobody none nothing no-one")
NOT_ONLY: Final = word_set("only just merely simply least solely")
# Verbs that say that what they govern is not so, or does not come about.
DENYING_VERBS: Final = word_set(
    "deny doubt reject dispute fail refuse decline refute disprove avoid prevent stop forget"
    " neglect contest rebut cease forbid prohibit ban discourage dismiss renounce abstain miss"
    " lack negate belie contradict disown disavow repudiate disclaim rebuff withhold forgo"
    " eschew spurn preclude exclude debunk"
)
# Nouns and adjectives that say it of a clause: “it is a myth that”, “wrong to say”.
DENYING_WORDS: Final = word_set(
    "error lie falsehood nonsense mistake unlikely impossible false untrue wrong mistaken"
    " absurd ridiculous incorrect implausible inconceivable unthinkable far doubtful foolish"
    " naive unable loath reluctant unwilling refusal failure denial inability lack absence"
    " disbelief impossibility unproven unfounded baseless fanciful"
)
# What holds of these clauses holds whether or not the verb is denied.
FACTIVE_VERBS: Final = word_set(
    "know show find prove demonstrate confirm reveal remember realize realise discover notice"
    " learn regret acknowledge admit concede see ensure forget make let help mean"
)

# --- hedges --------------------------------------------------------------------------------------

HEDGING_ADVERBS: Final = word_set(
    "perhaps possibly probably likely allegedly reportedly apparently seemingly presumably"
    " supposedly potentially arguably maybe conceivably ostensibly purportedly almost nearly"
    " doubtless"
)
POSSIBLE_MODALS: Final = word_set("may might could")
HEDGING_VERBS: Final = word_set(
    "seem appear expect suspect hope fear guess anticipate predict forecast intend plan tend"
    " aim threaten promise want wish try attempt seek propose speculate wonder imagine"
    " estimate project risk consider"
)
HEDGING_WORDS: Final = word_set(
    "likely possible probable conceivable plausible possibility chance probability hope fear"
    " risk suspicion prospect hint unclear uncertain unproven sure certain suggestion"
    " indication sign supposed thought due meant believed"
)

# --- what others say -----------------------------------------------------------------------------

SAYING_VERBS: Final = word_set(
    "say tell claim argue contend insist maintain allege assert suggest believe think feel"
    " suppose assume imagine complain warn accuse state write report declare announce add"
    " explain reply object protest swear charge hold repeat speculate conclude observe note"
    " remark point stress urge predict predicate submit testify boast assure promise joke quip"
    " whisper rumor rumour describe call portray depict fancy pretend plead reckon propose"
    " concede admit agree ask hint imply comment respond grumble grouse mutter moan growl"
    " sneer scoff put enthuse lament confess answer counter recall tweet post estimate deem"
    " fear convince persuade convinced persuaded adamant murmur profess purport"
)
# Verbs that keep what they report at arm's length.
DISTANT_VERBS: Final = word_set(
    "claim argue contend insist maintain allege assert complain accuse believe think suppose"
    " assume imagine charge object protest speculate boast pretend fancy rumor rumour swear"
    " plead suggest submit hold feel reckon accuse convince persuade convinced persuaded adamant"
    " profess purport"
)
REPORTED_NOUNS: Final = word_set(
    "claim idea notion rumor rumour theory argument belief allegation accusation suggestion"
    " assertion complaint charge view opinion suspicion contention hypothesis assumption story"
    " objection criticism superstition legend impression fear proposition submission myth"
    " gossip misconception fallacy illusion delusion fiction misunderstanding pretence thesis"
    " talk whisper tale fable folklore hearsay insinuation conviction pretext conceit thinking"
    " saying word"
)
PARTIES: Final = word_set(
    "critic opponent detractor objector sceptic skeptic campaigner supporter advocate defender"
    " lawyer counsel plaintiff defendant prosecution prosecutor rival enemy foe union lobby"
    " lobbyist"
    " industry company firm manufacturer party opposition activist protester neighbour landlord"
    " sceptics some many others people somebody someone those petitioner appellant respondent"
    " accuser complainant enthusiast believer purist dissent dissenter government leaflet advert"
    " advertisement brochure website"
)
SUPPOSING_VERBS: Final = word_set("suppose imagine assume pretend say")

# --- how many, how often -------------------------------------------------------------------------

QUANTIFIERS: Final = word_set("some most many several half certain numerous various enough")
QUANTITY_NOUNS: Final = word_set(
    "some most many several half number minority majority handful few part share proportion"
    " third quarter percent per-cent % fraction couple dozen one two three four five six seven"
    " eight nine ten section fifth tenth none much little portion bulk"
)
QUANTIFYING_ADVERBS: Final = word_set(
    "sometimes often usually occasionally generally mostly typically largely partly mainly"
    " commonly frequently partially"
)
BOUNDS: Final = ("at least", "at most", "up to", "as many as", "fewer than", "less than", "under")

# --- phrases that open a clause or an adjunct ----------------------------------------------------

_CONDITIONS: Final = (
    "if|only if|provided|provided that|providing|providing that|as long as|so long as"
    "|on condition that|on the condition that|on condition|in the event of|in the event that"
    "|in the event|in case|in case of|assuming|assuming that|supposing|supposing that|only when"
    "|only where|only after|only once|only while|only as long as|only so long as|only with"
    "|only in|only on|only at|only for|only by|subject to|depending on"
    "|contingent on|conditional on|conditional upon|but only if|but only when|but only where"
    "|but only after|but only with|but only in|given that|on the assumption that"
    "|on the understanding that|in such condition|in such a condition|in such conditions"
    "|in such circumstances|under such circumstances|in that case|in such cases|in such a case"
    "|under these conditions|under those conditions|pending|in so far as|insofar as"
    "|to the extent that|as far as|so far as|on the proviso that|with the proviso that|on proviso"
    "|always supposing|always supposing that|always provided|presuming|presuming that|granted that"
    "|conditionally on|dependent on|dependent upon|contingent upon|in return for|on payment of"
    "|on pain of|with the consent of|with the approval of|absent|in the absence of|unless and until"
    "|until such time as|in which case|on the basis that|given|only through|only upon"
    "|only until|only during|only under|if and only if|when and if|only to those|only to"
    "|were it not for|had it not been for|on the strict condition that|on one condition"
    "|for as long as|only for as long as|whenever|wherever|failing|without"
)
_TIMES: Final = "when|once|where|until|till|not until|as soon as|by the time|the moment"
_EXCEPTIONS: Final = (
    "unless|except|except for|except that|except when|except where|except in|excepting|save for"
    "|save in|save when|save that|other than|apart from|aside from|with the exception of"
    "|with the exceptions of|excluding|barring|but not|though not|but for|short of|not counting"
    "|not including|with one exception|with few exceptions|with exceptions|bar|minus"
    "|leaving aside|leaving out|setting aside|putting aside|outside of|discounting|disregarding"
    "|ignoring|saving|exclusive of|with the possible exception of|with the sole exception of"
    "|with the single exception of|with the notable exception of|with notable exceptions"
    "|except during|except on|except at|except by|except if|except to|except with|except under"
    "|the exception being|exempting|only not|if we except|if one excepts|all except|all save"
    "|save during|save on|save one|save two|save where|save if|unless it be|or unless"
)
_CONCESSIONS: Final = "although|though|even though|while|whereas|whilst|even if|albeit|even when"
_ADVERSATIVES: Final = (
    "but|yet|however|nevertheless|nonetheless|still|that said|on the other hand|in fact|in truth"
    "|even so|instead|in reality|only|though|and yet|but then|the trouble is|the truth is"
    "|the fact is|not so|unfortunately|in practice|on the contrary|all the same"
)
# “If” that sets no condition on what is said.
IDIOMS: Final = (
    "if any|if anything|if so|if not|if possible|if necessary|if you like|if you will|if you ask"
    "|if you please|if only|as if|if ever|what if|if at all|if memory|if nothing"
    "|if i may|if you want|if truth|if and when|if and only|if that"
)


# Set phrases that turn the clause round in which they stand.
NEGATIVE_PHRASES: Final = tuple(
    tuple(phrase.split())
    for phrase in [
        "in no way",
        "by no means",
        "under no circumstances",
        "on no account",
        "at no time",
        "at no point",
        "in no sense",
        "in no case",
        "nowhere near",
        "not for a moment",
        "a far cry from",
        "far from",
        "anything but",
        "nothing like",
        "no longer",
        "not at all",
        "hardly ever",
        "the last thing",
        "short of",
        "never once",
        "not once",
        "in no respect",
        "to no extent",
        "nothing but the opposite of",
        "no part of",
    ]
)
# Ways to give a view as somebody's without a verb of saying, or with one that stands by itself.
_VIEW: Final = (
    "account|reckoning|telling|view|opinion|judg(?:e)?ment|version|eyes|words|book|mind|estimation"
    "|estimate|understanding|reading|retelling|own admission|lights|thinking|theory"
)
_PARTY: Final = r"[\w'’.-]+(?: [\w'’.-]+){0,6}?"
REPORTING_PHRASES: Final = re.compile(
    rf"\b(?:in|by|on|from|to) the (?:{_VIEW}) of {_PARTY}(?=,|;|$)"
    rf"|\b(?:in|by|on|to) {_PARTY}(?:['’]s?|s['’]|his|her|their|its|my) (?:{_VIEW})\b"
    rf"|\b(?:in|by|on|to) (?:his|her|their|its|some|most|many) (?:{_VIEW}|accounts|views)\b"
    r"|\bto hear [^,]{1,40} tell it"
    r"|\b(?:the|an?) (?:old |usual |popular )?(?:claim|story|argument|theory|legend|thinking"
    r"|rumou?r|saying|accusation|charge|tale|gossip|belief) (?:goes|went|runs|ran|has it|had it)"
    r"|\b(?:rumou?r|legend|gossip|tradition|folklore|word|myth) (?:has|had) it(?: that)?"
    r"|\bword (?:is|was|on [^,]{1,40} (?:is|was))(?: that)?"
    rf"|\b(?:or )?so {_PARTY} (?:would have it|have it|has it|had it|says?|said|claims?|claimed"
    r"|goes|argues?|believes?|think|thinks|thought|insists?|maintains?)"
    rf"|\bas {_PARTY} (?:sees?|saw|tells?|told|has|had|puts?|would have|remembers?) it"
    rf"|\bif {_PARTY} (?:is|are|was|were) to be believed"
    rf"|\bif (?:you|we|one) (?:believes?|are to believe|is to believe|listens? to) [^,]{{1,40}}"
    rf"|\bif you ask {_PARTY}(?=,)|\bit is (?:said|claimed|alleged|rumou?red|believed) (?:that)?"
    r"|\bit was (?:said|claimed|alleged|rumou?red|believed) (?:that)?"
    r"|\b(?:supposed(?:ly)?|allegedly|purportedly|reputedly) by [^,]{1,40}",
    re.IGNORECASE,
)


# What takes something out by a word behind it: “Sundays excepted”, “his portraits aside”.
EXCEPTING: Final = re.compile(
    r"(?:^|(?<=, )|(?<=– )|(?<=— ))[^,;.–—]{2,60}? (?:aside|apart|(?:alone )?(?:excepted|excluded)"
    r"|left out(?: of [^,;.]+)?)(?=,|\.|;|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A set phrase in a sentence: what it is, and its tokens, half open."""

    rule: str
    start: int
    end: int


def _table() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for rule, phrases in (
        ("condition", _CONDITIONS),
        ("time", _TIMES),
        ("exception", _EXCEPTIONS),
        ("concession", _CONCESSIONS),
        ("idiom", IDIOMS),
    ):
        for phrase in phrases.split("|"):
            words = tuple(phrase.split())
            table.setdefault(words[0], []).append((words, rule))
    for entries in table.values():
        # The longest first; of two that are the same words, the one that comes first above.
        entries.sort(key=lambda entry: -len(entry[0]))
    return table


_PHRASES: Final = _table()
# The longest first.
ADVERSATIVES: Final = tuple(
    sorted((tuple(p.split()) for p in _ADVERSATIVES.split("|")), key=len, reverse=True)
)

TYPES: Final = {
    "condition": FindingType.CONDITION_DROPPED,
    "time": FindingType.CONDITION_DROPPED,
    "exception": FindingType.EXCEPTION_DROPPED,
    "concession": FindingType.CONTRAST_DROPPED,
}


def find_phrases(sentence: TokenSpan) -> Iterator[Phrase]:
    """Give the set phrases of a sentence that open a condition, an exception or a concession."""
    words = [token.lower_ for token in sentence]
    at = 0
    while at < len(words):
        if _is_inverted(sentence[at]):
            yield Phrase("condition", sentence.start + at, sentence.start + at + 1)
        for phrase, rule in _PHRASES.get(words[at], ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                start = sentence.start + at
                yield Phrase(rule, start, start + len(phrase))
                at += len(phrase) - 1
                break
        at += 1


def _is_inverted(token: Token) -> bool:
    """Say whether an auxiliary before its subject stands for *if*: “should the harvest fail”."""
    if token.lower_ not in {"should", "had", "were"} or token.dep_ not in {
        "aux",
        "cop",
        "aux:pass",
    }:
        return False
    head = token.head
    subjects = [c for c in head.children if c.dep_ in {"nsubj", "nsubj:pass", "expl"}]
    is_first = token == token.sent[0] or token.nbor(-1).text in {",", "and", "that", "–", "—", "“"}
    is_asked = token.sent.text.rstrip().endswith("?")
    return is_first and not is_asked and any(token.i < s.i < head.i for s in subjects)


UNIVERSALS: Final = word_set(
    "all every each any no none nobody nothing everyone everybody anyone nowhere"
)


def is_exception(token: Token) -> bool:
    """Say whether *but* takes one thing out of all: “all the towns but Harwell”, “all but one”."""
    if token.lower_ not in {"but", "save", "bar"} or token.i + 1 >= len(token.doc):
        return False
    before = token.doc[max(token.sent.start, token.i - 6) : token.i]
    following = token.nbor(1)
    if following.lower_ in {"not", "only", "also"}:
        return False
    if token.i > token.sent.start and token.nbor(-1).lower_ in UNIVERSALS:
        return True
    if not any(t.lower_ in UNIVERSALS for t in before):
        return False
    end = token.i + 1
    while end < token.sent.end and (
        token.doc[end].pos_ in {"DET", "ADJ", "NOUN", "PROPN", "NUM"}
        or token.doc[end].lower_ == "one"
    ):
        end += 1
    return end > token.i + 1 and (
        end >= token.sent.end
        or token.doc[end].pos_ not in {"AUX", "VERB"}
        or following.lower_ == "one"
        or following.pos_ == "NUM"
    )


def is_negation(token: Token) -> bool:
    """Say whether a token turns what it governs round: not, never, no, nobody."""
    word = token.lower_
    after = token.nbor(1).lower_ if token.i + 1 < len(token.doc) else ""
    if word in {"not", "n't", "n’t"} and after in NOT_ONLY:
        return False
    if word in NEGATIVE_ADVERBS and token.dep_ in {"nsubj", "nsubj:pass", "obj", "obl"}:
        return word == "neither"
    if word in NEGATIVE_ADVERBS:
        return token.dep_ in {"advmod", "cc", "cc:preconj", "det", "dep", "fixed", "discourse"}
    if word == "no":
        return token.dep_ in {"det", "advmod"} and after not in {"doubt", "matter"}
    if word in {"few", "little"}:
        before = token.nbor(-1).lower_ if token.i else ""
        is_bare = before not in {"a", "the", "these", "those", "his", "her", "their", "its"}
        return is_bare and token.dep_ in {"amod", "det", "nsubj", "nsubj:pass", "advmod"}
    return word in NEGATIVE_PRONOUNS and token.dep_.startswith(("nsubj", "obj", "obl", "det"))
