"""The referring expressions of a parsed text, with what each shows of itself.

Labels are those of Universal Dependencies. Nothing is decided here about who is meant.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quotecheck.groups import find_hyphenated_names, find_named_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Doc, Token

    from quotecheck.groups import NamedGroup


class MentionKind(enum.StrEnum):
    """What an expression asks of its reader."""

    PRONOUN = "pronoun"  # he, they, its: somebody named elsewhere
    DEMONSTRATIVE = "demonstrative"  # this, those, standing alone
    TAKEN_UP = "taken_up"  # these firms, the same firms, both firms, such firms
    DEFINITE = "definite"  # the firms: perhaps named before, perhaps known to all
    NAME = "name"
    NOUN = "noun"  # a firm, three firms, firms


class Number(enum.StrEnum):
    """One or several."""

    SINGULAR = "singular"
    PLURAL = "plural"
    EITHER = "either"


class Animacy(enum.StrEnum):
    """A person or a thing; `EITHER` where the words do not tell."""

    PERSON = "person"
    THING = "thing"
    EITHER = "either"


class Gender(enum.StrEnum):
    """What a pronoun or a title says of a person's gender."""

    FEMININE = "feminine"
    MASCULINE = "masculine"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """One referring expression of a doc.

    `start` and `end` are token numbers of its core (relative clauses, appositions and examples left
    out), `root` that of its head. `conjuncts` and `examples` are numbers of other noun phrases in
    the same list: the parts of a coordination that this one opens, and the members that *such as*,
    *including* or *like* names for it. `modifiers` are the lemmas of all words that narrow the
    head, `qualities` those of adjectives, which set one group against another. `names` are its
    proper names, folded, title words left out.
    """

    number_in_text: int
    start: int
    end: int
    root: int
    sentence: int
    kind: MentionKind
    number: Number
    animacy: Animacy
    gender: Gender
    lemma: str
    modifiers: frozenset[str]
    qualities: frozenset[str]
    names: frozenset[str]
    name_type: str
    is_subject: bool
    is_bare: bool
    is_embedded: bool
    conjuncts: tuple[int, ...] = ()
    examples: tuple[int, ...] = ()
    described_by: tuple[int, ...] = ()

    @property
    def needs_antecedent(self) -> bool:
        """Whether the expression leans on something said elsewhere."""
        return self.kind in {
            MentionKind.PRONOUN,
            MentionKind.DEMONSTRATIVE,
            MentionKind.TAKEN_UP,
        }


