"""Whom and what expressions point to: in one text, and in the passage against the source."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from quotecheck.antecedents import Resolution, resolve
from quotecheck.claim import Claim
from quotecheck.coref.clusters import Choice
from quotecheck.mentions import MentionKind, NounPhrase, Number, read_mentions
from quotecheck.records import Referent, Relation, Source

if TYPE_CHECKING:
    from spacy.language import Language

    from quotecheck.checker import Checker
    from quotecheck.encode import Encoder

pytestmark = pytest.mark.slow


def phrase(nlp: Language, text: str, words: str) -> NounPhrase:
    """Return the phrase with these words."""
    doc = nlp(text)
    found = [p for p in read_mentions(doc) if doc[p.start : p.end].text == words]
    assert found, [doc[p.start : p.end].text for p in read_mentions(doc)]
    return found[0]


def taken_up(nlp: Language, encoder: Encoder, text: str, words: str) -> list[str]:
    """Return what the last phrase with these words takes up."""
    resolution = resolved(nlp, encoder, text)
    mention = [p for p in resolution.phrases if resolution.text(p) == words][-1]
    link = resolution.links.get(mention.number_in_text)
    return [resolution.text(resolution.phrases[n]) for n in link.antecedents] if link else []


def resolved(nlp: Language, encoder: Encoder, text: str) -> Resolution:
    """Resolve a text."""

    def similarity(words: str, others: list[str]) -> list[float]:
        vectors = encoder.encode([words, *others])
        return [float(vectors[0] @ vector) for vector in vectors[1:]]

    return resolve(nlp(text), similarity)  # type: ignore[arg-type]  # a list is a sequence


@pytest.mark.parametrize(
    ("text", "words", "kind"),
    [
        ("The mayor left because she was tired.", "she", MentionKind.PRONOUN),
        ("The town closed two pools. These pools leaked.", "These pools", MentionKind.TAKEN_UP),
        ("Two firms merged. The same firms sued.", "The same firms", MentionKind.TAKEN_UP),
        ("The mayor opened the bridge.", "the bridge", MentionKind.DEFINITE),
        ("A bridge fell.", "A bridge", MentionKind.NOUN),
        ("Jorun Adeyemi left.", "Jorun Adeyemi", MentionKind.NAME),
    ],
)
def test_kinds_of_mention(nlp: Language, text: str, words: str, kind: MentionKind) -> None:
    """An expression shows by its form what it asks of its reader."""
    assert phrase(nlp, text, words).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "It rained all night in the valley.",
        "It is clear that the bridge was never inspected.",
        "It seems that the council forgot the bill.",
        "The new locks make it easier to close the gates.",
        "It’s when the tide turns that the boats go out.",
        "It was late, and the office had closed.",
    ],
)
def test_an_empty_it_is_no_mention(nlp: Language, text: str) -> None:
    """An *it* that points to nothing cannot lose its antecedent."""
    doc = nlp(text)
    assert not [p for p in read_mentions(doc) if doc[p.root].lower_ == "it"]


@pytest.mark.parametrize("words", ["this year", "That morning"])
def test_the_calendar_needs_no_antecedent(nlp: Language, words: str) -> None:
    """*This year* is found on the calendar, not in the sentence before."""
    text = f"The port will close {words}." if words[0] == "t" else f"{words} the port closed."
    assert not phrase(nlp, text, words).needs_antecedent


def test_examples_belong_to_their_group(nlp: Language) -> None:
    """*Such as* names members of the group before it."""
    text = "Young firms such as Brisela and Kestavo have asked for rules."
    doc = nlp(text)
    mentions = read_mentions(doc)
    (group,) = [p for p in mentions if p.examples]
    assert doc[group.root].text == "firms"
    names = {doc[mentions[n].root].text for n in group.examples}
    assert names == {"Brisela", "Kestavo"}


def test_number_is_read_off_the_noun(nlp: Language) -> None:
    """One or several: what may be taken up by *it*, and what by *they*."""
    assert phrase(nlp, "The bridges fell.", "The bridges").number is Number.PLURAL
    assert phrase(nlp, "The bridge fell.", "The bridge").number is Number.SINGULAR


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Ms. Okafor runs the port. She grew up beside it.", "She", ["Ms. Okafor"]),
        ("Ada Lindqvist spoke first. Lindqvist was brief.", "Lindqvist", ["Ada Lindqvist"]),
        (
            "The council bought three ferries. These ferries are older than the pier.",
            "These ferries",
            ["three ferries"],
        ),
    ],
)
def test_what_is_taken_up(
    nlp: Language, encoder: Encoder, text: str, words: str, expected: list[str]
) -> None:
    """Names go by their words, nouns by their heads, pronouns by what stands out."""
    assert taken_up(nlp, encoder, text, words) == expected


def test_a_plural_can_take_up_two_groups(nlp: Language, encoder: Encoder) -> None:
    """*The same firms* after two groups of firms are both."""
    text = (
        "The newer firms have asked for a levy. The older firms have asked for it too."
        " In private the same firms oppose any levy."
    )
    assert taken_up(nlp, encoder, text, "the same firms") == ["The newer firms", "The older firms"]


MILLS = (
    "The paper mills of the upper river have asked for a meter. A week later the private mills of"
    " the delta made the call their own. Nobody at the congress disagreed. {}"
)


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        (
            "In private, mills tend to ask for time.",
            "mills",
            ["The paper mills of the upper river", "the private mills of the delta"],
        ),
        (
            "All such mills tend to ask for time.",
            "All such mills",
            ["The paper mills of the upper river", "the private mills of the delta"],
        ),
    ],
)
def test_plurals_gather_the_groups_of_their_kind(
    text: str, words: str, expected: list[str], nlp: Language, encoder: Encoder
) -> None:
    """What narrows two groups sets them apart, and a plural that narrows nothing joins them."""
    assert taken_up(nlp, encoder, MILLS.format(text), words) == expected


@pytest.mark.parametrize(("chance", "expected"), [(0.6, ["Ida", "Bea"]), (0.2, ["the rowers"])])
def test_parts_are_taken_up_where_they_are_likelier_than_one(
    chance: float, expected: list[str], nlp: Language, encoder: Encoder
) -> None:
    """Of several antecedents and a single one, the likelier is taken."""
    doc = nlp("Ida waved to the rowers and then to Bea. They sat down on the quay.")
    found = doc._.coreference
    at = {doc[m.head].text: n for n, m in enumerate(found.mentions)}
    they = replace(
        found.mentions[at["They"]],
        antecedents=(Choice(at["rowers"], 0.5),),
        new=0.3,
        missing=0.2,
        parts=(Choice(at["Ida"], chance), Choice(at["Bea"], chance)),
    )
    mentions = (*found.mentions[: at["They"]], they, *found.mentions[at["They"] + 1 :])
    doc._.coreference = replace(found, mentions=mentions)
    resolution = resolve(
        doc, lambda text, others: encoder.encode(others) @ encoder.encode([text])[0]
    )
    pronoun = next(p for p in resolution.phrases if resolution.text(p) == "They")
    link = resolution.links[pronoun.number_in_text]
    assert [resolution.text(resolution.phrases[n]) for n in link.antecedents] == expected


def test_a_general_statement_after_one_group_is_general(nlp: Language, encoder: Encoder) -> None:
    """A bare plural after a single group of its kind takes up nothing."""
    text = "The paper mills of the upper river have asked for a meter. Mills tend to be loud."
    assert taken_up(nlp, encoder, text, "Mills") == []


def test_a_title_is_no_mention(nlp: Language) -> None:
    """Who has a title before their name is one person."""
    doc = nlp("General Ida Holm met Commander Odile Marsh at the bridge.")
    found = [doc[p.start : p.end].text for p in read_mentions(doc)]
    assert found == ["General Ida Holm", "Commander Odile Marsh", "the bridge"]


def check(checker: Checker, passage: str, source: str) -> dict[str, Referent]:
    """Check a passage and return its referents by their words."""
    report = checker.check(Claim.from_passage(passage), Source.from_text(source))
    assert report.error is None
    return {r.mention.text: r for r in report.referents}


FIRMS = (
    "The younger shipping lines, such as Calder Line and Vesna Marine, have called for a cap on"
    " soot in every hearing since March. The older and larger shipping lines have made similar"
    " pleas. For example, Borealis Shipping has asked for a cap by 2030. Yet in letters to the"
    " ministry the same lines are far less keen. In particular, lines tend to ask for exemptions."
)


def test_a_cut_that_narrows_a_group_is_seen(real_checker: Checker) -> None:
    """Two groups in the source, one in the passage: narrowed, and the other one is named."""
    referents = check(
        real_checker,
        "Some shipping lines, such as Calder Line and Vesna Marine, have called for a cap on soot,"
        " but in letters to the ministry these same lines “tend to ask for exemptions.”",
        FIRMS,
    )
    referent = referents["these same lines"]
    assert referent.relation is Relation.NARROWED
    left_out = " ".join(m.text for m in referent.left_out)
    assert "older" in left_out


def test_a_framing_that_names_both_groups_is_fair(real_checker: Checker) -> None:
    """The same words are fair where the quoter names all who are meant."""
    referents = check(
        real_checker,
        "The younger shipping lines, such as Calder Line, and the older and larger shipping lines,"
        " such as Borealis Shipping, have called for a cap on soot, but in letters to the ministry"
        " “the same lines are far less keen.”",
        FIRMS,
    )
    assert referents["the same lines"].relation is Relation.SAME


BRIDGE = (
    "Ingrid Solberg drew the bridge and Pavel Moroz built it. Moroz had never built a bridge"
    " before. He was dismissed in the spring, after cracks had been found in both piers."
)


def test_a_pronoun_left_alone_is_missing(real_checker: Checker) -> None:
    """A *he* that the passage gives nobody for is an orphan, and the source knows who it is."""
    passage = "“He was dismissed in the spring, after cracks had been found in both piers.”"
    referent = check(real_checker, passage, BRIDGE)["He"]
    assert referent.relation is Relation.MISSING
    assert "Moroz" in " ".join(m.text for m in referent.refers_to)


def test_an_antecedent_given_by_the_quoter_is_fair(real_checker: Checker) -> None:
    """Who is cut from the quotation may stand in the quoter's own words."""
    passage = (
        "Of Pavel Moroz, who built the bridge, the paper says: “He was dismissed in the spring.”"
    )
    assert check(real_checker, passage, BRIDGE)["He"].relation is Relation.SAME


