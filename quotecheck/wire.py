"""The JSON that comes in and goes out, as typed shapes: cases, reports and problems.

The type checker holds `Report.to_dict` to them, and the OpenAPI document is made from them, so that
the sentence under a field is what a reader of that document sees. Offsets are half-open counts of
Unicode code points: those of a passage point into `claim.passage`, those of a source into the text
that was extracted from it.

Nothing here is needed at run time but by who describes the shapes: everybody else imports them for
the type checker alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired

from annotated_types import Ge, Le, Len, MinLen
from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic cannot read that of Python 3.11

from quotecheck.records import (
    ArticleKind,
    EditKind,
    FindingType,
    FragmentKind,
    Label,
    MatchKind,
    Relation,
    Severity,
)

Offset = Annotated[int, Ge(0)]
Share = Annotated[float, Ge(0), Le(1)]

# A shape that says all: a field that is sent and not described is a mistake of ours.
_closed = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
# A shape that others write: what it does not know is passed over.
_open = with_config(ConfigDict(use_attribute_docstrings=True))


# --- what comes in -------------------------------------------------------------------------------


@_open
class CaseDict(TypedDict):
    """A passage and exactly one source.

    What people said of the case (`labels`, `misleading` and so on) may stand beside them: it has to
    be well formed, and changes nothing in a check. Other fields are passed over.
    """

    id: NotRequired[str | int | None]
    """The id that the report carries, as text. Without one the report gets an id of its own."""
    passage: str
    """What the quoter published, quotation marks included. Without any, the whole is taken as one
    quotation. It has at least one letter or digit, and not in brackets alone."""
    speaker: NotRequired[str | None]
    """Who is said to have spoken the words, where the passage does not say it."""
    source_url: NotRequired[str | None]
    """An http or https address. What cannot be had from there is a report, too."""
    source_path: NotRequired[str | None]
    """A file, named from the folder in which the cases stand."""
    source_html: NotRequired[str | None]
    """A page's HTML."""
    source_text: NotRequired[str | None]
    """The source's text, paragraphs separated by empty lines."""
    labels: NotRequired[
        Annotated[list[Literal["faithful"]], Len(1, 1)]
        | Annotated[list[FindingType], MinLen(1)]
        | None
    ]
    """The types of finding that a person would accept, any one of them."""
    misleading: NotRequired[bool | None]
    """Whether a person finds the passage misleading."""
    key_mention: NotRequired[str | None]
    """The expression on which the case turns."""
    referent_in_source: NotRequired[str | None]
    """What the expression stands for in the source."""
    referent_in_passage: NotRequired[str | None]
    """What a reader of the passage takes it for."""
    note: NotRequired[str | None]
    """Why a careful reader would say so."""
    form: NotRequired[str | None]
    """How a made case was made."""
    read_by_hand: NotRequired[bool | None]
    """Whether a person read a made case."""


# --- what goes out -------------------------------------------------------------------------------


@_closed
class SpanDict(TypedDict):
    """A half-open stretch of the passage or of the source's text."""

    start: Annotated[Offset, Field(description="The first of its code points.")]
    end: Annotated[Offset, Field(description="The code point after its last.")]


@_closed
class MentionDict(SpanDict):
    """Words that refer to somebody or something, in the passage or in the source."""

    text: str
    """The words."""


@_closed
class FragmentDict(SpanDict):
    """One stretch of the passage that is given as the source's words."""

    text: str
    """The words, without the quotation marks."""
    kind: FragmentKind
    """A quotation; a word or two that may only be held at arm's length; or the whole passage, where
    it has no quotation marks."""


@_closed
class ClaimDict(TypedDict):
    """The passage, and what it quotes."""

    passage: str
    """What the quoter published, as it was sent."""
    fragments: list[FragmentDict]
    """What it quotes, in order."""
    speaker: str | None
    """Who was said to have spoken the words."""