_PRONOUNS = {
    "he": (Number.SINGULAR, Animacy.PERSON, Gender.MASCULINE),
    "she": (Number.SINGULAR, Animacy.PERSON, Gender.FEMININE),
    "it": (Number.SINGULAR, Animacy.THING, Gender.EITHER),
    "they": (Number.PLURAL, Animacy.EITHER, Gender.EITHER),
}
_PRONOUN_FORMS = {
    **dict.fromkeys(["he", "him", "his", "himself"], "he"),
    **dict.fromkeys(["she", "her", "hers", "herself"], "she"),
    **dict.fromkeys(["it", "its", "itself"], "it"),
    **dict.fromkeys(["they", "them", "their", "theirs", "themselves", "themself"], "they"),
}
_REFLEXIVES = frozenset(["himself", "herself", "itself", "themselves", "themself"])
_TAKING_UP = frozenset(["this", "that", "these", "those", "such", "both", "same"])
_DEMONSTRATIVES = {
    "this": Number.SINGULAR,
    "that": Number.SINGULAR,
    "these": Number.PLURAL,
    "those": Number.PLURAL,
}
# Times and places that are found by looking at a calendar or a map, not at what was said.
_POINTING_OUTSIDE = frozenset(
    [
        *("year", "month", "week", "weekend", "day", "morning", "afternoon", "evening", "night"),
        *("spring", "summer", "autumn", "fall", "winter", "season", "century", "decade", "hour"),
        *("moment", "time", "point", "way", "sort", "kind", "type", "country", "nation"),
        *("page", "article", "paper", "study", "chapter", "section", "book", "monday", "tuesday"),
        *("wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march"),
        *("april", "may", "june", "july", "august", "september", "october", "november"),
        *("december", "world", "today"),
        # where the speaker stands
        *("coast", "county", "city", "town", "state", "village", "island", "region", "district"),
        *("parish", "province", "valley", "continent", "room", "house", "hall", "building"),
        *("chamber", "court", "committee", "street", "office", "planet", "republic", "kingdom"),
    ]
)
# Probability of having an antecedent, from which on an *it* is not empty, whatever it looks like.
TAKEN = 0.5
# Nouns for stretches of time, which no pronoun takes up.
TIME_UNITS = frozenset(
    ["second", "minute", "hour", "day", "week", "month", "year", "decade", "century", "time", "age"]
)
_PERSON_NOUNS = frozenset(
    [
        *("man", "woman", "person", "people", "boy", "girl", "child", "kid", "baby", "father"),
        *("mother", "parent", "son", "daughter", "brother", "sister", "husband", "wife", "uncle"),
        *("aunt", "cousin", "friend", "colleague", "neighbour", "neighbor", "citizen", "resident"),
        *("president", "premier", "minister", "senator", "governor", "mayor", "judge", "justice"),
        *("chief", "chair", "chairman", "chairwoman", "executive", "boss", "head", "expert"),
        *("official", "officer", "soldier", "general", "colonel", "captain", "king", "queen"),
        *("prince", "princess", "emperor", "bishop", "priest", "pope", "doctor", "nurse"),
        *("patient", "student", "pupil", "professor", "scholar", "guest", "host", "critic"),
        *("author", "poet", "actor", "actress", "guy", "lady", "gentleman", "victim", "suspect"),
        *("defendant", "plaintiff", "witness", "lawyer", "attorney", "member", "politician"),
        *("representative", "candidate", "secretary", "spokesman", "spokeswoman", "spokesperson"),
        *("ceo", "athlete", "coach", "fan", "immigrant", "veteran", "activist", "scientist"),
    ]
)
# Types of entities that act, or none known: a word for these may mean a person.
_AGENTS = frozenset(["", "person", "organization", "animal"])
_PERSON_ENDINGS = ("man", "woman", "person", "ist", "ician", "eer", "ee")
# What ends like these, and names nobody.
_NO_PERSONS = frozenset(
    [
        *("career", "beer", "cheer", "deer", "veneer", "committee", "subcommittee", "degree"),
        *(
            "fee",
            "coffee",
            "tree",
            "knee",
            "bee",
            "guarantee",
            "jubilee",
            "decree",
            "levee",
            "toffee",
        ),
        *("list", "mist", "twist", "wrist", "fist", "gist", "heist", "waist", "talisman", "spree"),
    ]
)
_TITLES = {
    **dict.fromkeys(["mr", "mr.", "sir", "lord", "king", "prince"], Gender.MASCULINE),
    **dict.fromkeys(["mrs", "mrs.", "ms", "ms.", "miss", "lady", "queen"], Gender.FEMININE),
    **dict.fromkeys(
        ["dr", "dr.", "prof", "prof.", "professor", "president", "senator", "justice", "judge"],
        Gender.EITHER,
    ),
}
_FEMININE_NOUNS = frozenset(
    ["woman", "girl", "mother", "daughter", "sister", "wife", "aunt", "actress", "queen"]
)
_MASCULINE_NOUNS = frozenset(
    ["man", "boy", "father", "son", "brother", "husband", "uncle", "king", "guy", "gentleman"]
)
# Singular nouns for several people, which English takes up with “they” as well.
_COLLECTIVES = frozenset(
    [
        *("government", "company", "firm", "team", "family", "committee", "council", "board"),
        *("group", "party", "court", "police", "staff", "crew", "agency", "department", "union"),
        *("army", "band", "class", "club", "crowd", "public", "press", "media", "majority"),
        *("university", "school", "organization", "organisation", "couple", "pair", "everyone"),
        *("everybody", "someone", "somebody", "anyone", "anybody", "nobody", "person", "student"),
        *("panel", "institution", "bank", "administration", "congress", "parliament", "senate"),
    ]
)
_EXAMPLE_MARKS = frozenset(["such", "including", "like", "e.g.", "include"])
_NO_QUALITY = frozenset(
    ["same", "such", "other", "many", "few", "several", "more", "most", "own", "certain", "various"]
)
_SUBJECTS = frozenset(["nsubj", "nsubj:pass", "nsubj:outer", "csubj"])
_NOT_NOMINAL = frozenset(
    ["compound", "flat", "fixed", "goeswith", "case", "cc", "det", "mark", "punct", "discourse"]
)
# What belongs to a noun phrase but not to the words that name its referent.
_OUTSIDE_CORE = frozenset(
    [
        *("acl:relcl", "acl", "parataxis", "appos", "conj", "cc", "case", "mark", "cop", "nsubj"),
        *("nsubj:pass", "nsubj:outer", "csubj", "aux", "aux:pass", "advcl", "advcl:relcl"),
        *("ccomp", "expl", "obl", "obj", "xcomp", "vocative", "dislocated", "discourse", "punct"),
        *("orphan", "list", "reparandum", "obl:npmod", "obl:unmarked", "cc:preconj", "dep"),
    ]
)
_WEATHER = ("rain", "snow", "hail", "drizzl", "thunder", "freez")
_AMBIENT = frozenset(
    ["late", "early", "dark", "cold", "hot", "warm", "noon", "midnight", "winter", "summer", "dusk"]
)
_CLAUSES = frozenset(
    ["csubj", "csubj:pass", "csubj:outer", "ccomp", "advcl", "xcomp", "acl", "acl:relcl"]
)
_IMPERSONAL = frozenset(
    [
        *("clear", "possible", "impossible", "likely", "unlikely", "true", "important", "hard"),
        *("difficult", "easy", "necessary", "obvious", "time", "late", "early", "fair", "safe"),
        *("essential", "vital", "crucial", "worth", "good", "bad", "best", "better", "right"),
        *("wrong", "unclear", "surprising", "strange", "odd", "sad", "unfair", "reasonable"),
        *("seem", "appear", "turn", "happen", "follow", "matter", "dark", "cold", "hot", "warm"),
        *("day", "night", "year", "day", "common", "estimate", "say", "believe", "think", "know"),
    ]
)


