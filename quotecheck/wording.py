"""Findings put into words: the prose of the core that a user sees, next to the errors' sentences.

Sentences say what stands where and what differs; none of them accuses. All go through gettext, and
each goes whole, so that another language may put its parts in another order. Words of the passage
and of the source stay as they are in any language, between that language's quotation marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotecheck.records import (
    SURE,
    Context,
    Edit,
    EditKind,
    Elision,
    FindingType,
    Governor,
    Insertion,
    Label,
    Match,
    Mention,
    Referent,
    Relation,
    Severity,
)
from quotecheck.translation import N_, ngettext
from quotecheck.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quotecheck.claim import Claim
    from quotecheck.records import Article, Explained, Finding

# A sentence with a longer quotation in it can no longer be read in one go.
SHORT = 160
# Characters of the passage shown on either side of words that are put back.
AROUND = 40

_ARTICLES = frozenset(["The", "A", "An", "Some", "Both", "These", "Those", "Its", "His", "Her"])


# What is said of words that were left out, by the rule that found them, or else by the type.
_RULES = {
    "denial": N_(
        "In the source these words come under {operator}, which says that they are not so; the"
        " passage leaves it out."
    ),
    "condition itself": N_(
        "In the source these words are only supposed: they come after {operator}, which the passage"
        " leaves out."
    ),
    "condition after": N_(
        "The source goes on to limit this, and the passage stops before it: {words}."
    ),
    "exception after": N_(
        "The source goes on to limit this, and the passage stops before it: {words}."
    ),
    "only": N_("The source limits this with {operator}; the passage leaves it out."),
    "question": N_(
        "The source leaves it open whether this is so: the words come after {operator}; the passage"
        " gives them as a fact."
    ),
    "concession itself": N_(
        "In the source these words are conceded: they come after {operator}, and the sentence goes"
        " on to something else, which the passage leaves out."
    ),
    "comparison": N_("The words are cut from a comparison: {words}."),
    "part subject": N_(
        "The quotation begins in the middle of what is spoken of: {words} stands before it in the"
        " source."
    ),
}
_GOVERNED = {
    FindingType.NEGATION_DROPPED: N_(
        "In the source these words stand with {operator}, which turns them round; the passage"
        " leaves it out."
    ),
    FindingType.CONDITION_DROPPED: N_(
        "The source says this under a condition that the passage leaves out: {words}."
    ),
    FindingType.EXCEPTION_DROPPED: N_(
        "The source makes an exception that the passage leaves out: {words}."
    ),
    FindingType.HEDGE_DROPPED: N_(
        "The source is less sure of this: it has {operator} with these words, and the passage"
        " leaves it out."
    ),
    FindingType.QUANTIFIER_CHANGED: N_(
        "The source limits how much or how many this is said of, with {operator}; the passage"
        " leaves it out."
    ),
    FindingType.CONTRAST_DROPPED: N_(
        "The source answers this at once, and the passage stops before it: {words}."
    ),
    FindingType.SPEAKER_CHANGED: N_(
        "The source gives these words to {speaker}; the passage gives them to {given}."
    ),
    FindingType.ATTRIBUTION_DROPPED: N_(
        "The source reports these words as something that is said, with {operator}; the passage"
        " gives them as the source's own."
    ),
    FindingType.CUT_MID_CLAUSE: N_(
        "The words are cut out of a sentence that does not say them itself: in the source they come"
        " under {operator}."
    ),
}
_SPOKEN = N_(
    "The source gives these words to {speaker}; the passage gives them as the source's own."
)


def explain_failure(reason: str) -> str:
    """Say that the source could not be read, and what the user can do."""
    return _("The source could not be read, so the quotation was not checked. {reason}").format(
        reason=reason
    )


def summarize(
    label: Label,
    findings: Sequence[Explained],
    claim: Claim,
    article: Article,
    matches: tuple[Match, ...],
) -> str:
    """Return one or two sentences for the whole report, with the weightiest finding's."""
    first = next((e.message for e in findings if e.finding.severity is not Severity.LOW), "")
    match label:
        case Label.FAITHFUL:
            sentences = [_say_faithful(findings, claim.passage)]
            if any(m.is_outside_main for m in matches):
                sentences += [_("They stand outside the article's main text, on the same page.")]
        case Label.NEEDS_CONTEXT:
            sentences = [
                _("The quoted words are in the source, but what was left out may matter."),
                first,
            ]
        case Label.MISREPRESENTS:
            sentences = [_("In the source, the quoted words say something else."), first]
        case Label.NOT_FOUND:
            absent = sum(e.finding.type is FindingType.NOT_FOUND for e in findings)
            sentences = [
                ngettext(
                    "Some quoted words are not in what we could read of the source.",
                    "{count} quoted stretches are not in what we could read of the source.",
                    absent,
                ).format(count=absent),
                _("The page may have changed, or the words may stand elsewhere."),
            ]
        case _:
            sentences = []
    if article.is_paywalled:
        sentences += [_("Only the opening of this article is open to everyone.")]
    return " ".join(sentences)


