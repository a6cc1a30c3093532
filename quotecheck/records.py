"""Every record and enumeration that crosses from one stage to another.

Records are frozen. Offsets are half-open counts of Unicode code points: those of a passage point
into `Claim.passage`, those of a source into `Article.text`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  # read at run time where a report is put away
from typing import TYPE_CHECKING

from quotecheck.translation import Message  # noqa: TC001  # the same

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.tokens import Doc

# A finding below this confidence is a question to the reader, not a statement. Of 29 changed
# referents found in 240 cases made from GUM's training part, 27 were right, and of 15 in the corpus
# 14; the surer ones were not right more often, so what this holds back are guesses on guesses.
SURE = 0.65


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of a text, in code points.

    Raises:
        ValueError: The stretch ends before it starts, or starts before the text does.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span cannot run from {self.start} to {self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """Return the words that the span covers in `text`."""
        return text[self.start : self.end]

    def holds(self, other: Span) -> bool:
        """Say whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Say whether the two spans share at least one code point."""
        return self.start < other.end and other.start < self.end

    def shifted(self, by: int) -> Span:
        """Return the same stretch, moved by `by` code points."""
        return Span(self.start + by, self.end + by)


# --- what is given -------------------------------------------------------------------------------


class SourceKind(enum.StrEnum):
    """The ways in which a source can be given or read."""

    URL = "url"
    PATH = "path"
    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the quoted words are said to come from, before anything is read.

    `value` is an address, a path, or the text or HTML itself, by `kind`; `url` is the address that
    given HTML or text was taken from, where it is known.
    """

    kind: SourceKind
    value: str
    url: str | None = None

    @property
    def address(self) -> str | None:
        """The address of the page, where it is known."""
        return self.value if self.kind is SourceKind.URL else self.url

    @classmethod
    def from_url(cls, url: str) -> Source:
        """Name a page by its address."""
        return cls(SourceKind.URL, url.strip())

    @classmethod
    def from_path(cls, path: str | Path) -> Source:
        """Name a file on this machine: HTML or plain text."""
        return cls(SourceKind.PATH, str(path))

    @classmethod
    def from_html(cls, html: str, *, url: str | None = None) -> Source:
        """Give a page's HTML itself."""
        return cls(SourceKind.HTML, html, url)

    @classmethod
    def from_text(cls, text: str, *, url: str | None = None) -> Source:
        """Give the source's text itself, paragraphs separated by empty lines."""
        return cls(SourceKind.TEXT, text, url)

    @classmethod
    def from_argument(cls, argument: str) -> Source:
        """Read what a user typed: an http(s) address, or else a path."""
        scheme = argument.strip().lower()
        if scheme.startswith(("http://", "https://")):
            return cls.from_url(argument)
        return cls.from_path(argument.removeprefix("file://"))


class InsertionKind(enum.StrEnum):
    """What a quoter's bracket inside quotation marks is for."""

    LETTER = "letter"  # [T]he: a first letter changed
    SIC = "sic"  # [sic]: the error is the source's
    EMPHASIS = "emphasis"  # [emphasis added]
    WORDS = "words"  # [the firms]: the quoter's own words, added or put in place of others


@dataclass(frozen=True, slots=True)
class Insertion:
    """A bracket that the quoter put inside the quotation marks; `span` takes in both brackets."""

    kind: InsertionKind
    span: Span
    text: str


class Joint(enum.StrEnum):
    """What stands before a piece of a fragment."""

    START = "start"
    ELLIPSIS = "ellipsis"
    INSERTION = "insertion"


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a fragment that the quoter gives as running on without a gap.

    `joint` says what parts the piece from the one before it in the same fragment; `joint_span` is
    the ellipsis or the bracket itself (None for the first piece).
    """

    span: Span
    joint: Joint
    joint_span: Span | None = None


class FragmentKind(enum.StrEnum):
    """How sure it is that a stretch in quotation marks is a quotation."""

    QUOTATION = "quotation"
    SCARE = "scare"  # one or two words in marks: perhaps quoted, perhaps held at arm's length
    UNMARKED = "unmarked"  # the whole passage, which has no quotation marks


@dataclass(frozen=True, slots=True)
class Fragment:
    """One stretch of the passage that is given as the source's words, marks left out.

    Where an ellipsis or a bracket divides it, `pieces` holds what is between them, in order.
    """

    text: str
    span: Span
    kind: FragmentKind
    pieces: tuple[Piece, ...]
    insertions: tuple[Insertion, ...] = ()


@dataclass(frozen=True, slots=True)
class Framing:
    """The quoter's own words around one fragment.

    `sentence` is the passage's sentence (or sentences) in which the fragment stands; `lead` what
    stands in it before the fragment's opening mark, `tail` what stands in it after the closing one.
    Fragments of the same sentence lie inside each other's lead and tail.
    """

    fragment: int
    sentence: Span
    lead: Span
    tail: Span


# --- what is read --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent, or a file held, before it is read."""

    url: str | None
    final_url: str | None
    content: bytes = field(repr=False)
    media_type: str  # lower case, without parameters; "" where nobody said
    charset: str | None
    retrieved_at: datetime