def read_mentions(doc: Doc) -> tuple[NounPhrase, ...]:
    """Return the referring expressions of a doc, by the place of their heads.

    Args:
        doc: Parsed, tagged, with sentences and entities.
    """
    sentences = {t.i: n for n, sentence in enumerate(doc.sents) for t in sentence}
    groups = {head: group for group in find_named_groups(doc) for head in group.heads}
    named = {run[-1]: run for group in groups.values() for run in group.members}
    for run in find_hyphenated_names(doc):
        named.setdefault(run[-1], run)
    inside = {i for run in named.values() for i in run[:-1]}
    roots = [
        token
        for token in doc
        if token.i in groups or token.i in named or (_is_head(token) and token.i not in inside)
    ]
    numbers = {token.i: n for n, token in enumerate(roots)}
    return tuple(
        _read_phrase(
            token,
            number,
            sentences[token.i],
            numbers,
            groups.get(token.i),
            named.get(token.i),
        )
        for number, token in enumerate(roots)
    )


def _is_head(token: Token) -> bool:
    relation = token.dep_.partition(":")[0]
    if token.dep_ == "nmod:desc" and token.i < token.head.i and token.head.pos_ == "PROPN":
        return False  # a title: part of the name that it stands before
    if token.pos_ in {"NOUN", "PROPN"}:
        return relation not in _NOT_NOMINAL and any(c.isalnum() for c in token.text)
    if token.lower_ in _PRONOUN_FORMS:
        return not _is_expletive(token) or _is_found(token)
    if token.lower_ in _DEMONSTRATIVES:
        return (
            token.pos_ == "PRON"
            and "Rel" not in token.morph.get("PronType", [])
            and relation in {"nsubj", "obj", "iobj", "obl", "nmod", "conj", "root", "ROOT"}
            and not any(c.dep_.startswith(("acl", "nmod")) for c in token.children)
        )
    return False


