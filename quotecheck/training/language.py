"""The recipe of the English pipeline: `python -m quotecheck.training.language --data … --out …`.

    treebanks ─► spaCy's training loop ─► best model ─► scores ─► model folder with its checksums

The recipe itself is `language.cfg`, in spaCy's form; the loop, its log and its keeping of the best
and the last model are spaCy's. An interrupted run leaves the best model so far under `OUT/run`.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import spacy
import torch
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as run_loop
from spacy.util import load_config

from quotecheck.language import MODEL_FOLDER, PIPELINE, write_checksums
from quotecheck.training.treebank import annotated_doc, read_treebanks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.language import Language
    from spacy.pipeline import EditTreeLemmatizer

    from quotecheck.training.conllu import Document

RECIPE: Final = Path(__file__).with_suffix(".cfg")


@dataclass(frozen=True, slots=True)
class Scores:
    """What a pipeline reaches on one set, in per cent; `words_per_second` aside.

    Tags, heads and names are scored on the treebank's own words. `las` and `uas` are with the
    sentences that the parser finds itself; `las_given` is with the treebank's sentences given.
    `tokens_f` is of words found in the raw text.
    """

    upos: float
    xpos: float
    morph: float
    lemma: float
    uas: float
    las: float
    uas_given: float
    las_given: float
    sentences_f: float
    names_f: float
    tokens_f: float
    words_per_second: float


def train(data: Path, out: Path, changes: dict[str, object], start: Path | None = None) -> Language:
    """Train a pipeline by the recipe and keep the best one under `out`.

    Args:
        data: folder of the treebanks.
        out: folder of the model; the run's best and last pipelines go into its `run`.
        changes: values that differ from the recipe's, by their dotted names.
        start: a pipeline of an earlier run to train on; without it, from the base encoder.
    """
    changes = {"paths.data": str(data), **changes}
    config = load_config(RECIPE, overrides=changes, interpolate=False)
    if start is not None:
        trained = [name for name in config["nlp"]["pipeline"] if name != "paragraph_breaks"]
        config["components"].update({name: {"source": str(start)} for name in trained})
    nlp = init_nlp(config)
    if start is not None:
        # spaCy does not read this map back, and would then teach the first label for every word.
        lemmatizer = cast("EditTreeLemmatizer", nlp.get_pipe("trainable_lemmatizer"))
        lemmatizer.tree2label = {tree: label for label, tree in enumerate(lemmatizer.labels)}
    run = out / "run"
    run.mkdir(parents=True, exist_ok=True)
    run_loop(nlp, run, stdout=sys.stdout, stderr=sys.stderr)
    return spacy.load(run / "model-best")


def keep(nlp: Language, folder: Path) -> None:
    """Write a pipeline into a model folder, with its checksums."""
    target = folder / PIPELINE
    if target.exists():
        shutil.rmtree(target)
    nlp.config["paths"]["data"] = None
    nlp.to_disk(target)
    write_checksums(folder)


def evaluate(nlp: Language, documents: Sequence[Document]) -> Scores:
    """Score a pipeline on whole documents, on their words and on their raw text."""
    bare = [annotated_doc(nlp.vocab, doc.sentences, parted=False) for doc in documents]
    started = time.perf_counter()
    found = list(nlp.pipe(_copies(nlp, bare, with_starts=False)))
    seconds = time.perf_counter() - started
    given = list(nlp.pipe(_copies(nlp, bare, with_starts=True)))
    own = nlp.evaluate([Example(doc, ref) for doc, ref in zip(found, bare, strict=True)])
    with_starts = Scorer(nlp).score(
        [Example(doc, ref) for doc, ref in zip(given, bare, strict=True)]
    )
    raw = [Example(nlp.make_doc(ref.text), ref) for ref in bare]
    tokens = Scorer.score_tokenization(raw)
    percent = {
        "upos": own["pos_acc"],
        "xpos": own["tag_acc"],
        "morph": own["morph_acc"],
        "lemma": own["lemma_acc"],
        "uas": own["dep_uas"],
        "las": own["dep_las"],
        "uas_given": with_starts["dep_uas"],
        "las_given": with_starts["dep_las"],
        "sentences_f": own["sents_f"],
        "names_f": own["ents_f"] or 0.0,
        "tokens_f": tokens["token_f"],
    }
    words = sum(len(doc) for doc in bare)
    return Scores(
        **{name: 100 * value for name, value in percent.items()},
        words_per_second=words / seconds,
    )


def print_scores(nlp: Language, data: Path) -> None:
    """Print the table of scores on both development sets."""
    treebanks = read_treebanks(data, with_gum_names=True)
    table = {
        "EWT dev": evaluate(nlp, treebanks.ewt_dev),
        "GUM dev": evaluate(nlp, treebanks.gum_dev),
    }
    print(f"| {'':<18} | " + " | ".join(table) + " |")
    print("| --- | " + " | ".join("---" for _ in table) + " |")
    for field in fields(Scores):
        row = " | ".join(f"{getattr(scores, field.name):.2f}" for scores in table.values())
        print(f"| {field.name:<18} | {row} |")


def _copies(nlp: Language, docs: Sequence[Doc], *, with_starts: bool) -> list[Doc]:
    """Take the words of documents alone, or these and where sentences start."""
    return [
        Doc(
            nlp.vocab,
            words=[token.text for token in doc],
            spaces=[bool(token.whitespace_) for token in doc],
            sent_starts=[bool(token.is_sent_start) for token in doc] if with_starts else None,
        )
        for doc in docs
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and score, or only score, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m quotecheck.training.language")
    parser.add_argument("--data", type=Path, required=True, help="folder of the treebanks")
    parser.add_argument(
        "--out", type=Path, default=MODEL_FOLDER, help="folder of the model (the one that ships)"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--start", type=Path, help="train on from this pipeline of an earlier run")
    parser.add_argument("--score-only", action="store_true", help="score the model in OUT")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO)
    torch.set_num_threads(options.threads)
    if options.score_only:
        nlp = spacy.load(options.out / PIPELINE)
    else:
        changes = dict(change.split("=", 1) for change in options.changes)
        values = {key: _value(value) for key, value in changes.items()}
        nlp = train(options.data, options.out, values, options.start)
        keep(nlp, options.out)
    print_scores(nlp, options.data)


def _value(text: str) -> object:
    """Read a value of the recipe as spaCy's command line does."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)


if __name__ == "__main__":
    main()