class ArticleKind(enum.StrEnum):
    """The kinds of source that are read."""

    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Article:
    """The running text of a source.

    `text` holds the article itself in `main` and after it whatever else the page shows to a reader
    (captions, pull quotes, lists). `paragraphs` are spans of `text` in order, without the white
    space between them. `note` names a doubt about the page: only its opening could be read.
    """

    text: str = field(repr=False)
    main: Span
    paragraphs: tuple[Span, ...] = field(repr=False)
    kind: ArticleKind
    sha256: str
    retrieved_at: datetime
    url: str | None = None
    final_url: str | None = None
    title: str | None = None
    author: str | None = None
    published: str | None = None  # an ISO 8601 date
    site: str | None = None
    language: str | None = None  # an ISO 639-1 code
    is_paywalled: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link in running text: its words, where it leads, and what the page says of it (`rel`)."""

    span: Span
    url: str
    rel: str = ""


@dataclass(frozen=True, slots=True)
class LinkedArticle:
    """An article with what its text alone does not show.

    `links` are those of the article itself, in order, with absolute http(s) addresses; `set_off`
    are its paragraphs that the page shows as block quotations.
    """

    article: Article
    links: tuple[Link, ...] = ()
    set_off: tuple[Span, ...] = ()


# --- what is found -------------------------------------------------------------------------------


class MatchKind(enum.StrEnum):
    """How a fragment stands in the source."""

    EXACT = "exact"
    TYPOGRAPHIC = "typographic"
    ALTERED = "altered"
    STITCHED = "stitched"
    PARAPHRASE = "paraphrase"


class EditKind(enum.StrEnum):
    """One step that leads from the source's words to the quoted ones."""

    REPLACE = "replace"
    DELETE = "delete"  # the source has words that the quotation lacks
    INSERT = "insert"  # the quotation has words that the source lacks


@dataclass(frozen=True, slots=True)
class Edit:
    """Words that differ: `text` at `span` of the source, `quoted` at `quoted_span` of the passage.

    A deletion has an empty `quoted`, an insertion an empty `text`; the empty side's span is the
    place between two words.
    """

    kind: EditKind
    span: Span
    text: str
    quoted_span: Span
    quoted: str


@dataclass(frozen=True, slots=True)
class Match:
    """Where one fragment stands in the source.

    `segments` has one span of the source for each piece of the fragment, in the pieces' order, so
    that the segments of a reordered quotation go backwards. `score` is in [0, 1]: the share of
    quoted words that stand there unchanged (for a paraphrase, the cosine similarity of meaning).
    `alternatives` counts the other places that fit as well.
    """

    fragment: int
    kind: MatchKind
    segments: tuple[Span, ...]
    score: float
    edits: tuple[Edit, ...] = ()
    alternatives: int = 0
    alternative_segments: tuple[Span, ...] = ()
    is_outside_main: bool = False

    @property
    def span(self) -> Span:
        """The stretch of the source from the first of the segments to the last."""
        return Span(min(s.start for s in self.segments), max(s.end for s in self.segments))

    @property
    def is_located(self) -> bool:
        """Whether the fragment's own words stand in the source."""
        return self.kind is not MatchKind.PARAPHRASE


@dataclass(frozen=True, slots=True)
class Elision:
    """Words of the source that the passage passes over.

    `marked` says whether the quoter shows that something was left out (an ellipsis, a bracket, or
    the marks that close one quotation and open the next). `fragment` is the fragment inside whose
    quotation marks the words are missing, None where they stand between two fragments or between
    the quotation and what the quoter retells.
    """

    span: Span
    text: str
    marked: bool
    fragment: int | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around the matches in the source, and what the passage left out.

    `window` is the stretch of the source that is shown and read; `similarity` the cosine similarity
    in [-1, 1] of the quoter's own words with it, None where the quoter adds none.
    """

    window: Span
    text: str
    elisions: tuple[Elision, ...] = ()
    similarity: float | None = None


class Relation(enum.StrEnum):
    """How what a passage's expression is read as relates to what it is in the source."""

    SAME = "same"
    NARROWED = "narrowed"
    WIDENED = "widened"
    DIFFERENT = "different"
    MISSING = "missing"  # the passage gives it nothing to point to
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that refer to somebody or something, in the passage or in the source."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Referent:
    """What one expression points to in the passage and in the source, as sets of mentions.

    `reads_as` lists members in the passage, each a mention there; `refers_to` the members in the
    source, each a mention there, of which `left_out` are those that the passage does not name;
    `antecedents` are the source's own words that `source_mention` takes up. `confidence` in [0, 1]
    is that of the relation.
    """

    mention: Mention
    source_mention: Mention | None
    reads_as: tuple[Mention, ...]
    refers_to: tuple[Mention, ...]
    antecedents: tuple[Mention, ...]
    relation: Relation
    confidence: float
    left_out: tuple[Mention, ...] = ()


