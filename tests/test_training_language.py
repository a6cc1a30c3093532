"""The recipe runs from treebank to a checked model folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quotecheck.language import load_language
from quotecheck.training.language import keep, print_scores, train

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# Form, lemma, parts of speech, head and relation of each word.
SENTENCES = """\
Marla/Marla/PROPN/NNP/2/nsubj rows/row/VERB/VBZ/0/root boats/boat/NOUN/NNS/2/obj ././PUNCT/./2/punct
Owls/owl/NOUN/NNS/2/nsubj leave/leave/VERB/VBP/0/root Velm/Velm/PROPN/NNP/2/obj ././PUNCT/./2/punct
""".splitlines()
LABELS = (("B-PER", "O", "O", "O"), ("O", "O", "B-LOC", "O"))
TIMES = 12


def conllu() -> str:
    """Write the invented sentences several times, two to a document."""
    lines: list[str] = []
    for number in range(TIMES):
        lines += [f"# newdoc id = velm-{number}", "# newpar"]
        for index, sentence in enumerate(SENTENCES):
            lines.append(f"# sent_id = velm-{number}-{index}")
            for place, word in enumerate(sentence.split(), 1):
                form, lemma, upos, xpos, head, deprel = word.split("/")
                columns = (str(place), form, lemma, upos, xpos, "_", head, deprel, "_", "_")
                lines.append("\t".join(columns))
            lines.append("")
    return "\n".join(lines) + "\n"


def iob2() -> str:
    """Write the labels of the same sentences."""
    lines: list[str] = []
    for number in range(TIMES):
        for index, (sentence, labels) in enumerate(zip(SENTENCES, LABELS, strict=True)):
            lines.append(f"# sent_id = velm-{number}-{index}")
            for place, word in enumerate(sentence.split(), 1):
                lines.append(f"{place}\t{word.split('/')[0]}\t{labels[place - 1]}\t-\t-")
            lines.append("")
    return "\n".join(lines) + "\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Lay an invented treebank out as the recipe reads it."""
    folder = tmp_path / "data"
    for split in ("train", "dev"):
        for path, text in (
            (folder / "ud_ewt" / f"{split}.conllu", conllu()),
            (folder / "uner_ewt" / f"{split}.iob2", iob2()),
            (folder / "gum" / split / "GUM_news_velm.conllu", conllu()),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder


def test_the_recipe_makes_a_model_that_loads(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained, kept and loaded again, the pipeline reads text; its scores are printed."""
    changes: dict[str, object] = {
        "training.max_steps": 30,
        "training.eval_frequency": 30,
        "training.optimizer.learn_rate.warmup_steps": 5,
        "components.tok2vec.model.n_upper": 1,
        "components.parser.min_action_freq": 1,
    }
    nlp = train(data, tmp_path / "out", changes)
    keep(nlp, tmp_path / "out")
    loaded = load_language(tmp_path / "out", with_coref=False)
    doc = loaded("Marla rows boats.")
    assert [token.pos_ for token in doc] == ["PROPN", "VERB", "NOUN", "PUNCT"]
    assert str(data) not in (tmp_path / "out" / "pipeline" / "config.cfg").read_text("utf-8")
    print_scores(loaded, data)
    assert "las_given" in capsys.readouterr().out


def test_training_goes_on_from_an_earlier_run(data: Path, tmp_path: Path) -> None:
    """A second run starts from the first one's weights, and still learns lemmas."""
    changes: dict[str, object] = {
        "training.max_steps": 30,
        "training.eval_frequency": 30,
        "components.tok2vec.model.n_upper": 1,
        "components.parser.min_action_freq": 1,
    }
    train(data, tmp_path / "first", changes)
    nlp = train(data, tmp_path / "second", changes, tmp_path / "first" / "run" / "model-last")
    assert [token.lemma_ for token in nlp("Marla rows boats .")][1:3] == ["row", "boat"]
