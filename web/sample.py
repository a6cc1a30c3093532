"""A case and its report, small enough to be read in the description of the API."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from quotecheck.records import (
    ArticleKind,
    FindingType,
    FragmentKind,
    Label,
    MatchKind,
    Relation,
    Severity,
)

if TYPE_CHECKING:
    from quotecheck.wire import CaseDict, MentionDict, ReportDict

PASSAGE = "Brisela wants rules, but these firms “ask for long transition periods.”"
TEXT = "Brisela and Kestavo want rules. In private, these firms ask for long transition periods."
QUOTED = "ask for long transition periods."
LEFT_OUT = "Kestavo"

CASE: CaseDict = {"id": "c1", "passage": PASSAGE, "source_text": TEXT}


def make_sample() -> ReportDict:
    """Return the report that `CASE` could have."""
    here, there = _find(PASSAGE, "these firms"), _find(TEXT, "these firms")
    quoted, left_out = _find(TEXT, QUOTED), _find(TEXT, LEFT_OUT)
    return {
        "schema_version": 1,
        "id": "c1",
        "label": Label.MISREPRESENTS,
        "confidence": 0.88,
        "summary": "A reader takes “these firms” to mean Brisela. In the source, they are Brisela"
        " and Kestavo.",
        "claim": {
            "passage": PASSAGE,
            "fragments": [{**_find(PASSAGE, QUOTED), "kind": FragmentKind.QUOTATION}],
            "speaker": None,
        },
        "source": {
            "url": None,
            "final_url": None,
            "kind": ArticleKind.TEXT,
            "title": None,
            "author": None,
            "published": None,
            "retrieved_at": "2026-11-23T10:00:00Z",
            "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
            "archived": False,
            "n_chars": len(TEXT),
            "site": None,
            "language": "en",
            "paywalled": False,
        },
        "words_url": None,
        "matches": [
            {
                "fragment": 0,
                "kind": MatchKind.EXACT,
                "segments": [{"start": quoted["start"], "end": quoted["end"]}],
                "score": 1.0,
                "edits": [],
                "alternatives": 0,
                "outside_main": False,
            }
        ],
        "context": {
            "start": 0,
            "end": len(TEXT),
            "text": TEXT,
            "similarity": 0.71,
            "elisions": [{**left_out, "marked": False}],
        },
        "referents": [
            {
                "mention": here,
                "source_mention": there,
                "reads_as": ["Brisela"],
                "is": ["Brisela", LEFT_OUT],
                "left_out": [LEFT_OUT],
                "relation": Relation.NARROWED,
                "confidence": 0.88,
                "antecedents": [_find(TEXT, "Brisela"), left_out],
            }
        ],
        "findings": [
            {
                "type": FindingType.REFERENT_CHANGED,
                "severity": Severity.HIGH,
                "confidence": 0.88,
                "message": "A reader takes “these firms” to mean Brisela. In the source, they are"
                " Brisela and Kestavo.",
                "passage_spans": [{"start": here["start"], "end": here["end"]}],
                "source_spans": [{"start": left_out["start"], "end": left_out["end"]}],
                "suggestion": "“… these firms [Brisela and Kestavo] …”",
            }
        ],
        "repair": None,
        "error": None,
        "versions": {"quotecheck": "0.1.0", "models": {"language": "1.0.0"}},
        "timings_ms": {"fetch": 0, "extract": 1, "locate": 2, "language": 90, "total": 140},
    }


def _find(text: str, words: str) -> MentionDict:
    start = text.index(words)
    return {"start": start, "end": start + len(words), "text": words}
