"""The English pipeline: exact offsets, sentences where they begin, heads, tags and names."""

from __future__ import annotations

import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from spacy.tokens import Doc

from quotecheck.errors import ModelMismatch, ModelMissing
from quotecheck.language import (
    CHECKSUMS,
    MODEL_FOLDER,
    PIPELINE,
    load_language,
    verify,
    write_checksums,
)

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

pytestmark = pytest.mark.slow

ARTICLE = (
    "Officials in Norway said on Monday that Greta Halvorsen, the head of the Coastal Authority, "
    "had resigned. “We didn’t expect it,” said her deputy, Peter Lindqvist — who will take over."
    "\n\n"
    "The harbour of Bergen stays closed\n\n"
    "Ms Halvorsen’s lawyers don’t comment on the well-known case… She lives in Oslo."
)


@pytest.fixture(scope="module")
def nlp() -> Language:
    """Load the pipeline once for these tests."""
    return load_language()


@pytest.fixture(scope="module")
def article(nlp: Language) -> Doc:
    """Read the invented article once."""
    return nlp(ARTICLE)


def test_offsets_are_exact(article: Doc) -> None:
    """Each token stands in the text where its offset says, and nothing is lost between tokens."""
    assert article.text == ARTICLE
    assert all(ARTICLE[t.idx : t.idx + len(t)] == t.text for t in article)


def test_a_sentence_begins_after_a_paragraph_break(article: Doc) -> None:
    """No sentence reaches over an empty line, also when no full stop stands before it."""
    assert not any("\n\n" in sentence.text.strip() for sentence in article.sents)
    starts = [sentence.text.split()[0] for sentence in article.sents]
    assert starts.count("The") == 1
    assert starts.count("Ms") == 1


def test_sentences_are_told_apart(nlp: Language) -> None:
    """Full stops end sentences; those of abbreviations do not."""
    doc = nlp(
        "Dr. Osei met Mr. Tan in the U.S. last week. They spoke for an hour. Nobody listened."
    )
    assert [sentence.text.split()[0] for sentence in doc.sents] == ["Dr.", "They", "Nobody"]


def test_curly_and_straight_quotes_are_read_alike(nlp: Language) -> None:
    """Typography changes neither words nor heads."""
    straight = nlp("\"I don't think it's fair,\" the minister's aide said.")
    curly = nlp("“I don’t think it’s fair,” the minister’s aide said.")
    assert [t.head.i for t in curly] == [t.head.i for t in straight]
    assert [t.pos_ for t in curly] == [t.pos_ for t in straight]
    assert [t.text for t in curly][1:4] == ["I", "do", "n’t"]


def test_given_sentence_starts_are_kept(nlp: Language) -> None:
    """A Doc that brings its words and sentence starts gets these back, wherever they lie."""
    words = [token.text for token in nlp.make_doc(ARTICLE)]
    chance = random.Random(7)  # noqa: S311
    for _ in range(10):
        starts: list[bool | int | None] = [chance.random() < 0.15 for _ in words]
        starts[0] = True
        doc = nlp(Doc(nlp.vocab, words=words, sent_starts=starts))
        assert [bool(token.is_sent_start) for token in doc] == starts


def test_words_are_those_of_universal_dependencies(nlp: Language) -> None:
    """Hyphens and slashes part words, prefixes and telephone numbers stay whole."""
    doc = nlp.make_doc("a 15-year non-profit and/or well-known 555-0134 can’t id card!!!")
    assert [token.text for token in doc] == [
        *("a", "15", "-", "year", "non-profit", "and", "/", "or", "well", "-", "known"),
        *("555-0134", "ca", "n’t", "id", "card", "!!!"),
    ]


def test_names_are_found(article: Doc) -> None:
    """People, organisations and places of a news paragraph are found whole."""
    names = {(entity.text, entity.label_) for entity in article.ents}
    assert names >= {
        ("Norway", "LOC"),
        ("Greta Halvorsen", "PER"),
        ("Coastal Authority", "ORG"),
        ("Peter Lindqvist", "PER"),
        ("Bergen", "LOC"),
        ("Oslo", "LOC"),
    }