def test_another_name_in_front_makes_it_different(real_checker: Checker) -> None:
    """A *he* that follows somebody else's name is read as that one."""
    source = (
        "Oskar Lindgren drew the bridge, and Pavel Moroz was hired to build it. Moroz had never"
        " built a bridge before. He was dismissed in the spring."
    )
    passage = (
        "Oskar Lindgren drew the bridge. According to the paper, “He was dismissed in the spring.”"
    )
    assert check(real_checker, passage, source)["He"].relation is Relation.DIFFERENT


def test_offsets_of_referents_point_at_their_words(real_checker: Checker) -> None:
    """Every mention can be cut out of its text."""
    passage = "These same lines “tend to ask for exemptions,” although Calder Line wanted a cap."
    report = real_checker.check(Claim.from_passage(passage), Source.from_text(FIRMS))
    assert report.article is not None
    assert report.referents
    for referent in report.referents:
        assert referent.mention.span.of(passage) == referent.mention.text
        for mention in (*referent.refers_to, *referent.antecedents):
            assert mention.span.of(report.article.text) == mention.text


@pytest.mark.parametrize(
    ("quoted", "words"),
    [
        ("“[T]hey tend to ask for exemptions”", "[T]hey"),
        ("“[T]he same lines are far less keen”", "[T]he same lines"),
        ("“the same line[s] are far less keen”", "the same line[s]"),
    ],
)
def test_brackets_inside_words_keep_their_offsets(
    real_checker: Checker, quoted: str, words: str
) -> None:
    """A word with a bracket in it is read as a word, and shown as it was written."""
    source = FIRMS.replace("lines tend to", "they tend to")
    passage = f"Calder Line has called for a cap on soot. {quoted}, writes the Post."
    assert words in check(real_checker, passage, source)