def _is_found(token: Token) -> bool:
    """Say whether the coreference component has somebody in mind for a pronoun."""
    mention = token.doc._.coreference.at(token.i)
    return mention is not None and sum(c.probability for c in mention.antecedents) >= TAKEN


def _entity_type(root: Token) -> str:
    """Return what the coreference component takes an expression for; "" where it sees none."""
    mention = root.doc._.coreference.at(root.i)
    return "" if mention is None else mention.kind


def _is_expletive(token: Token) -> bool:
    """Say whether an *it* points to nothing: it rains, it is late, it is clear that …, it seems."""
    if token.lower_ != "it":
        return False
    head = token.head
    children = list(head.children)
    return (
        token.dep_.startswith("expl")
        or _announces(token)
        or head.lower_.startswith(_WEATHER)
        or (head.lemma_.lower() in _AMBIENT and any(c.dep_ == "cop" for c in children))
        or (
            head.lemma_.lower() in _IMPERSONAL
            and any(c.dep_ in _CLAUSES and c.i > head.i for c in children)
        )
    )


def _announces(token: Token) -> bool:
    """Say whether an *it* stands for the clause after it: it is easier to …, it is when …."""
    after = [t for t in token.doc[token.i + 1 : token.i + 8] if t.pos_ != "ADV" or t.tag_ == "WRB"]
    has_be = bool(after) and after[0].lemma_ == "be"
    words = after[1:] if has_be else after
    if has_be and words and words[0].lower_ in {"when", "that", "because", "what", "why", "how"}:
        return True
    is_adjective = bool(words) and words[0].pos_ == "ADJ"
    return is_adjective and len(words) > 1 and words[1].lower_ in {"to", "that", "for"}


def _read_phrase(
    root: Token,
    number: int,
    sentence: int,
    numbers: dict[int, int],
    group: NamedGroup | None,
    run: tuple[int, ...] | None,
) -> NounPhrase:
    """Read one expression.

    Args:
        root: Its head.
        number: Its place in the list.
        sentence: The number of its sentence.
        numbers: The places of all heads.
        group: What is named for it, where it is a group.
        run: Its tokens, where it is a name that is given for a group.
    """
    core = sorted(run or _core(root))
    if group is not None:
        core = [i for i in core if i < group.marker]
    start = end = core.index(root.i)
    while start > 0 and core[start - 1] == core[start] - 1:
        start -= 1
    while end + 1 < len(core) and core[end + 1] == core[end] + 1:
        end += 1
    tokens = [root.doc[i] for i in core[start : end + 1]]
    kind = _kind(root, tokens)
    names: frozenset[str] = frozenset()
    if run is not None:
        names = frozenset(t.lower_ for t in tokens if t.pos_ == "PROPN")
    elif kind is not MentionKind.PRONOUN:
        names = frozenset(_name_words(tokens, root))
    if kind in {MentionKind.NOUN, MentionKind.DEFINITE} and root.pos_ == "PROPN" and names:
        kind = MentionKind.NAME
    plurality, animacy, gender = _features(root, tokens, kind)
    return NounPhrase(
        number_in_text=number,
        start=tokens[0].i,
        end=tokens[-1].i + 1,
        root=root.i,
        sentence=sentence,
        kind=kind,
        number=plurality,
        animacy=animacy,
        gender=gender,
        lemma=root.lemma_.lower(),
        modifiers=frozenset(
            t.lemma_.lower()
            for t in tokens
            if t.i != root.i and t.pos_ in {"ADJ", "NOUN", "PROPN", "VERB"}
        ),
        qualities=frozenset(
            t.lemma_.lower()
            for t in tokens
            if t.i != root.i
            and (t.dep_ == "amod" or (t.dep_ == "conj" and t.head.dep_ == "amod"))
            and t.lower_ not in _NO_QUALITY
        ),
        names=names,
        name_type=root.ent_type_ or next((t.ent_type_ for t in tokens if t.ent_type_), ""),
        is_subject=_is_subject(root),
        is_bare=not any(c.dep_ in {"det", "nmod:poss", "nummod"} for c in root.children),
        is_embedded=root.dep_.startswith("nmod"),
        conjuncts=tuple(numbers[c.i] for c in root.children if c.dep_ == "conj" and c.i in numbers),
        examples=tuple(
            numbers[i]
            for i in (
                [run[-1] for run in group.members] if group else [t.i for t in _examples(root)]
            )
            if i in numbers
        ),
        described_by=tuple(numbers[t.i] for t in _descriptions(root) if t.i in numbers),
    )