def test_heads_tags_and_lemmas_are_set(nlp: Language) -> None:
    """Subject, object and negation hang on the verb; features and lemmas are UD's."""
    doc = nlp("The council has not approved these plans.")
    verb = doc[4]
    assert (verb.dep_, verb.pos_, verb.lemma_) == ("ROOT", "VERB", "approve")
    relations = {(token.text, token.dep_) for token in verb.children}
    assert relations >= {("council", "nsubj"), ("plans", "obj"), ("not", "advmod"), ("has", "aux")}
    assert doc[6].lemma_ == "plan"
    assert doc[5].morph.get("Number") == ["Plur"]
    assert doc[6].tag_ == "NNS"


def test_lemmas_are_words(nlp: Language) -> None:
    """Of an inflected form the lemma is a word, also of verbs that training rarely met."""
    doc = nlp("They resigned, having provoked the voters who had submitted two complaints.")
    lemmas = {token.text: token.lemma_ for token in doc}
    assert (lemmas["resigned"], lemmas["provoked"]) == ("resign", "provoke")
    assert (lemmas["submitted"], lemmas["complaints"]) == ("submit", "complaint")


@pytest.mark.parametrize("text", ["", " ", "\n\n", "…", "Fog", "a\n\n\n\nb", "🌊 ok", "x" * 3000])
def test_odd_texts_are_read(nlp: Language, text: str) -> None:
    """Empty, blank, short and strange texts give a Doc of that text."""
    assert nlp(text).text == text


def test_cost_grows_with_the_length_alone(nlp: Language) -> None:
    """Eight times the text takes about eight times as long, not the square of it."""
    nlp(ARTICLE * 4)
    seconds = []
    for times in (10, 80):
        started = time.perf_counter()
        nlp(ARTICLE * times)
        seconds.append(time.perf_counter() - started)
    assert seconds[1] / seconds[0] < 24


def test_several_texts_read_as_each_alone(nlp: Language) -> None:
    """`pipe` gives what single calls give."""
    texts = [ARTICLE, "Fog hid the quay.", "Nobody said so."]
    for text, doc in zip(texts, nlp.pipe(texts), strict=True):
        assert [t.text for t in doc] == [t.text for t in nlp(text)]
        assert [s.start for s in doc.sents] == [s.start for s in nlp(text).sents]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    """A file that is not the released one is an error that says what to do."""
    folder = tmp_path / "language"
    (folder / PIPELINE).mkdir(parents=True)
    (folder / PIPELINE / "config.cfg").write_text("[nlp]\n", encoding="utf-8")
    write_checksums(folder)
    verify(folder)
    (folder / PIPELINE / "config.cfg").write_text("[nlp] \n", encoding="utf-8")
    with pytest.raises(ModelMismatch, match="Install Quotecheck again"):
        verify(folder)


def test_missing_files_are_named(tmp_path: Path) -> None:
    """Without its files the model is missing, and the error says what to do."""
    with pytest.raises(ModelMissing, match="Install Quotecheck again"):
        load_language(tmp_path)
    shutil.copy(MODEL_FOLDER / CHECKSUMS, tmp_path)
    with pytest.raises(ModelMissing, match="lacks"):
        load_language(tmp_path)


def test_coreference_can_be_left_out() -> None:
    """Whoever makes the weights of that component has to load the pipeline without it."""
    names = load_language(with_coref=False).pipe_names
    assert "coref" not in names
    assert names[-1] == "trim_names"


def test_missing_weights_of_coreference_are_named(tmp_path: Path) -> None:
    """The component is a model of its own, with files of its own."""
    nlp = load_language(with_coref=False)
    with pytest.raises(ModelMissing, match=r"coreference model lacks config\.json"):
        nlp.add_pipe("coref", config={"folder": str(tmp_path)})


def test_the_model_has_a_card() -> None:
    """Beside the weights stand what they were made from, under which licences, and their scores."""
    card = (MODEL_FOLDER / "model_card.md").read_text(encoding="utf-8")
    assert all(word in card for word in ("CC BY-SA 4.0", "CC BY 4.0", "Apache-2.0", "seed", "LAS"))