def test_words_are_shown_as_the_source_has_them(real_checker: Checker) -> None:
    """A line break inside a name changes neither what it means nor where it stands."""
    source = FIRMS.replace("older and larger shipping", "older and larger\nshipping")
    passage = (
        "Some shipping lines, such as Calder Line and Vesna Marine, have called for a cap on soot,"
        " but in letters to the ministry these same lines “tend to ask for exemptions.”"
    )
    report = real_checker.check(Claim.from_passage(passage), Source.from_text(source))
    assert report.article is not None
    mentions = [m for r in report.referents for m in (*r.refers_to, *r.left_out, *r.antecedents)]
    assert mentions
    for mention in mentions:
        assert mention.span.of(report.article.text) == mention.text


def test_a_plural_first_named_in_the_quotation_is_no_orphan(real_checker: Checker) -> None:
    """*Both piers* can be named for the first time: nothing was left out."""
    passage = "“He was dismissed in the spring, after cracks had been found in both piers.”"
    assert "both piers" not in {
        words
        for words, referent in check(real_checker, passage, BRIDGE).items()
        if referent.relation is Relation.MISSING
    }


def test_groups_set_against_each_other_are_two(nlp: Language, encoder: Encoder) -> None:
    """Adjectives that set two groups apart keep them apart, whatever else they share."""
    text = (
        "The newer shipping lines asked for a cap on soot. The older shipping lines asked for it"
        " as well."
    )
    resolution = resolved(nlp, encoder, text)
    groups = [p for p in resolution.phrases if p.lemma == "line"]
    assert len({resolution.entities[p.number_in_text] for p in groups}) == len(groups) > 1


