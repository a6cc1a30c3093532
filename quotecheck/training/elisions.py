"""The maker of the elision benchmark: `python -m quotecheck.training.elisions --gum … --out …`.

    annotated texts ─► expressions that take something up ─► passages that cut it off ─► cases

People have marked in GUM what every expression means, so that each label follows from their work
and from no program's opinion. A passage is one sentence with such an expression, or that sentence
and an earlier one with an ellipsis between them. What is in doubt is left out: that a label is
right counts for more here than that a case is found.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from quotecheck.cases import FAITHFUL
from quotecheck.errors import InputError, QuotecheckError
from quotecheck.records import FindingType
from quotecheck.training.conllu import read_conllu
from quotecheck.training.cuts import (
    Draft,
    cut_parts,
    cut_to_another,
    cut_to_same,
    frame,
    leave_alone,
)
from quotecheck.training.expressions import find_expressions, find_wholes
from quotecheck.training.readings import AnnotatedText, annotate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ORPHANS: Final = 2  # of one document, for they are found most easily
WHOLES: Final = 2

# Talk to a camera has few sentences that anybody would quote.
LEFT_OUT: Final = frozenset({"vlog"})


@dataclass(frozen=True, slots=True)
class ElisionCase:
    """A case as a batch reads it, with what it was made from; the contract names its fields."""

    id: str
    passage: str
    source_path: str
    labels: tuple[str, ...]
    misleading: bool
    key_mention: str | None
    referent_in_source: str | None
    referent_in_passage: str | None
    genre: str
    form: str
    mention_kind: str


def make_cases(text: AnnotatedText, source_path: str, seed: int) -> list[ElisionCase]:
    """Make the cases of one document; the same seed chooses the same ones.

    Args:
        text: the document.
        source_path: where its text lies, as the cases name it.
        seed: what to choose by where there are more than are wanted.
    """
    doc_id = text.document.doc_id
    chance = random.Random(f"{seed} {doc_id}")  # noqa: S311  # nothing secret
    orphans: list[Draft] = []
    pairs: list[Draft] = []
    for expression in find_expressions(text):
        orphans.append(leave_alone(text, expression))
        pairs += [*cut_to_another(text, expression), *cut_to_same(text, expression)]
    drafts = _without_repetition(text, pairs)
    drafts += cut_parts(text)
    drafts += _some(orphans, ORPHANS, chance)
    wholes = (Draft(FAITHFUL, "whole", index) for index in find_wholes(text))
    drafts += _some(wholes, WHOLES, chance)
    return [
        _case(text, draft, f"{doc_id}-{number}", source_path) for number, draft in enumerate(drafts)
    ]


def _without_repetition(text: AnnotatedText, drafts: Iterable[Draft]) -> list[Draft]:
    """Keep a sentence for one expression of a thing, and frame it where that can be done."""
    found: dict[tuple[int | None, int], list[Draft]] = {}
    for draft in drafts:
        if draft.expression and (draft.kept, draft.expression.entity) not in found:
            found[draft.kept, draft.expression.entity] = [draft, *frame(text, draft)]
    return [draft for pair in found.values() for draft in pair]


def _case(text: AnnotatedText, draft: Draft, case_id: str, source_path: str) -> ElisionCase:
    expression = draft.expression
    key = text.spell(expression.start, expression.end) if expression else None
    sentence = text.sentence(draft.sentence)
    if draft.kept is None:
        passage = f"The source says: “{sentence}”"
    elif draft.form == "framed" and key:
        key = key[0].lower() + key[1:]
        rest = sentence[len(key) :].strip()
        passage = f"{text.sentence(draft.kept)} According to the same source, {key} “{rest}”"
    else:
        passage = f"The source says: “{text.sentence(draft.kept)} … {sentence}”"
    return ElisionCase(
        id=case_id,
        passage=passage,
        source_path=source_path,
        labels=(str(draft.label),),
        misleading=draft.label == FindingType.REFERENT_CHANGED,
        key_mention=key,
        referent_in_source=draft.referent_in_source,
        referent_in_passage=draft.referent_in_passage,
        genre=_genre(text),
        form=draft.form,
        mention_kind=draft.mention_kind,
    )


def _genre(text: AnnotatedText) -> str:
    """Return the genre that GUM writes into the name of a document: GUM_news_flag."""
    return text.document.doc_id.partition("_")[2].partition("_")[0]


def _some(drafts: Iterable[Draft], most: int, chance: random.Random) -> list[Draft]:
    """Choose some, and leave them in their order."""
    found = list(drafts)
    return sorted(chance.sample(found, min(most, len(found))), key=lambda draft: draft.sentence)


# --- files ---------------------------------------------------------------------------------------


def read_texts(folder: Path) -> list[AnnotatedText]:
    """Read the documents of a folder of CoNLL-U files, in the order of their names.

    Raises:
        InputError: there are none, or they have no entity layer with types.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    paths = sorted(folder.glob("*.conllu"))
    if not paths:
        raise InputError(f"{folder} holds no .conllu file.")
    texts = [annotate(document) for path in paths for document in read_conllu(path)]
    if not any(mention.kind for text in texts for mention in text.layer.mentions):
        raise InputError(f"The files in {folder} say nothing of entities and their types.")
    return [text for text in texts if _genre(text) not in LEFT_OUT]


def write_cases(texts: Iterable[AnnotatedText], out: Path, sources: Path, seed: int) -> int:
    """Write the cases into a JSONL file, and the texts that they quote into a folder.

    Args:
        texts: the documents.
        out: the file; what it held is lost.
        sources: the folder; the cases name its files as they lie from `out`.
        seed: what to choose by.

    Returns:
        How many cases there are.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    sources.mkdir(parents=True, exist_ok=True)
    lines = []
    for text in texts:
        path = sources / f"{text.document.doc_id}.txt"
        place = Path(os.path.relpath(path, out.parent)).as_posix()
        cases = make_cases(text, place, seed)
        if cases:
            path.write_text(text.text + "\n", encoding="utf-8")
        lines += [json.dumps(asdict(case), ensure_ascii=False) + "\n" for case in cases]
    out.write_text("".join(lines), encoding="utf-8")
    return len(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="python -m quotecheck.training.elisions")
    parser.add_argument("--gum", type=Path, required=True, help="folder of GUM's .conllu files")
    parser.add_argument("--out", type=Path, required=True, help="the JSONL file to write")
    parser.add_argument(
        "--sources", type=Path, help="folder for the source texts (sources, beside the file)"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        texts = read_texts(options.gum)
    except QuotecheckError as exc:
        parser.error(str(exc))
    sources = options.sources or options.out.parent / "sources"
    number = write_cases(texts, options.out, sources, options.seed)
    print(f"{number} cases from {len(texts)} texts")


if __name__ == "__main__":
    main()