def _core(root: Token) -> Iterator[int]:
    """Give the numbers of the tokens that name the referent."""
    yield root.i
    for child in root.children:
        relation = child.dep_
        if relation in _OUTSIDE_CORE or (relation.startswith("nmod") and _is_example(child)):
            continue
        if child.i < root.i and any(c.dep_ == "case" and c.i < child.i for c in child.children):
            continue  # “In particular, firms …”: no part of the firms' name
        if relation == "punct" and child.text not in {"-", "–", "'", "’"}:
            continue
        yield from _whole(child)


def _whole(token: Token) -> Iterator[int]:
    """Give a dependent's tokens, clauses that hang on it left out."""
    yield token.i
    for child in token.children:
        if not child.dep_.startswith(("acl", "parataxis", "appos", "advcl")):
            yield from _whole(child)


def _is_example(token: Token) -> bool:
    return any(
        c.lower_ in _EXAMPLE_MARKS and c.dep_ in {"case", "mark", "fixed", "amod"}
        for c in token.children
        if c.i < token.i
    )


def _examples(root: Token) -> Iterator[Token]:
    """Give the heads of the members that are named for a group."""
    for child in root.children:
        if child.dep_.startswith(("nmod", "acl", "obl", "advmod", "dep", "appos")) and _is_example(
            child
        ):
            yield child
            yield from (c for c in child.children if c.dep_ == "conj")


def _descriptions(root: Token) -> Iterator[Token]:
    """Give the heads of what is said to be the same: appositions and predicate nouns."""
    for child in root.children:
        if child.dep_ == "appos" and child.pos_ in {"NOUN", "PROPN"}:
            yield child
    head = root.head
    is_predicate = any(c.dep_ == "cop" and c.lemma_ == "be" for c in head.children)
    is_negated = any("Neg" in c.morph.get("Polarity", []) for c in head.children)
    if (
        root.dep_ in {"nsubj", "nsubj:outer"}
        and head.pos_ in {"NOUN", "PROPN"}
        and is_predicate
        and not is_negated
    ):
        yield head


def _kind(root: Token, tokens: list[Token]) -> MentionKind:
    word = root.lower_
    if word in _PRONOUN_FORMS:
        return MentionKind.PRONOUN
    if word in _DEMONSTRATIVES and root.pos_ == "PRON":
        return MentionKind.DEMONSTRATIVE
    openers = [t for t in tokens if t.i < root.i and t.head.i == root.i]
    determiners = {t.lower_ for t in openers}
    if determiners & _TAKING_UP and not _points_outside(root, determiners, openers):
        return MentionKind.TAKEN_UP
    if "the" in determiners:
        return MentionKind.DEFINITE
    return MentionKind.NOUN


