"""The entity layer is read as it stands: spans, heads, chains, and links between entities."""

from __future__ import annotations

from pathlib import Path

import pytest

from quotecheck.errors import InputError
from quotecheck.training.conllu import read_conllu
from quotecheck.training.entities import EntityLayer, EntityLink, read_entities

GUM = Path(__file__).parent.parent.parent / "shared" / "data" / "gum"

# Form, head and entity layer of each word.
FERRY = """\
The/3/Entity=(1-person-new-nnnnn-cf1-3,4-coref-Saint-Aldo%2C_Ida
harbour/3/Entity=(2-place-new-nnnnn-cf2-1-sgl)
master/6/_
Ida/3/Entity=1)
has/6/_
met/0/_
Ola/6/Entity=(3-person-new-nnnnn-cf3-1-coref)
./6/_

They/2/Entity=(4-person-giv:act-nnnnn-cf1-1-ana)|SplitAnte=1<4,3<4
saw/0/_
her/4/Entity=(5-object-new-nnnnn-cf2-2-sgl(1-person-giv:act-nnnnn-cf1*-1-ana-Saint-Aldo%2C_Ida)
ferry/2/Entity=5)
from/7/_
the/7/Bridge=5<6|Entity=(6-object-acc:inf-nnnnn-cf3-2-sgl
mast/4/Entity=6)
"""


def layer(text: str, folder: Path) -> EntityLayer:
    """Write an invented text as CoNLL-U and read its entity layer."""
    lines = ["# newdoc id = GUM_fiction_ferry"]
    for number, sentence in enumerate(text.strip().split("\n\n"), 1):
        lines.append(f"# sent_id = GUM_fiction_ferry-{number}")
        for place, row in enumerate(sentence.splitlines(), 1):
            form, head, misc = row.rsplit("/", 2)
            deprel = "root" if head == "0" else "dep"
            columns = (str(place), form, form, "X", "X", "_", head, deprel, "_", misc)
            lines.append("\t".join(columns))
        lines.append("")
    path = folder / "ferry.conllu"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (document,) = read_conllu(path)
    return read_entities(document)


@pytest.fixture
def ferry(tmp_path: Path) -> EntityLayer:
    """Read the invented text."""
    return layer(FERRY, tmp_path)


def test_mentions_are_spans_of_the_document(ferry: EntityLayer) -> None:
    """Places count through the document; the outer mention stands before the inner one."""
    spelt = [
        (mention.entity, " ".join(word.form for word in ferry.words[mention.start : mention.end]))
        for mention in ferry.mentions
    ]
    assert spelt == [
        (1, "The harbour master Ida"),
        (2, "harbour"),
        (3, "Ola"),
        (4, "They"),
        (5, "her ferry"),
        (1, "her"),
        (6, "the mast"),
    ]
    assert [mention.sentence for mention in ferry.mentions] == [0, 0, 0, 1, 1, 1, 1]
    assert ferry.sentence_starts == (0, 8, 15)


def test_a_mention_has_its_fields(ferry: EntityLayer) -> None:
    """The fields are split at six hyphens, and those of the identity are its own."""
    first = ferry.mentions[0]
    assert (first.kind, first.status, first.link) == ("person", "new", "coref")
    assert first.identity == "Saint-Aldo%2C_Ida"
    assert (first.head, first.minimal) == (2, (2, 3))
    assert ferry.mentions[3].status == "giv:act"


def test_links_name_the_parts_and_the_bridges(ferry: EntityLayer) -> None:
    """A plural has a link to each of its parts; a bridge leads to what it is understood by."""
    assert ferry.splits == (EntityLink(1, 4, 8), EntityLink(3, 4, 8))
    assert ferry.bridges == (EntityLink(5, 6, 13),)


def test_chains_are_the_mentions_of_one_thing(ferry: EntityLayer) -> None:
    """A chain has two mentions or more, unless single ones are asked for."""
    assert [len(mentions) for mentions in ferry.chains().values()] == [2]
    assert list(ferry.chains(with_singletons=True)) == [1, 2, 3, 4, 5, 6]


def test_the_innermost_bracket_of_a_group_closes_first(tmp_path: Path) -> None:
    """An apposition can stand inside another mention of the same thing."""
    text = """\
Ida/0/Entity=(1-person-new-nnnnn-cf1-1-coref
,/3/_
pilot/1/Entity=(1-person-giv:act-nnnnn-cf1-1-appos
of/5/_
Velm/3/Entity=(2-place-new-nnnnn-cf2-1-sgl)1)1)
"""
    spans = [(m.start, m.end, m.link) for m in layer(text, tmp_path).mentions if m.entity == 1]
    assert spans == [(0, 5, "coref"), (2, 5, "appos")]


def test_brackets_may_hold_the_group_alone(tmp_path: Path) -> None:
    """OntoGUM marks what is coreferent, and says nothing else of it."""
    (outer, inner) = layer("A/0/Entity=(7(8)\nb/1/Entity=7)", tmp_path).mentions
    assert (outer.entity, outer.start, outer.end, outer.kind, outer.link) == (7, 0, 2, "", "")
    assert (inner.entity, inner.start, inner.end) == (8, 0, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A/0/Entity=(1-person-new-nnnnn-cf1-1-coref", "entity 1 is never closed"),
        ("A/0/Entity=1)", "entity 1 closes unopened"),
        ("A/0/Entity=(x-person-new-nnnnn-cf1-1-coref)", "'x' stands where a number should"),
        ("A/0/SplitAnte=1", "'' stands where a number should"),
    ],
)
def test_a_broken_layer_is_an_error(text: str, said: str, tmp_path: Path) -> None:
    """What cannot be read is said, with the sentence that it stands in."""
    with pytest.raises(InputError, match=f"GUM_fiction_ferry-1: {said}"):
        layer(text, tmp_path)


@pytest.mark.skipif(not GUM.is_dir(), reason="the training data lies beside the checkout only")
@pytest.mark.parametrize("folder", ["dev", "ontogum"])
def test_real_layers_are_read_whole(folder: str) -> None:
    """On the real data every mention lies in its sentence, with its head and its links."""
    for path in sorted((GUM / folder).glob("*.conllu")):
        for document in read_conllu(path):
            found = read_entities(document)
            marked = sum(word.misc.count("(") for word in found.words if "Entity=" in word.misc)
            assert 0 < len(found.mentions) <= marked
            opened = {(mention.entity, mention.start) for mention in found.mentions}
            assert {(link.entity, link.word) for link in (*found.splits, *found.bridges)} <= opened
            for mention in found.mentions:
                start, end = found.sentence_starts[mention.sentence : mention.sentence + 2]
                assert start <= mention.start <= mention.head < mention.end <= end
