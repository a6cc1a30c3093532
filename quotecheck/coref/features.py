"""What the parse says of each word, and of two words as mentions of the same, as small numbers.

    Doc ─► WordFeatures (one row a word) ─► pair_features (one row a pair of words)

A mention is stood for by its head word (Dobrovolskii 2021); one that coordinates others, by its
conjunction (D'Oosterlinck et al. 2023), so that “A and B” and “A” are two.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from spacy.tokens import Doc, Token

    Ints = npt.NDArray[np.int64]
    Bits = npt.NDArray[np.uint64]

UPOS: Final = (
    *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN"),
    *("PUNCT", "SCONJ", "SYM", "VERB", "X", "SPACE"),
)
RELATIONS: Final = (
    *("acl", "advcl", "advmod", "amod", "appos", "aux", "case", "cc", "ccomp", "compound", "conj"),
    *("cop", "csubj", "dep", "det", "discourse", "dislocated", "expl", "fixed", "flat", "goeswith"),
    *("iobj", "list", "mark", "nmod", "nmod:poss", "nsubj", "nsubj:pass", "nummod", "obj", "obl"),
    *("orphan", "parataxis", "punct", "reparandum", "ROOT", "vocative", "xcomp", "acl:relcl"),
)
NAMES: Final = ("", "PER", "ORG", "LOC")
NUMBERS: Final = ("", "singular", "plural")
CASES: Final = ("lower", "title", "upper", "mixed", "digits", "other")

# What kind of expression a word heads. The order is part of the weights.
KINDS: Final = (
    *("i", "we", "you", "he", "she", "it", "they", "this", "these", "relative", "pronoun"),
    *("name", "definite", "taken_up", "indefinite", "possessed", "plural", "noun", "clause"),
    *("other", "coordination", "none"),
)
KIND: Final = {name: number for number, name in enumerate(KINDS)}
PRONOUN_KINDS: Final = frozenset(range(KIND["pronoun"] + 1))
_FORMS: Final = {
    **dict.fromkeys(("i", "me", "my", "mine", "myself"), "i"),
    **dict.fromkeys(("we", "us", "our", "ours", "ourselves"), "we"),
    **dict.fromkeys(("you", "your", "yours", "yourself", "yourselves"), "you"),
    **dict.fromkeys(("he", "him", "his", "himself"), "he"),
    **dict.fromkeys(("she", "her", "hers", "herself"), "she"),
    **dict.fromkeys(("it", "its", "itself"), "it"),
    **dict.fromkeys(("they", "them", "their", "theirs", "themselves", "themself"), "they"),
}
_RELATIVES: Final = frozenset({"who", "whom", "whose", "which", "what", "whoever", "where", "when"})
# By what stands before it, a noun is of the first kind that fits.
_DETERMINERS: Final = {
    "taken_up": frozenset({"this", "that", "these", "those", "such", "same", "both", "former"}),
    "definite": frozenset({"the"}),
    "indefinite": frozenset({"a", "an", "another", "one", "some"}),
}
_KIND_OF_POS: Final = {"CCONJ": "coordination", "PROPN": "name", "VERB": "clause", "AUX": "clause"}
_NOMINAL: Final = frozenset({"NOUN", "NUM", "ADJ", "X", "SYM"})

# Grammatical roles, as far as salience goes.
ROLES: Final = ("subject", "object", "oblique", "modifier", "possessor", "root", "other")
_ROLE_OF: Final = {
    **dict.fromkeys(("nsubj", "nsubj:pass", "csubj"), "subject"),
    **dict.fromkeys(("obj", "iobj", "xcomp"), "object"),
    "obl": "oblique",
    **dict.fromkeys(("nmod", "compound", "appos", "acl"), "modifier"),
    "nmod:poss": "possessor",
    "ROOT": "root",
}
_NO_MENTION: Final = frozenset({"PUNCT", "SPACE", "ADP", "PART", "SCONJ", "INTJ"})
# The adverbs that can be mentions.
_ADVERBS: Final = frozenset({"here", "there", "then", "now", "today", "yesterday", "tomorrow"})
# What describes a word: content words, by way of so many of these relations.
_CONTENT: Final = frozenset({"NOUN", "PROPN", "ADJ", "NUM", "VERB", "X"})
_DESCRIBING: Final = frozenset({"amod", "compound", "flat", "nummod", "nmod"})
_HIGHEST: Final = 4
_NAMING: Final = frozenset({"flat", "compound", "nmod", "nmod:desc", "nmod:unmarked"})
_CLOSING: Final = {"“": "”", "‘": "’", "«": "»", '"': '"'}
# A mark that is not closed within so many words opens nothing: a slip, or an apostrophe.
_LONGEST_QUOTATION: Final = 250

N_BITS: Final = 4
_WORD_SIZE: Final = 64
HASH: Final = 2**63 - 1
_UPOS: Final = {name: number for number, name in enumerate(UPOS)}
_RELATIONS: Final = {name: number for number, name in enumerate(RELATIONS)}
_NAMES: Final = {name: number for number, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class WordFeatures:
    """What is known of the words of a text, one row a word.

    Attributes:
        upos, relation, name, case, kind: numbers in `UPOS`, `RELATIONS` (and one more for others),
            `NAMES`, `CASES`, `KINDS`. *Shape:* (words,), int64, as all below.
        number: number in `NUMBERS`, where the first is unknown.
        role: number in `ROLES`.
        sentence: number of the word's sentence, rising.
        head: index of the head word; a root is its own.
        lemma, form: hashes.
        quote: 0 outside quotation marks, else the number of the quotation.
        is_candidate: whether the word can stand for a mention. *Shape:* (words,), bool.
        bag: hashed set of the lemmas that describe what the word heads. *Shape:* (words, N_BITS),
            uint64.
        proper: the same for its name alone.
        vector: the pipeline's own vectors. *Shape:* (words, width), float32.
    """

    upos: Ints
    relation: Ints
    name: Ints
    case: Ints
    kind: Ints
    number: Ints
    role: Ints
    sentence: Ints
    head: Ints
    lemma: Ints
    form: Ints
    quote: Ints
    is_candidate: npt.NDArray[np.bool_]
    bag: Bits
    proper: Bits
    vector: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.upos)

    def take(self, kept: Ints) -> WordFeatures:
        """Keep some words, in order, heads renumbered; a word whose head is gone is its own."""
        new = np.full(len(self), -1, dtype=np.int64)
        new[kept] = np.arange(len(kept))
        rows = {f.name: getattr(self, f.name)[kept] for f in fields(self)}
        head = new[self.head[kept]]
        rows["head"] = np.where(head < 0, np.arange(len(kept)), head)
        rows["sentence"] = np.unique(rows["sentence"], return_inverse=True)[1].astype(np.int64)
        return WordFeatures(**rows)


def read_words(doc: Doc) -> WordFeatures:
    """Read the features of a parsed doc's words."""
    tokens = list(doc)
    bag, proper = _describe(tokens)
    columns = {
        "upos": [_UPOS.get(token.pos_, _UPOS["X"]) for token in tokens],
        "relation": [_relation(token.dep_) for token in tokens],
        "name": [_NAMES.get(token.ent_type_, 0) for token in tokens],
        "case": [_case(token.text) for token in tokens],
        "kind": [_kind(token) for token in tokens],
        "number": [_number(token) for token in tokens],
        "role": [_role(token) for token in tokens],
        "sentence": [
            number for number, sentence in enumerate(doc.sents) for _ in range(len(sentence))
        ],
        "head": [token.head.i for token in tokens],
        "lemma": [token.lemma & HASH for token in tokens],
        "form": [token.lower & HASH for token in tokens],
        "quote": list(_quotations(tokens)),
    }
    rows = {name: np.asarray(values, dtype=np.int64) for name, values in columns.items()}
    for token in tokens:
        if token.pos_ == "CCONJ":  # a coordination is described by all that it joins
            joined = token.head
            for at in {joined.i, joined.head.i if joined.dep_ == "conj" else joined.i}:
                bag[token.i] |= bag[at]
                proper[token.i] |= proper[at]
            for name in ("role", "name"):
                rows[name][token.i] = rows[name][joined.i]
    return WordFeatures(
        **rows,
        is_candidate=np.asarray([_is_candidate(token) for token in tokens], dtype=np.bool_),
        bag=bag,
        proper=proper,
        vector=np.asarray(doc.tensor, dtype=np.float32),
    )