PONDS = (
    "Two ponds lie behind the mill. Hester Quill drained the upper pond in 1911. Odile Marsh, who"
    " bred carp, kept the lower one for her fish. She sold it to the parish in 1920."
)


def test_a_sentence_copied_without_marks_is_the_sources(real_checker: Checker) -> None:
    """Who stands in the quoter's own words is known by the source where they are copied from it."""
    passage = (
        "Hester Quill drained the upper pond in 1911. According to the same source, she “sold it to"
        " the parish in 1920.”"
    )
    referent = check(real_checker, passage, PONDS)["she"]
    assert referent.relation is Relation.DIFFERENT
    assert [m.text for m in referent.reads_as] == ["Hester Quill"]


def test_another_name_is_no_new_name_for_them(real_checker: Checker) -> None:
    """A paper that is named beside the one misread does not excuse the reading."""
    passage = (
        "Hester Quill drained a pond. The Parish Ledger remembers: “She sold it to the parish.”"
    )
    referent = check(real_checker, passage, PONDS)["She"]
    assert referent.relation is Relation.DIFFERENT


TRAM = (
    "The tram carried eleven million people last year. Meanwhile the old depot on the quay stands"
    " empty, and it costs two million crowns a year to guard. This is a scandal."
)


def test_this_left_behind_another_sentence_is_read_as_that_one(real_checker: Checker) -> None:
    """Where its own sentence is cut, *this* is read as the sentence that comes to stand before."""
    passage = "“The tram carried eleven million people last year. … This is a scandal.”"
    referent = check(real_checker, passage, TRAM)["This"]
    assert referent.relation is Relation.DIFFERENT
    (read,) = referent.reads_as
    assert read.text == "The tram carried eleven million people last year."
    assert referent.refers_to[0].text.startswith("Meanwhile the old depot")


@pytest.mark.parametrize(
    "passage",
    [
        "“Meanwhile the old depot on the quay stands empty … This is a scandal.”",
        "An empty depot on the quay costs two million crowns a year. “This is a scandal.”",
        f"“{TRAM}”",
    ],
)
def test_this_behind_its_own_sentence_is_fair(passage: str, real_checker: Checker) -> None:
    """Quoted or told in other words, what *this* takes up is there."""
    referents = check(real_checker, passage, TRAM)
    assert "This" not in referents or referents["This"].relation is Relation.SAME


def test_this_alone_is_missing_its_sentence(real_checker: Checker) -> None:
    """With nothing before it, *this* is left with nothing."""
    assert check(real_checker, "“This is a scandal.”", TRAM)["This"].relation is Relation.MISSING


def test_of_two_subjects_before_it_a_pronoun_is_given_to_neither(real_checker: Checker) -> None:
    """Where the quoter names two who fit, nobody is said to be misread."""
    passage = "Hester Quill drained a pond, and Odile Marsh had fish: “She sold it to the parish.”"
    relations = {r.relation for r in check(real_checker, passage, PONDS).values()}
    assert not relations & {Relation.DIFFERENT, Relation.MISSING}


def test_what_is_named_later_in_the_quotation_is_no_antecedent(real_checker: Checker) -> None:
    """A pronoun at the start is an orphan, even where its antecedent's name turns up behind it."""
    source = (
        "The Wexmoor Trust met in June. It welcomed the gift of the islands and will look at the"
        " harbour at the next Wexmoor Trust meeting."
    )
    passage = (
        "“It welcomed the gift of the islands and will look at the harbour at the next Wexmoor"
        " Trust meeting.”"
    )
    assert check(real_checker, passage, source)["It"].relation is Relation.MISSING


def test_an_introduction_by_another_name_is_no_alarm(real_checker: Checker) -> None:
    """A description in the quoter's own words may be of the very one that the source means."""
    passage = "The carp breeder had no use for it any more: “She sold it to the parish in 1920.”"
    relations = {r.relation for r in check(real_checker, passage, PONDS).values()}
    assert not relations & {Relation.DIFFERENT, Relation.MISSING}
