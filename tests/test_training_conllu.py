"""The readers of annotated text keep every word, and say what the files say."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from quotecheck.training.conllu import (
    ROOT,
    Name,
    add_gum_names,
    add_names,
    read_conllu,
    read_names,
)

DATA = Path(__file__).parent.parent.parent / "shared" / "data"

CONLLU = """\
# newdoc id = ferry
# newpar
# sent_id = ferry-1
# text = The ferry doesn't stop.
1\tThe\tthe\tDET\tDT\tDefinite=Def|PronType=Art\t2\tdet\t_\t_
2\tferry\tferry\tNOUN\tNN\tNumber=Sing\t5\tnsubj\t_\t_
3-4\tdoesn't\t_\t_\t_\t_\t_\t_\t_\t_
3\tdoes\tdo\tAUX\tVBZ\t_\t5\taux\t_\t_
4\tn't\tnot\tPART\tRB\t_\t5\tadvmod\t_\t_
5\tstop\tstop\tVERB\tVB\tVerbForm=Inf\t0\troot\t_\tSpaceAfter=No
5.1\tghost\tghost\tVERB\tVB\t_\t_\t_\t_\t_
6\t.\t.\tPUNCT\t.\t_\t5\tpunct\t_\t_

# sent_id = ferry-2
# text = Marla Quist waved.
1\tMarla\tMarla\tPROPN\tNNP\tNumber=Sing\t3\tnsubj\t_\t_
2\tQuist\tQuist\tPROPN\tNNP\tNumber=Sing\t1\tflat\t_\t_
3\twaved\twave\tVERB\tVBD\t_\t0\troot\t_\tSpaceAfter=No
4\t.\t.\tPUNCT\t.\t_\t3\tpunct\t_\t_

# newdoc id = quay
# newpar
# sent_id = quay-1
1\tFog\tfog\tNOUN\tNN\tNumber=Sing\t0\troot\t_\t_
"""

IOB2 = """\
# sent_id = ferry-1
1\tThe\tO\t-\t-
2\tferry\tB-OTH\t-\t-
3\tdoes\tB-O\t-\t-
4\tn't\tO\t-\t-
5\tstop\tO\t-\t-
6\t.\tO\t-\t-

# sent_id = ferry-2
1\tMarla\tB-PER\t-\t-
2\tQuist\tI-PER\t-\t-
3\twaved\tO\t-\t-
4\t.\tO\t-\t-

# sent_id = quay-1
1\tFogs\tB-LOC\t-\t-
"""

GUM = """\
# newdoc id = GUM_news_invented
# sent_id = GUM_news_invented-1
1\tPresident\tPresident\tPROPN\tNNP\t_\t3\tnmod:desc\t_\tEntity=(1-person-new-nnnnn-cf1-3-coref-Ada_Holm
2\tAda\tAda\tPROPN\tNNP\t_\t3\tcompound\t_\t_
3\tHolm\tHolm\tPROPN\tNNP\t_\t4\tnsubj\t_\tEntity=1)
4\tleft\tleave\tVERB\tVBD\t_\t0\troot\t_\t_
5\tthe\tthe\tDET\tDT\t_\t6\tdet\t_\tEntity=(2-organization-new-nnnnn-cf2-2-coref
6\tBank\tBank\tPROPN\tNNP\t_\t4\tobj\t_\t_
7\tof\tof\tADP\tIN\t_\t8\tcase\t_\t_
8\tTorvald\tTorvald\tPROPN\tNNP\t_\t6\tnmod\t_\tEntity=(3-place-new-nnnnn-cf3-1-coref)
9\t,\t,\tPUNCT\t,\t_\t11\tpunct\t_\t_
10\ta\ta\tDET\tDT\t_\t11\tdet\t_\t_
11\tlender\tlender\tNOUN\tNN\t_\t6\tappos\t_\tEntity=2)|SpaceAfter=No
12\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_
"""


@pytest.fixture
def treebank(tmp_path: Path) -> Path:
    """Write the invented treebank into a file."""
    path = tmp_path / "ferry.conllu"
    path.write_text(CONLLU, encoding="utf-8")
    return path


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Write the invented labels into a file."""
    path = tmp_path / "ferry.iob2"
    path.write_text(IOB2, encoding="utf-8")
    return path


def test_documents_and_paragraphs_are_those_of_the_comments(treebank: Path) -> None:
    """A new document begins at `newdoc id`, a paragraph at `newpar`."""
    ferry, quay = read_conllu(treebank)
    assert (ferry.doc_id, quay.doc_id) == ("ferry", "quay")
    assert [sentence.opens_paragraph for sentence in ferry.sentences] == [True, False]


