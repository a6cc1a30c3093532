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
_TAKING_UP: Final = frozenset({"this", "that", "these", "those", "such", "same", "both", "former"})

# Grammatical roles, as far as salience goes.
ROLES: Final = ("subject", "object", "oblique", "modifier", "possessor", "root", "other")
_ROLE_OF: Final = {
    **dict.fromkeys(("nsubj", "nsubj:pass", "csubj"), 0),
    **dict.fromkeys(("obj", "iobj", "xcomp"), 1),
    "obl": 2,
    **dict.fromkeys(("nmod", "compound", "appos", "acl"), 3),
    "nmod:poss": 4,
    "ROOT": 5,
}
_NO_MENTION: Final = frozenset({"PUNCT", "SPACE", "ADP", "PART", "SCONJ", "INTJ", "ADV"})
_CONTENT: Final = frozenset({"NOUN", "PROPN", "ADJ", "NUM", "VERB", "X"})
_NAMING: Final = frozenset({"flat", "compound", "nmod:desc", "nmod:unmarked", "appos"})
_OPENING: Final = "“‘«"
_CLOSING: Final = "”’»"

N_BITS: Final = 4
_HASH: Final = 2**63 - 1
_UPOS: Final = {name: number for number, name in enumerate(UPOS)}
_RELATIONS: Final = {name: number for number, name in enumerate(RELATIONS)}
_NAMES: Final = {name: number for number, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class WordFeatures:
    """What is known of the words of a text, one row a word.

    Attributes:
        upos, relation, name, case, kind: numbers in `UPOS`, `RELATIONS` (and one more for others),
            `NAMES`, `CASES`, `KINDS`. *Shape:* (words,), int64, as all below.
        number: 0 unknown, 1 singular, 2 plural.
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
        """Keep some words, in order, with heads renumbered; a head that is gone becomes the word."""
        new = np.full(len(self), -1, dtype=np.int64)
        new[kept] = np.arange(len(kept))
        rows = {f.name: getattr(self, f.name)[kept] for f in fields(self)}
        head = new[self.head[kept]]
        rows["head"] = np.where(head < 0, np.arange(len(kept)), head)
        rows["sentence"] = np.unique(rows["sentence"], return_inverse=True)[1].astype(np.int64)
        return WordFeatures(**rows)


def read_words(doc: Doc) -> WordFeatures:
    """Read the features of a parsed doc's words."""
    n_words = len(doc)
    rows = {name: np.zeros(n_words, dtype=np.int64) for name in _COLUMNS}
    is_candidate = np.zeros(n_words, dtype=np.bool_)
    bag = np.zeros((n_words, N_BITS), dtype=np.uint64)
    proper = np.zeros((n_words, N_BITS), dtype=np.uint64)
    quote, n_quotes, is_straight_open = 0, 0, False
    sentence = -1
    for index, token in enumerate(doc):
        text = token.text
        if text in _OPENING or (text == '"' and not is_straight_open):
            n_quotes += 1
            quote, is_straight_open = n_quotes, text == '"'
        elif text in _CLOSING[0::2] or text == '"':
            quote, is_straight_open = 0, False
        if token.is_sent_start or index == 0:
            sentence += 1
        upos = token.pos_
        relation = token.dep_
        rows["upos"][index] = _UPOS.get(upos, len(UPOS) - 2)
        rows["relation"][index] = _relation(relation)
        rows["name"][index] = _NAMES.get(token.ent_type_, 0)
        rows["case"][index] = _case(text)
        rows["number"][index] = _number(token)
        rows["role"][index] = _role(token)
        rows["sentence"][index] = sentence
        rows["head"][index] = token.head.i
        rows["lemma"][index] = token.lemma & _HASH
        rows["form"][index] = token.lower & _HASH
        rows["quote"][index] = quote
        is_candidate[index] = (upos not in _NO_MENTION and relation != "det") or (
            upos == "ADV" and text.lower() in _ADVERBS
        )
        if upos in _CONTENT:
            bit = zlib.crc32(token.lemma_.lower().encode()) % (64 * N_BITS)
            mask = np.uint64(1 << (bit % 64))
            owner = _described(token)
            for at in {index, owner}:
                bag[at, bit // 64] |= mask
                if upos == "PROPN" and (at == index or relation in _NAMING or relation == "nmod"):
                    proper[at, bit // 64] |= mask
    rows["kind"] = np.asarray([_kind(token) for token in doc], dtype=np.int64)
    for token in doc:
        if token.pos_ == "CCONJ":  # a coordination is described by all that it joins
            joined = token.head
            for at in {joined.i, joined.head.i if joined.dep_ == "conj" else joined.i}:
                bag[token.i] |= bag[at]
                proper[token.i] |= proper[at]
            rows["role"][token.i] = rows["role"][joined.i]
            rows["name"][token.i] = rows["name"][joined.i]
    vector = np.asarray(doc.tensor, dtype=np.float32)
    return WordFeatures(**rows, is_candidate=is_candidate, bag=bag, proper=proper, vector=vector)


_COLUMNS: Final = (
    *("upos", "relation", "name", "case", "kind", "number", "role", "sentence", "head", "lemma"),
    *("form", "quote"),
)
_ADVERBS: Final = frozenset({"here", "there", "then", "now", "today", "yesterday", "tomorrow"})


def _relation(relation: str) -> int:
    number = _RELATIONS.get(relation)
    if number is None:
        number = _RELATIONS.get(relation.partition(":")[0], len(RELATIONS))
    return number


def _case(text: str) -> int:
    if text.islower():
        return 0
    if text[:1].isupper() and text[1:].islower():
        return 1
    if text.isupper():
        return 2
    if text.isalpha():
        return 3
    return 4 if any(c.isdigit() for c in text) else 5


def _number(token: Token) -> int:
    if token.pos_ == "CCONJ":
        return 2
    found = token.morph.get("Number", [])
    return 2 if "Plur" in found else 1 if "Sing" in found else 0


def _role(token: Token) -> int:
    at = token
    while at.dep_ == "conj" and at.head.i != at.i:
        at = at.head
    relation = at.dep_
    if relation in _ROLE_OF:
        return _ROLE_OF[relation]
    return _ROLE_OF.get(relation.partition(":")[0], len(ROLES) - 1)


def _kind(token: Token) -> int:
    word = token.lower_
    if word in _FORMS:
        return KIND[_FORMS[word]]
    pos = token.pos_
    if pos == "CCONJ":
        return KIND["coordination"]
    if pos in {"PRON", "DET"}:
        if word in {"this", "that"}:
            return KIND["relative" if "Rel" in token.morph.get("PronType", []) else "this"]
        if word in {"these", "those"}:
            return KIND["these"]
        return KIND["relative" if word in _RELATIVES else "pronoun"]
    if pos == "PROPN":
        return KIND["name"]
    if pos in {"VERB", "AUX"}:
        return KIND["clause"]
    if pos not in {"NOUN", "NUM", "ADJ", "X", "SYM"}:
        return KIND["none"]
    openers = [c for c in token.lefts]
    words = {c.lower_ for c in openers}
    if words & _TAKING_UP:
        return KIND["taken_up"]
    if "the" in words:
        return KIND["definite"]
    if words & {"a", "an", "another", "one", "some"}:
        return KIND["indefinite"]
    if any(c.dep_ == "nmod:poss" for c in openers):
        return KIND["possessed"]
    if pos == "NOUN":
        return KIND["plural" if "Plur" in token.morph.get("Number", []) else "noun"]
    return KIND["other"]


def _described(token: Token) -> int:
    """Return the index of the word whose referent a word helps to name."""
    at, steps = token, 0
    while steps < 4 and at.dep_.partition(":")[0] in {  # noqa: PLR2004  # deeper is another's name
        *("amod", "compound", "flat", "nummod", "nmod"),
    }:
        if at.dep_ == "nmod" and at.i > at.head.i:
            break
        at = at.head
        steps += 1
    return at.i if at is not token or token.pos_ else token.i


# --- pairs ---------------------------------------------------------------------------------------

_WORD_STEPS: Final = np.asarray([1, 2, 3, 5, 8, 12, 20, 32, 64, 128, 256, 512])
_SENTENCE_STEPS: Final = np.asarray([1, 2, 3, 4, 6, 9, 17, 33])
_N_KINDS: Final = len(KINDS)

# Sizes of the one-hot groups of a pair, in order.
GROUPS: Final = {
    "words": len(_WORD_STEPS) + 1,
    "sentences": len(_SENTENCE_STEPS) + 1,
    "head": 3,
    "bag": 7,
    "proper": 7,
    "kinds": _N_KINDS * _N_KINDS,
    "numbers": 9,
    "names": len(NAMES) * len(NAMES),
    "roles": len(ROLES) * len(ROLES),
    "syntax": 6,
    "quotes": 5,
}
N_PAIR_FEATURES: Final = sum(GROUPS.values())
_OFFSETS: Final = np.cumsum([0, *GROUPS.values()])[:-1]


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
        words.number[m] * 3 + words.number[a],
        words.name[m] * len(NAMES) + words.name[a],
        words.role[m] * len(ROLES) + words.role[a],
        _syntax(words, m, a),
        _quotes(words.quote[m], words.quote[a]),
    )
    return np.stack(columns, axis=1) + _OFFSETS


def _compare_sets(left: Bits, right: Bits) -> Ints:
    """Say how two sets lie: empty, equal, within, holding, meeting, apart."""
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