def _describe(tokens: Sequence[Token]) -> tuple[Bits, Bits]:
    """Gather what describes each word, and what names it: its `bag` and its `proper`."""
    bag = np.zeros((len(tokens), N_BITS), dtype=np.uint64)
    proper = np.zeros((len(tokens), N_BITS), dtype=np.uint64)
    for index, token in enumerate(tokens):
        if token.pos_ not in _CONTENT:
            continue
        bit = zlib.crc32(token.lemma_.lower().encode()) % (_WORD_SIZE * N_BITS)
        mask = np.uint64(1 << (bit % _WORD_SIZE))
        is_proper, is_naming = token.pos_ == "PROPN", token.dep_ in _NAMING
        for at in {index, _described(token)}:
            bag[at, bit // _WORD_SIZE] |= mask
            if is_proper and (at == index or is_naming):
                proper[at, bit // _WORD_SIZE] |= mask
    return bag, proper


def _described(token: Token) -> int:
    """Return the index of the word whose referent a word helps to name."""
    at = token
    for _ in range(_HIGHEST):
        if at.dep_.partition(":")[0] not in _DESCRIBING or (at.dep_ == "nmod" and at.i > at.head.i):
            break
        at = at.head
    return at.i


def _quotations(tokens: Sequence[Token]) -> Iterator[int]:
    """Number each word's quotation, from its opening mark to before its closing one."""
    closed_at = _close(tokens)
    quote, n_quotes, end = 0, 0, 0
    for index in range(len(tokens)):
        if index == end:
            quote = 0
        if index in closed_at and not quote:
            n_quotes += 1
            quote, end = n_quotes, closed_at[index]
        yield quote


def _close(tokens: Sequence[Token]) -> dict[int, int]:
    """Give where the quotation ends for each mark that opens an outermost one.

    A new paragraph of a speech opens again what was not closed.
    """
    closed_at: dict[int, int] = {}
    opened, closing = -1, ""
    for index, token in enumerate(tokens):
        text = token.text
        is_open = bool(closing) and index - opened <= _LONGEST_QUOTATION
        if is_open and text == closing:
            closed_at[opened] = index
            closing = ""
        elif text in _CLOSING and (not is_open or _CLOSING[text] == closing):
            if is_open:
                closed_at[opened] = index
            opened, closing = index, _CLOSING[text]
    return closed_at


def _is_candidate(token: Token) -> bool:
    if token.pos_ == "ADV":
        return token.lower_ in _ADVERBS
    return token.pos_ not in _NO_MENTION and token.dep_ != "det"


def _relation(relation: str) -> int:
    number = _RELATIONS.get(relation)
    if number is None:
        number = _RELATIONS.get(relation.partition(":")[0], len(RELATIONS))
    return number


def _case(text: str) -> int:
    if text.islower():
        name = "lower"
    elif text[:1].isupper() and text[1:].islower():
        name = "title"
    elif text.isupper():
        name = "upper"
    elif text.isalpha():
        name = "mixed"
    else:
        name = "digits" if any(c.isdigit() for c in text) else "other"
    return CASES.index(name)


def _number(token: Token) -> int:
    if token.pos_ == "CCONJ":
        return NUMBERS.index("plural")
    found = token.morph.get("Number", [])
    return NUMBERS.index("plural" if "Plur" in found else "singular" if "Sing" in found else "")


def _role(token: Token) -> int:
    at = token
    while at.dep_ == "conj" and at.head.i != at.i:
        at = at.head
    role = _ROLE_OF.get(at.dep_) or _ROLE_OF.get(at.dep_.partition(":")[0], "other")
    return ROLES.index(role)


def _kind(token: Token) -> int:
    pos = token.pos_
    if token.lower_ in _FORMS:
        name = _FORMS[token.lower_]
    elif pos in _KIND_OF_POS:
        name = _KIND_OF_POS[pos]
    elif pos in {"PRON", "DET"}:
        name = _kind_of_pronoun(token)
    else:
        name = _kind_of_noun(token) if pos in _NOMINAL else "none"
    return KIND[name]


def _kind_of_pronoun(token: Token) -> str:
    word = token.lower_
    if word in {"this", "that"}:
        return "relative" if "Rel" in token.morph.get("PronType", []) else "this"
    if word in {"these", "those"}:
        return "these"
    return "relative" if word in _RELATIVES else "pronoun"


def _kind_of_noun(token: Token) -> str:
    openers = list(token.lefts)
    words = {opener.lower_ for opener in openers}
    for name, determiners in _DETERMINERS.items():
        if words & determiners:
            return name
    if any(opener.dep_ == "nmod:poss" for opener in openers):
        return "possessed"
    if token.pos_ != "NOUN":
        return "other"
    return "plural" if "Plur" in token.morph.get("Number", []) else "noun"


# --- pairs ---------------------------------------------------------------------------------------

_WORD_STEPS: Final = np.asarray([1, 2, 3, 5, 8, 12, 20, 32, 64, 128, 256, 512])
_SENTENCE_STEPS: Final = np.asarray([1, 2, 3, 4, 6, 9, 17, 33])
_N_KINDS: Final = len(KINDS)

N_DISTANCES: Final = len(_WORD_STEPS) + 1

# Sizes of the one-hot groups of a pair, in order.
GROUPS: Final = {
    "words": len(_WORD_STEPS) + 1,
    "sentences": len(_SENTENCE_STEPS) + 1,
    "head": 3,
    "bag": 7,
    "proper": 7,
    "kinds": _N_KINDS * _N_KINDS,
    "numbers": len(NUMBERS) * len(NUMBERS),
    "names": len(NAMES) * len(NAMES),
    "roles": len(ROLES) * len(ROLES),
    "syntax": 6,
    "quotes": 5,
}
N_PAIR_FEATURES: Final = sum(GROUPS.values())
_OFFSETS: Final = np.cumsum([0, *GROUPS.values()])[:-1]


def coarse_features(words: WordFeatures, mentions: Ints, antecedents: Ints) -> tuple[Ints, Ints]:
    """Give what is looked at for every pair: how far they are apart, and whether heads are alike.

    Args:
        words: the text.
        mentions: head words. *Shape:* (mentions,).
        antecedents: head words. *Shape:* (antecedents,).

    Returns:
        Bins of their distance in words, in `range(N_DISTANCES)`; 2 for heads that are the same
        word, 1 for the same lemma, 0 for others and for pronouns.
        *Shape:* (mentions, antecedents) both.
    """
    m, a = mentions[:, None], antecedents[None, :]
    distances = np.searchsorted(_WORD_STEPS, m - a, side="right")
    is_noun = (words.kind[m] > KIND["pronoun"]) & (words.kind[a] > KIND["pronoun"])
    same = np.where(words.form[m] == words.form[a], 2, words.lemma[m] == words.lemma[a])
    return distances.astype(np.int64), np.where(is_noun, same, 0).astype(np.int64)


def pair_features(words: WordFeatures, mention: Ints, antecedent: Ints) -> Ints:
    """Give the features of pairs: for each, which of `N_PAIR_FEATURES` are on.

    Args:
        words: the text.
        mention: head words. *Shape:* (pairs,).
        antecedent: head words before these. *Shape:* (pairs,).

    Returns:
        *Shape:* (pairs, len(GROUPS)), int64.
    """
    m, a = mention, antecedent
    columns = (
        np.searchsorted(_WORD_STEPS, m - a, side="right"),
        np.searchsorted(_SENTENCE_STEPS, words.sentence[m] - words.sentence[a], side="right"),
        np.where(
            words.form[m] == words.form[a], 2, (words.lemma[m] == words.lemma[a]).astype(np.int64)
        ),
        _compare_sets(words.bag[m], words.bag[a]),
        _compare_sets(words.proper[m], words.proper[a]),
        words.kind[m] * _N_KINDS + words.kind[a],
        words.number[m] * len(NUMBERS) + words.number[a],
        words.name[m] * len(NAMES) + words.name[a],
        words.role[m] * len(ROLES) + words.role[a],
        _syntax(words, m, a),
        _quotes(words.quote[m], words.quote[a]),
    )
    found: Ints = np.stack(columns, axis=1) + _OFFSETS
    return found


def _compare_sets(left: Bits, right: Bits) -> Ints:
    """Say how two sets lie: both empty, one empty, equal, within, holding, meeting, apart."""
    n_left = np.bitwise_count(left).sum(axis=1)
    n_right = np.bitwise_count(right).sum(axis=1)
    n_both = np.bitwise_count(left & right).sum(axis=1)
    return np.select(
        [
            (n_left == 0) & (n_right == 0),
            (n_left == 0) | (n_right == 0),
            (n_both == n_left) & (n_both == n_right),
            n_both == n_left,
            n_both == n_right,
            n_both > 0,
        ],
        [0, 1, 2, 3, 4, 5],
        6,
    ).astype(np.int64)


def _syntax(words: WordFeatures, m: Ints, a: Ints) -> Ints:
    """Say how two words hang together: not in one sentence, and else by the tree."""
    head = words.head
    is_same = words.sentence[m] == words.sentence[a]
    up_m, up_a = m, a
    above_m = np.zeros(len(m), dtype=np.bool_)
    above_a = np.zeros(len(m), dtype=np.bool_)
    for _ in range(6):
        up_m, up_a = head[up_m], head[up_a]
        above_m |= up_m == a
        above_a |= up_a == m
    return np.select(
        [~is_same, above_m, above_a, head[m] == head[a], head[head[m]] == head[head[a]]],
        [0, 1, 2, 3, 4],
        5,
    ).astype(np.int64)


def _quotes(m: Ints, a: Ints) -> Ints:
    return np.select([(m == 0) & (a == 0), m == 0, a == 0, m == a], [0, 1, 2, 3], 4).astype(
        np.int64
    )