def _say_faithful(findings: Sequence[Explained], passage: str) -> str:
    """Say that a quotation is fair, and of which words in marks that is not said."""
    absent = [
        e.finding.passage_spans[0].of(passage)
        for e in findings
        if e.finding.type is FindingType.NOT_FOUND
    ]
    if not absent:
        return _(
            "The quoted words are in the source, and nothing that we compare changes what they say"
            " there."
        )
    return _(
        "We did not find {words} in what we could read of the source. The other quoted words are"
        " there, and nothing that we compare changes what they say."
    ).format(words=_enumerate(absent))


def explain_finding(finding: Finding, claim: Claim, article: Article) -> str:
    """Return the one sentence that explains a finding."""
    match finding.subject:
        case Referent() as referent:
            text = _referent_message(referent)
        case Edit() as edit:
            text = _edit_message(finding.type, edit)
        case Governor() as governor:
            text = _governor_message(governor)
        case Insertion() as insertion:
            text = _(
                "The bracket {bracket} is the quoter's; nothing around the quotation in the source"
                " says so."
            ).format(bracket=_quote(insertion.text))
        case Context():
            text = _(
                "The words around the quotation speak of something other than what surrounds it in"
                " the source."
            )
        case Elision() as elision:
            text = _(
                "{words} is not in what we could read of the source; perhaps it is not meant as a"
                " quotation."
            ).format(words=_quote(elision.text))
        case Match() as match:
            text = _match_message(finding, match, article, claim)
    return text


def _referent_message(referent: Referent) -> str:
    mention = _quote(referent.mention.text)
    source = referent.source_mention
    there = _quote(source.text) if source else mention
    reads_as, is_there = _list(referent.reads_as), _list(referent.refers_to)
    match referent.relation:
        case Relation.NARROWED:
            more = _list(_members_left_out(referent))
            return _(
                "A reader takes {mention} to mean {reads_as}. In the source, {there} takes in"
                " {more} as well."
            ).format(mention=mention, reads_as=reads_as, there=there, more=more)
        case Relation.WIDENED:
            return _(
                "A reader takes {mention} to mean {reads_as}. In the source, {there} is"
                " {is_there} alone."
            ).format(mention=mention, reads_as=reads_as, there=there, is_there=is_there)
        case Relation.DIFFERENT:
            sentences = (
                _(
                    "A reader takes {mention} to mean {reads_as}. In the source, {there} is"
                    " {is_there}."
                )
                if referent.confidence >= SURE
                else _(
                    "A reader may take {mention} to mean {reads_as}. In the source, {there} is"
                    " {is_there}."
                )
            )
            return sentences.format(
                mention=mention, reads_as=reads_as, there=there, is_there=is_there
            )
        case _:
            if not referent.refers_to:
                return _(
                    "The passage does not say what {mention} stands for; what stands before the"
                    " quoted words in the source may say it."
                ).format(mention=mention)
            return _(
                "The passage does not say what {mention} stands for. In the source it is"
                " {is_there}."
            ).format(mention=mention, is_there=is_there)


def _members_left_out(referent: Referent) -> tuple[Mention, ...]:
    """Return the members of the source's set that the passage does not name, or all of them."""
    return referent.left_out or referent.refers_to


def _edit_message(kind: FindingType, edit: Edit) -> str:
    text, quoted = _quote(edit.text), _quote(edit.quoted)
    if kind is FindingType.NEGATION_DROPPED:
        sentence = (
            _(
                "The source has {text} here, which turns the sentence round; the quotation leaves"
                " it out."
            )
            if edit.kind is EditKind.DELETE
            else _(
                "The source has {text} here, which turns the sentence round; the quotation has"
                " {quoted}."
            )
        )
        return sentence.format(text=text, quoted=quoted)
    match edit.kind:
        case EditKind.DELETE:
            return _("The source has {text} here; the quotation leaves it out unmarked.").format(
                text=text
            )
        case EditKind.INSERT:
            return _("The quotation has {quoted} here; the source does not.").format(quoted=quoted)
        case EditKind.REPLACE:
            return _("Where the quotation has {quoted}, the source has {text}.").format(
                text=text, quoted=quoted
            )