@_closed
class SourceDict(TypedDict):
    """What is known of the source."""

    url: str | None
    """The address that was given."""
    final_url: str | None
    """The address to which it led."""
    kind: ArticleKind | None
    """What was read; null where nothing could be."""
    title: str | None
    """The title, as the page says it."""
    author: str | None
    """The author, as the page says it."""
    published: str | None
    """The day of publication as the page says it, an ISO 8601 date."""
    retrieved_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})] | None
    """When the source was had."""
    sha256: str | None
    """The checksum of the bytes that were had."""
    archived: bool
    """Whether a copy in an archive was read in the page's place."""
    n_chars: Offset | None
    """How long the extracted text is, in Unicode code points."""
    site: NotRequired[str | None]
    """Who publishes the page, as it says itself. With `language` and `paywalled`, left out where no
    source could be read."""
    language: NotRequired[str | None]
    """An ISO 639-1 code, or `und` for a language that is not known here."""
    paywalled: NotRequired[bool]
    """Whether only the opening of a longer article could be read."""
    text: NotRequired[str]
    """The extracted text, into which every offset of the source points. Only where `include_text`
    asks for it."""


@_closed
class EditDict(SpanDict):
    """Words that differ, at `start` and `end` of the source; an empty side is between two words."""

    kind: EditKind
    """What leads from the source's words to the quoted ones: `delete` where the quotation lacks
    words of the source, `insert` where it has words that the source lacks."""
    text: str
    """The source's words."""
    quoted: str
    """The quotation's words."""
    quoted_start: Offset
    """Where `quoted` starts in the passage."""
    quoted_end: Offset
    """Where `quoted` ends in the passage."""


@_closed
class MatchDict(TypedDict):
    """Where one fragment stands in the source."""

    fragment: Offset
    """An index into `claim.fragments`."""
    kind: MatchKind
    """`exact` is letter for letter; `typographic`, but for quotes, dashes, spaces and the case of a
    first letter; `altered`, with words changed, which `edits` lists; `stitched`, in pieces around
    an ellipsis; `paraphrase` is only the nearest passage by meaning."""
    segments: list[SpanDict]
    """The places in the source, one for each piece of the fragment, in the pieces' order."""
    score: Share
    """The share of quoted words that stand there unchanged; of a paraphrase, how near its meaning
    is, as a cosine."""
    edits: list[EditDict]
    """Every word that differs."""
    alternatives: Offset
    """How many other places fit as well."""
    outside_main: bool
    """Whether the words stand outside the article itself: in a caption, a pull quote, a list."""


@_closed
class ElisionDict(SpanDict):
    """Words of the source that the passage passes over."""

    text: str
    """The words."""
    marked: bool
    """Whether the quoter shows that something was left out."""


@_closed
class ContextDict(SpanDict):
    """The stretch of the source around the quoted words."""

    text: str
    """The stretch itself."""
    similarity: Annotated[float, Ge(-1), Le(1)] | None
    """How near the quoter's own words are to it in meaning, as a cosine; null where there are
    none."""
    elisions: list[ElisionDict]
    """What the passage left out of it."""


# `is` is a word of Python's, so that this one field has to be written in another way.
_Is = TypedDict(
    "_Is",
    {"is": Annotated[list[str], Field(description="Whom or what it stands for in the source.")]},
)


@_closed
class ReferentDict(_Is):
    """What one expression points to in the passage and in the source."""

    mention: MentionDict
    """The expression in the passage."""
    source_mention: MentionDict | None
    """The expression in the source, where it was found."""
    reads_as: list[str]
    """Whom or what a reader of the passage takes the expression for."""
    left_out: list[str]
    """Those of `is` that the passage does not name."""
    relation: Relation
    """How `reads_as` relates to `is`; `missing` where the passage gives nothing to point to."""
    confidence: Share
    """How sure the relation is."""
    antecedents: list[MentionDict]
    """The source's own words that the expression takes up there."""