class FindingType(enum.StrEnum):
    """What can be wrong with a quotation."""

    REFERENT_CHANGED = "referent_changed"
    REFERENT_MISSING = "referent_missing"
    NEGATION_DROPPED = "negation_dropped"
    CONDITION_DROPPED = "condition_dropped"
    EXCEPTION_DROPPED = "exception_dropped"
    HEDGE_DROPPED = "hedge_dropped"
    CONTRAST_DROPPED = "contrast_dropped"
    QUANTIFIER_CHANGED = "quantifier_changed"
    ATTRIBUTION_DROPPED = "attribution_dropped"
    SPEAKER_CHANGED = "speaker_changed"
    WORDS_ALTERED = "words_altered"
    BRACKET_UNSUPPORTED = "bracket_unsupported"
    UNMARKED_ELISION = "unmarked_elision"
    FRAGMENTS_REORDERED = "fragments_reordered"
    FRAGMENTS_DISTANT = "fragments_distant"
    CUT_MID_CLAUSE = "cut_mid_clause"
    CONTEXT_SHIFT = "context_shift"
    NOT_FOUND = "not_found"
    AMBIGUOUS_MATCH = "ambiguous_match"


@dataclass(frozen=True, slots=True)
class Governor:
    """Words of the source that govern quoted ones, and that the passage does not keep.

    `rule` names the rule that found them, `operator` the words that do it (“unless”), `words` all
    that was left out with them (“unless the rain stops”). `governed` are the quoted words in the
    source, `quoted` the fragment in the passage. Where the words are somebody's, `speaker` is whom
    the source gives them to and `given` whom the passage does.
    """

    type: FindingType
    rule: str
    operator: Mention
    words: Mention
    governed: tuple[Span, ...]
    quoted: Span
    speaker: Mention | None = None
    given: Mention | None = None


class Severity(enum.StrEnum):
    """How far a finding reaches into what a reader takes away."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Label(enum.StrEnum):
    """What the check says of a quotation as a whole."""

    FAITHFUL = "faithful"
    NEEDS_CONTEXT = "needs_context"
    MISREPRESENTS = "misrepresents"
    NOT_FOUND = "not_found"
    CANNOT_CHECK = "cannot_check"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that differs, with the words that show it.

    `subject` is the evidence that the finding was judged on; the report makes the sentence of it.
    """

    type: FindingType
    severity: Severity
    confidence: float
    passage_spans: tuple[Span, ...]
    source_spans: tuple[Span, ...]
    subject: Referent | Match | Edit | Elision | Insertion | Context | Governor


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings, most weighty first, and the label that they add up to."""

    label: Label
    confidence: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding with the sentence that a user reads, and where there is one, the repair."""

    finding: Finding
    message: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of a text, parsed: offsets of `doc` count from `span.start` of the whole text.

    `original` is the whole text. The doc's own words can differ from it in white space, and in
    `mended` places, where a bracket inside a word was read as part of it: “[T]he” is “The”.
    """

    span: Span
    doc: Doc = field(repr=False)
    original: str = field(repr=False)
    mended: tuple[Span, ...] = ()

    def place(self, start: int, end: int) -> Span:
        """Return where a stretch of the parsed text stands in the whole text."""
        return self.widen(Span(start, end).shifted(self.span.start))

    def widen(self, span: Span) -> Span:
        """Return a span of the whole text, with the mended words in it taken in whole."""
        for word in self.mended:
            if word.meets(span):
                span = Span(min(word.start, span.start), max(word.end, span.end))
        return span

    def mention(self, start: int, end: int) -> Mention:
        """Return a stretch of the parsed text as a mention, in the words of the whole text."""
        span = self.place(start, end)
        return Mention(span.of(self.original), span)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a check could not be made; `code` is an error's stable word, `message` its sentence.

    `told` holds what is needed to say the sentence again in another language; None where it can
    only be given as it stands.
    """

    code: str
    message: str
    told: Message | None = None