def test_a_contraction_is_its_words_without_space_between(treebank: Path) -> None:
    """The words of a multiword token stay, unspaced; the token's own row and empty nodes go."""
    words = read_conllu(treebank)[0].sentences[0].words
    text = "".join(word.form + " " * word.has_space for word in words)
    assert text == "The ferry doesn't stop. "
    assert [word.form for word in words][2:4] == ["does", "n't"]


def test_heads_are_indices_of_the_sentence(treebank: Path) -> None:
    """Heads count from zero, and the root has none."""
    words = read_conllu(treebank)[0].sentences[0].words
    assert [word.head for word in words] == [1, 4, 4, 4, ROOT, 4]


def test_other_labels_are_read_as_none(labels: Path) -> None:
    """`OTH` and the stray `B-O` of the early release are no names."""
    names = read_names(labels)
    assert names["ferry-1"][1] == ()
    assert names["ferry-2"][1] == (Name(0, 2, "PER"),)


def test_names_over_other_words_are_unknown(treebank: Path, labels: Path) -> None:
    """Where the labelled words are not the treebank's, the sentence's names are unknown."""
    ferry, quay = add_names(read_conllu(treebank), read_names(labels))
    assert ferry.sentences[1].names == (Name(0, 2, "PER"),)
    assert quay.sentences[0].names is None


def test_gum_names_are_cut_to_the_name(tmp_path: Path) -> None:
    """Of a mention its name stays: no title, no article, no description, no name inside a name."""
    path = tmp_path / "GUM_news_invented.conllu"
    path.write_text(GUM, encoding="utf-8")
    (document,) = add_gum_names(read_conllu(path))
    names = document.sentences[0].names
    assert names is not None
    assert set(names) == {Name(1, 3, "PER"), Name(5, 8, "ORG")}


def test_a_doc_has_the_text_and_an_empty_line_before_a_paragraph(treebank: Path) -> None:
    """Sentences lie end to end; an empty line is a token that hangs on the word before it."""
    spacy = pytest.importorskip("spacy")
    from quotecheck.training.treebank import annotated_doc  # noqa: PLC0415  # loads spaCy

    ferry, quay = read_conllu(treebank)
    doc = annotated_doc(spacy.blank("en").vocab, (*ferry.sentences, *quay.sentences))
    assert doc.text == "The ferry doesn't stop. Marla Quist waved.\n\nFog "
    assert [sentence.text.strip() for sentence in doc.sents] == [
        "The ferry doesn't stop.",
        "Marla Quist waved.",
        "Fog",
    ]
    assert doc[10].is_space
    assert doc[10].head.text == "."


def test_a_sentence_cut_in_is_still_one_tree(treebank: Path) -> None:
    """A text that begins in the middle of a sentence has one root, and heads inside it."""
    from quotecheck.training.treebank import cut_in  # noqa: PLC0415  # loads spaCy

    sentence = read_conllu(treebank)[0].sentences[0]
    for seed in range(20):
        words = cut_in(sentence, random.Random(seed)).words  # noqa: S311
        assert [word.head for word in words].count(ROOT) == 1
        assert all(word.head < len(words) for word in words)


def test_variations_are_the_same_for_the_same_seed(treebank: Path) -> None:
    """Training is repeatable: one seed, one set of texts."""
    from quotecheck.training.treebank import vary  # noqa: PLC0415  # loads spaCy

    sentences = read_conllu(treebank)[0].sentences
    first, second = (
        [vary(sentences, random.Random(seed)) for seed in range(30)]  # noqa: S311
        for _ in range(2)
    )
    assert first == second
    assert any("’" in word.form for text in first for s in text for word in s.words)


@pytest.mark.skipif(not DATA.is_dir(), reason="the training data lies beside the checkout only")
def test_words_of_the_treebanks_spell_their_texts() -> None:
    """On the real data, the words and their spaces spell out each sentence's text."""
    documents = read_conllu(DATA / "ud_ewt" / "dev.conllu")
    lines = (DATA / "ud_ewt" / "dev.conllu").read_text(encoding="utf-8").splitlines()
    texts = [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]
    spelt = [
        "".join(word.form + " " * word.has_space for word in sentence.words).strip()
        for document in documents
        for sentence in document.sentences
    ]
    assert [text.split() for text in spelt] == [text.split() for text in texts]