@_closed
class FindingDict(TypedDict):
    """One thing that differs, with the words that show it."""

    type: FindingType
    """What differs."""
    severity: Severity
    """How far it reaches into what a reader takes away."""
    confidence: Share
    """How sure it is; below 0.65 it is a question to the reader rather than a statement."""
    message: str
    """What differs, in a sentence or two."""
    passage_spans: list[SpanDict]
    """The words of the passage that it rests on."""
    source_spans: list[SpanDict]
    """The words of the source that it rests on."""
    suggestion: str | None
    """How the passage could be mended, where that can be said."""


@_closed
class FailureDict(TypedDict):
    """Why the source could not be had or read."""

    code: str
    """A stable word for programs, such as `page_missing` or `paywall`."""
    message: str
    """What happened and what can be done about it, for people."""


@_closed
class ReportDict(TypedDict):
    """All that a check found.

    Fields may be added; none is dropped or renamed without a new `schema_version`.
    """

    schema_version: Literal[1]
    """The version of this shape."""
    id: str
    """The id that the case had, or the one that the report got."""
    label: Label
    """What the check says of the quotation as a whole."""
    confidence: Share
    """How sure the label is; 0 where nothing could be checked."""
    summary: str
    """One or two plain sentences that a reader can act on."""
    claim: ClaimDict
    """The passage, and what it quotes."""
    source: SourceDict
    """What is known of the source."""
    words_url: str | None
    """Where browsers open the source at the quoted words, which a text fragment names."""
    matches: list[MatchDict]
    """Where the quoted words stand in the source."""
    context: ContextDict | None
    """What stands around them there; null where nothing could be checked."""
    referents: list[ReferentDict]
    """What the passage's expressions point to, here and there."""
    findings: list[FindingDict]
    """What differs, most weighty first."""
    repair: str | None
    """The passage with what was left out put back, where that was checked and comes out fair."""
    error: FailureDict | None
    """Why nothing could be checked, where the label is `cannot_check`."""
    versions: Mapping[str, str | Mapping[str, str]]
    """The versions of Quotecheck and of its models."""
    timings_ms: Mapping[str, Offset]
    """How long each stage took, in milliseconds, and all of them in `total`."""


@_closed
class TriedDict(TypedDict):
    """A page that an article links near a quotation, and what came of it."""

    url: str
    """The address."""
    where: Literal["sentence", "paragraph", "before"]
    """Where the link stands: in the quoting sentence, elsewhere in its paragraph, or in the
    paragraph before."""
    label: Label | None
    """What the check against this page said; null where there was none."""
    reason: str | None
    """Why there was none, or why the page could not be read."""


@_closed
class QuotingDict(TypedDict):
    """A quotation of an article, or several that go together."""

    passage: str
    """The paragraph that quotes, with what it needs from before it. Paragraphs that the page sets
    off as quotations begin with `> ` here."""
    start: Offset
    """Where the passage starts in the article's text."""
    end: Offset
    """Where the passage ends in the article's text."""
    quoted: list[MentionDict]
    """The quoted words, with their places in the article's text."""
    sources: list[TriedDict]
    """The linked pages that were tried, in order."""
    report: ReportDict | None
    """The answer that counts; null where nothing could be checked."""
    reason: str | None
    """Why nothing could be checked, for people."""


@_closed
class AuditDict(TypedDict):
    """All that was found in an article."""

    schema_version: Literal[1]
    """The version of this shape."""
    article: SourceDict
    """What is known of the article."""
    quotations: list[QuotingDict]
    """What it quotes, in order."""
    counts: Mapping[str, Offset]
    """How many quotations there are, how many have each label, how many have no report
    (`unchecked`), and how many sources were asked for."""


@_closed
class ProblemDict(TypedDict):
    """Why a request was not answered, as RFC 9457 has it."""

    type: Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]
    """Always `about:blank`: `code` tells problems apart."""
    title: str
    """What happened, for people; it may change."""
    status: Annotated[int, Ge(400), Le(599)]
    """The HTTP status."""
    detail: str
    """What happened and what can be done about it, for people; it may change."""
    code: str
    """A stable word for programs."""
