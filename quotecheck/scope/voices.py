"""Whose words they are: whom the source gives them to, and whom the passage does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quotecheck.records import FindingType
from quotecheck.scope.quoted import Found
from quotecheck.speech import SourceSpeech, Speaker, read_speaker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotecheck.records import Governor, Mention
    from quotecheck.scope.kept import Told
    from quotecheck.scope.quoted import Quoted


class Voices:
    """Holds the source's speaker of one quotation against the passage's."""

    def __init__(self, q: Quoted, told: Told, by: Speaker | None, there: SourceSpeech) -> None:
        self._q = q
        self._told = told
        self._by = by
        self._there = there

    def compare(self, reports: list[Found]) -> Iterator[Governor]:
        """Hold whom the source gives the words to against whom the passage does."""
        judged = False
        for item in reports:
            speaker = (
                read_speaker(self._q.stretch, self._q.doc[item.speaker])
                if item.speaker is not None
                else None
            )
            if speaker is not None and speaker.is_first_person:
                speaker = self._there.speaker(*self._place(item.speaker))
                if speaker is None or speaker.is_first_person:
                    continue
            if speaker is not None and not speaker.can_speak:
                continue
            judged = True
            kind = self._voice(speaker)
            if kind is not None and not (speaker is None and self._names_report(item)):
                yield replace(
                    self._q.governor(item),
                    type=kind,
                    speaker=_mention_of(speaker),
                    given=_mention_of(self._by),
                )
        if judged:
            return
        speaker = self._there.speaker(*self._place(None))
        if speaker is None or speaker.is_first_person or self._by is None:
            return
        kind = self._voice(speaker)
        if kind is not None:
            first = min(self._q.tokens)
            found = Found("spoken", kind, (first, first + 1), frozenset([first]))
            yield replace(
                self._q.governor(found),
                operator=speaker.mention,
                words=speaker.mention,
                speaker=speaker.mention,
                given=_mention_of(self._by),
            )

    def _place(self, token: int | None) -> tuple[int, int]:
        """Return where a token of the source stands, or else the first quoted one."""
        at = self._q.doc[min(self._q.tokens) if token is None else token].idx
        return at, at + 1

    def _voice(self, speaker: Speaker | None) -> FindingType | None:
        """Say what is wrong with whom the passage gives the words to; None where nothing is."""
        by = self._by
        is_unsaid = by is None or by.is_reporting
        is_heard = speaker is not None and speaker.is_known_by(self._told.everywhere)
        if is_heard and (is_unsaid or _are_one(by, speaker)):
            return None
        if is_unsaid:
            is_own = speaker is not None and speaker.is_reporting
            is_told = by is None and self._told.reports(self._q.match.fragment)
            return None if is_own or is_told else FindingType.ATTRIBUTION_DROPPED
        return self._other_voice(speaker, by) if speaker is not None and by is not None else None

    def _other_voice(self, speaker: Speaker, by: Speaker) -> FindingType | None:
        """Hold one speaker against another, where the passage names a person who is in the source.

        A firm and whoever speaks for it are two names of one voice, and somebody of whom the source
        does not speak may be known by another name there: both are let pass.
        """
        if not by.is_person or not self._there.mentions(by):
            return None
        by = self._there.expanded(by)
        if by.is_same(speaker) or not (speaker.names or speaker.nouns):
            return None
        if speaker.is_pronoun:
            return None  # who “he” is may be what we got wrong
        if speaker.is_writing:
            return FindingType.ATTRIBUTION_DROPPED
        is_known = speaker.is_person or (bool(speaker.nouns) and not speaker.is_plural)
        return FindingType.SPEAKER_CHANGED if is_known else None

    def _names_report(self, item: Found) -> bool:
        """Say whether the quoter tells in the source's own word that this is only said."""
        return not {self._q.doc[i].lemma_.lower() for i in item.words}.isdisjoint(
            self._told.everywhere
        )


def _are_one(one: Speaker | None, other: Speaker | None) -> bool:
    return one is not None and other is not None and one.is_same(other)


def _mention_of(speaker: Speaker | None) -> Mention | None:
    return speaker.mention if speaker is not None else None