def _governor_message(governor: Governor) -> str:
    """Say what stands over the quoted words in the source and what it does to them."""
    sentence = _RULES.get(governor.rule)
    if governor.type is FindingType.ATTRIBUTION_DROPPED and governor.speaker is not None:
        sentence = _SPOKEN
    elif governor.type is FindingType.SPEAKER_CHANGED or sentence is None:
        sentence = _GOVERNED[governor.type]
    return _(sentence).format(
        operator=_quote(governor.operator.text),
        words=_quote(governor.words.text.strip(" \n,;:.–—")),
        speaker=_quote(governor.speaker.text) if governor.speaker else "",
        given=_quote(governor.given.text) if governor.given else "",
    )


def _match_message(finding: Finding, match: Match, article: Article, claim: Claim) -> str:
    words = _quote(claim.fragments[match.fragment].text)
    match finding.type:
        case FindingType.NOT_FOUND:
            return _(
                "We did not find {words} in what we could read of the source. The nearest passage"
                " there is {nearest}."
            ).format(words=words, nearest=_quote(match.span.of(article.text)))
        case FindingType.FRAGMENTS_REORDERED:
            return _("The pieces of {words} stand in another order in the source.").format(
                words=words
            )
        case FindingType.FRAGMENTS_DISTANT:
            return _("The pieces of {words} stand far apart in the source.").format(words=words)
        case FindingType.AMBIGUOUS_MATCH if finding.severity is not Severity.LOW:
            return _(
                "{words} stands in more than one place in the source, said of different things, and"
                " the passage does not say which it quotes."
            ).format(words=words)
        case _:
            return ngettext(
                "{words} stands in one more place in the source; we compared the likelier one.",
                "{words} stands in {count} more places in the source; we compared the likeliest.",
                match.alternatives,
            ).format(words=words, count=match.alternatives)


def suggest_repair(finding: Finding, claim: Claim, article: Article) -> str | None:
    """Return wording that would mend the quotation, where there is a short one."""
    match finding.subject:
        case Referent() as referent if referent.refers_to:
            names = _names(referent.refers_to)
            if len(names) > SHORT:
                return None
            source = referent.source_mention
            kept = source.text if source else referent.mention.text
            return _in_marks(f"… {kept} [{names}] …")
        case Edit() as edit if edit.text and finding.severity is not Severity.LOW:
            return _with_words_back(edit, claim, article)
        case _:
            return None


def _with_words_back(edit: Edit, claim: Claim, article: Article) -> str | None:
    """Return the passage's words around an edit with the source's own in their place."""
    before = claim.passage[max(0, edit.quoted_span.start - AROUND) : edit.quoted_span.start]
    after = claim.passage[edit.quoted_span.end : edit.quoted_span.end + AROUND]
    if len(before) == AROUND:
        before = before.partition(" ")[2]
    if len(after) == AROUND:
        after = after.rpartition(" ")[0]
    text = " ".join(f"{before} {edit.span.of(article.text)} {after}".split())
    text = text.strip("“”\"‘’' ").replace(" ,", ",").replace(" .", ".")
    return _in_marks(f"… {text} …") if len(text) <= SHORT else None


def _quote(text: str) -> str:
    """Put words between quotation marks, the middle of long ones left out."""
    text = " ".join(text.split())
    if len(text) > SHORT:
        half = SHORT // 2
        text = f"{text[:half].rsplit(' ', 1)[0]} […] {text[-half:].split(' ', 1)[-1]}"
    return _in_marks(text)


def _in_marks(words: str) -> str:
    """Put words between the language's quotation marks."""
    # Translators: the quotation marks of your language, around words that stay English.
    return _("“{words}”").format(words=words)


def _inside(words: str) -> str:
    """Write words as they stand within a sentence: an article that opened one in small letters."""
    first, space, rest = words.partition(" ")
    return f"{first.lower()}{space}{rest}" if first in _ARTICLES and rest else words


def _names(mentions: Iterable[Mention]) -> str:
    """Name the members of a set as a bracket in the quotation does: in the quotation's English."""
    *names, last = (_inside(word) for word in _distinct(mentions))
    return f"{', '.join(names)} and {last}" if names else last


def _list(mentions: Iterable[Mention]) -> str:
    """Quote the members of a set, one after the other."""
    return _enumerate(_distinct(mentions))


def _enumerate(texts: Iterable[str]) -> str:
    """Quote texts, one after the other, as the language lists things."""
    words = [_quote(text) for text in texts]
    if len(words) < 2:  # noqa: PLR2004  # one thing needs no “and”
        return "".join(words)
    first, *between, last = words
    for word in between:
        # Translators: the beginning of a list of three or more things.
        first = _("{first}, {second}").format(first=first, second=word)
    # Translators: the end of a list; {first} may be one thing or several.
    return _("{first} and {last}").format(first=first, last=last)


def _distinct(mentions: Iterable[Mention]) -> list[str]:
    return list(dict.fromkeys(" ".join(m.text.split()) for m in mentions))