def _points_outside(root: Token, determiners: set[str], openers: list[Token]) -> bool:
    """Say whether *this*, *such*, *both* or *same* leans on nothing that was said before."""
    if determiners & {"this", "that", "these", "those"}:
        restricted = any(c.dep_.startswith(("acl", "nmod")) for c in root.children if c.i > root.i)
        return root.lemma_.lower() in _POINTING_OUTSIDE or (
            bool(determiners & {"that", "those"}) and restricted
        )
    if "both" in determiners:
        return any(c.dep_ == "conj" for c in root.children)
    if "such" in determiners:
        return (
            root.lemma_.lower() in _POINTING_OUTSIDE
            or any(t.lower_ == "as" for t in root.subtree)
            or any(c.dep_.startswith("advcl") for c in root.children)
        )
    if "same" in determiners:
        is_bound = any(t.lower_ in {"the", "these", "those", "this", "that"} for t in openers)
        compares = any(t.lower_ in {"as", "that", "who", "which"} for t in root.subtree)
        return not is_bound or compares or root.lemma_.lower() in _POINTING_OUTSIDE
    return False


def _name_words(tokens: list[Token], root: Token) -> Iterator[str]:
    """Give the words of the phrase's own name, not of names inside its modifiers."""
    for token in tokens:
        if token.pos_ != "PROPN" or token.lower_ in _TITLES:
            continue
        top = token
        while top.i != root.i and top.dep_.partition(":")[0] in {"flat", "compound", "nmod"}:
            if top.dep_.startswith("nmod") and any(c.dep_ == "case" for c in top.children):
                break
            top = top.head
        if top.i == root.i and (root.pos_ == "PROPN" or token.ent_type_):
            yield re.sub(r"['’]s$", "", token.lower_)


def _features(
    root: Token, tokens: list[Token], kind: MentionKind
) -> tuple[Number, Animacy, Gender]:
    word, lemma = root.lower_, root.lemma_.lower()
    if kind is MentionKind.PRONOUN:
        return _PRONOUNS[_PRONOUN_FORMS[word]]
    if kind is MentionKind.DEMONSTRATIVE:
        return _DEMONSTRATIVES[word], Animacy.THING, Gender.EITHER
    gender = next((_TITLES[t.lower_] for t in tokens if t.lower_ in _TITLES), Gender.EITHER)
    if lemma in _FEMININE_NOUNS:
        gender = Gender.FEMININE
    elif lemma in _MASCULINE_NOUNS:
        gender = Gender.MASCULINE
    number = Number.PLURAL if "Plur" in root.morph.get("Number", []) else Number.SINGULAR
    if any(c.dep_ == "conj" for c in root.children):
        number = Number.PLURAL if number is Number.PLURAL else Number.EITHER
    elif root.ent_type_ == "ORG" or (number is Number.SINGULAR and lemma in _COLLECTIVES):
        number = Number.EITHER
    is_titled = any(t.lower_ in _TITLES for t in tokens)
    # The Capital Ledger is no person, whatever the recogniser of names says.
    is_work = root.pos_ == "PROPN" and number is Number.SINGULAR and tokens[0].lower_ == "the"
    if is_titled or (root.ent_type_ == "PER" and not is_work):
        return number, Animacy.PERSON, gender
    if root.ent_type_:
        return number, Animacy.THING, gender
    has_ending = lemma.endswith(_PERSON_ENDINGS) and lemma not in _NO_PERSONS
    if lemma in _PERSON_NOUNS or has_ending:
        return number, Animacy.PERSON, gender
    is_agent = lemma.endswith(("er", "or", "ian", "ant")) or root.pos_ == "PROPN"
    type_ = _entity_type(root)
    is_either = type_ == "person" or (
        is_agent and lemma not in _NO_PERSONS and (type_ in _AGENTS or root.pos_ == "PROPN")
    )
    return number, Animacy.EITHER if is_either else Animacy.THING, gender


def _is_subject(root: Token) -> bool:
    return root.dep_ in _SUBJECTS or (
        root.dep_ == "conj" and root.head.dep_ in _SUBJECTS and root.head.pos_ != "VERB"
    )


def is_reflexive(doc: Doc, phrase: NounPhrase) -> bool:
    """Say whether the expression is *himself*, *themselves* or the like."""
    return doc[phrase.root].lower_ in _REFLEXIVES
