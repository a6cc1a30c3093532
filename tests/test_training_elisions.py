"""The benchmark's maker cuts what was annotated, labels what follows from it, and refuses doubt."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from quotecheck.cases import load_cases
from quotecheck.training.conllu import read_conllu
from quotecheck.training.elisions import ElisionCase, main, make_cases, read_texts, write_cases
from quotecheck.training.readings import AnnotatedText, annotate

GUM = Path(__file__).parent.parent.parent / "shared" / "data" / "gum" / "train"

# Form, part of speech, head, relation, features and entity layer of each word, the last two only
# where there are any; a word under 0 is the sentence's root. A bracket is short here: its entity,
# its type, its status and its link.
MARLA = "Marla/PROPN/3/nsubj//(2.person.new.coref Quist/PROPN/1/flat//2)"
HOLM = "Mrs/PROPN/3/nsubj//(1.person.new.coref Holm/PROPN/1/flat//1)"
RUNS = (
    "runs/VERB/0//VerbForm=Fin the/DET/6/det//(3.organization.new.sgl"
    " harbour/NOUN/6/compound office/NOUN/3/obj//3) ./PUNCT/3/punct"
)
WROTE = (
    "wrote/VERB/0//VerbForm=Fin to/ADP/6/case the/DET/6/det//(4.abstract.new.sgl"
    " council/NOUN/3/obl//4) ./PUNCT/3/punct"
)
FEM = "Gender=Fem|Number=Sing|Person=3"
WANTS = (
    "wants/VERB/0//VerbForm=Fin a/DET/5/det//(5.object.new.sgl second/ADJ/5/amod"
    " ferry/NOUN/2/obj//5) before/ADP/7/case winter/NOUN/2/obl//(6.time.new.sgl) ./PUNCT/2/punct"
)
SHE = f"She/PRON/2/nsubj/{FEM}/(2.person.giv:act.ana)"
MET = (
    "The/DET/2/det//(7.organization.new.coref board/NOUN/3/nsubj//7)"
    " met/VERB/0//VerbForm=Fin again/ADV/3/advmod soon/ADV/3/advmod ./PUNCT/3/punct"
)

RIVALLED = (f"{HOLM} {RUNS}", f"{MARLA} {WROTE}", f"{SHE} {WANTS}")
NAMED = (f"{MARLA} {WROTE}", MET, f"{SHE} {WANTS}")


def annotated(folder: Path, *sentences: str) -> AnnotatedText:
    """Write invented sentences as CoNLL-U, and read them as the maker does."""
    return annotate(read_conllu(written(folder, *sentences))[0])


def written(folder: Path, *sentences: str) -> Path:
    """Write invented sentences as a CoNLL-U file."""
    lines = ["# newdoc id = GUM_news_ferry", "# newpar"]
    for number, sentence in enumerate(sentences):
        lines.append(f"# sent_id = GUM_news_ferry-{number}")
        words = sentence.split()
        for place, word in enumerate(words, 1):
            form, upos, head, deprel, feats, layer = [*word.split("/"), "", ""][:6]
            brackets = re.sub(
                r"\((\w+)\.(\w+)\.([\w:]+)\.(\w+)", r"(\1-\2-\3-nnnnn-cf1-1-\4", layer
            )
            misc = [f"Entity={brackets}"] if brackets else []
            misc += ["SpaceAfter=No"] if place == len(words) - 1 else []
            columns = (
                str(place),
                form,
                form.lower(),
                upos,
                upos,
                feats or "_",
                head,
                deprel or "root",
            )
            lines.append("\t".join((*columns, "_", "|".join(misc) or "_")))
        lines.append("")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "GUM_news_ferry.conllu"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def forms(text: AnnotatedText) -> Counter[tuple[str, str]]:
    """Count the forms and labels of what is made from a text."""
    return Counter((case.form, case.labels[0]) for case in make_cases(text, "ferry.txt", 0))


def first(text: AnnotatedText, form: str) -> ElisionCase:
    """Return the first case of a form."""
    return next(case for case in make_cases(text, "ferry.txt", 0) if case.form == form)


def test_an_ellipsis_hands_the_expression_to_another(tmp_path: Path) -> None:
    """The kept sentence is about another, who agrees; the one who was meant is swallowed."""
    case = first(annotated(tmp_path, *RIVALLED), "elided")
    assert case.passage == (
        "The source says: “Mrs Holm runs the harbour office. … "
        "She wants a second ferry before winter.”"
    )
    assert (case.labels, case.misleading) == (("referent_changed",), True)
    assert (case.key_mention, case.mention_kind) == ("She", "pronoun")
    assert (case.referent_in_source, case.referent_in_passage) == ("Marla Quist", "Mrs Holm")
    assert (case.genre, case.source_path) == ("news", "ferry.txt")


def test_a_frame_stands_outside_the_quotation_marks(tmp_path: Path) -> None:
    """The kept sentence becomes the quoter's own, and the expression goes before the quotation."""
    case = first(annotated(tmp_path, *RIVALLED), "framed")
    assert case.passage == (
        "Mrs Holm runs the harbour office. According to the same source, she "
        "“wants a second ferry before winter.”"
    )
    assert case.key_mention == "she"
    assert case.labels == ("referent_changed",)


def test_a_sentence_alone_leaves_the_expression_with_nothing(tmp_path: Path) -> None:
    """What names nobody and keeps nothing before it is an orphan, and misleads nobody."""
    case = first(annotated(tmp_path, *RIVALLED), "orphan")
    assert case.passage == "The source says: “She wants a second ferry before winter.”"
    assert (case.labels, case.misleading) == (("referent_missing",), False)
    assert (case.referent_in_source, case.referent_in_passage) == ("Marla Quist", None)


def test_a_cut_that_keeps_the_name_is_faithful(tmp_path: Path) -> None:
    """The same shapes do no harm where the kept sentence names the one who is meant."""
    found = forms(annotated(tmp_path, *NAMED))
    assert found["elided", "faithful"] == found["framed", "faithful"] == 1
    assert not any(label == "referent_changed" for _, label in found)


OFFICE = "(3.organization.new.sgl harbour/NOUN/6/compound office/NOUN/3/obj//3)"
FERRY = "(5.object.new.sgl second/ADJ/5/amod ferry/NOUN/2/obj//5)"


@pytest.mark.parametrize(
    ("why", "old", "new"),
    [
        ("of another gender", "Mrs/", "Mr/"),
        ("a thing, not a person", "(1.person", "(1.object"),
        ("an indefinite one", "Mrs/PROPN/3/nsubj", "Nobody/PRON/3/nsubj"),
        ("with a name in common", "Holm/", "Quist/"),
        (
            "the one who is meant",
            OFFICE,
            "(2.person.new.coref wise/ADJ/6/amod pilot/NOUN/3/obj//2)",
        ),
        ("beside a second one", OFFICE, "(8.person.new.sgl tired/ADJ/6/amod wife/NOUN/3/obj//8)"),
        ("met again", FERRY, "(1.person.giv:inact.coref new/ADJ/5/amod chair/NOUN/2/obj//1)"),
    ],
)
def test_what_is_kept_must_invite_the_wrong_reading(
    why: str, old: str, new: str, tmp_path: Path
) -> None:
    """No changed referent is claimed where the one in the kept sentence could not be meant."""
    assert sum(old in sentence for sentence in RIVALLED) == 1
    changed = [sentence.replace(old, new) for sentence in RIVALLED]
    found = forms(annotated(tmp_path, *changed))
    assert not any(label == "referent_changed" for _, label in found), why


@pytest.mark.parametrize(
    ("why", "old", "new"),
    [
        ("it is new", "(2.person.giv:act.ana)", "(2.person.new.ana)"),
        ("it is taken up later", "(2.person.giv:act.ana)", "(2.person.giv:act.cata)"),
        ("nothing named it before", "(2.person.giv:act.ana)", "(9.person.giv:act.ana)"),
        (
            "the sentence names it, too",
            FERRY,
            "(2.person.giv:act.coref old/ADJ/5/amod cook/NOUN/2/obj//2)",
        ),
        ("marks of quotation in the sentence", "before/", "“before”/"),
        ("a cut in the sentence already", "before/", "…/"),
        ("no whole sentence", "./PUNCT/2/punct", ",/PUNCT/2/punct"),
    ],
)
def test_an_expression_must_be_robbed_of_what_it_means(
    why: str, old: str, new: str, tmp_path: Path
) -> None:
    """Nothing is made of an expression that takes nothing up, or that its sentence explains."""
    assert old in RIVALLED[2]
    assert not forms(annotated(tmp_path, *RIVALLED[:2], RIVALLED[2].replace(old, new))), why


def test_another_before_the_expression_stands_in_the_way(tmp_path: Path) -> None:
    """A sentence that names somebody else first gives the expression to that one."""
    last = (
        "Unlike/ADP/2/case Ida/PROPN/5/obl//(9.person.new.sgl) ,/PUNCT/2/punct"
        f" she/PRON/5/nsubj/{FEM}/(2.person.giv:act.ana) rows/VERB/0//VerbForm=Fin"
        " ./PUNCT/5/punct"
    )
    assert not forms(annotated(tmp_path, *RIVALLED[:2], last))


@pytest.mark.parametrize(("noun", "number"), [("boat", 1), ("weather", 0)])
def test_it_must_mean_something(noun: str, number: int, tmp_path: Path) -> None:
    """Nothing is lost where "it" is only cold."""
    named = (
        f"The/DET/2/det//(2.object.new.coref {noun}/NOUN/3/nsubj/Number=Sing/2)"
        " turned/VERB/0//VerbForm=Fin early/ADV/3/advmod ./PUNCT/3/punct"
    )
    neutral = "It/PRON/3/nsubj/Gender=Neut|Number=Sing|Person=3/(2.object.giv:act.ana)"
    last = (
        f"{neutral} was/AUX/3/cop/VerbForm=Fin cold/ADJ/0/ all/DET/5/det"
        " day/NOUN/3/obl ./PUNCT/3/punct"
    )
    found = forms(annotated(tmp_path, named, last))
    assert found["orphan", "referent_missing"] == number


def test_a_far_expression_is_left_out(tmp_path: Path) -> None:
    """Only what stands near the start of its sentence is sure to be read by what is before it."""
    far = " ".join("now/ADV/9/advmod" for _ in range(7))
    last = (
        f"{far} she/PRON/9/nsubj/{FEM}/(2.person.giv:act.ana) rows/VERB/0//VerbForm=Fin"
        " ./PUNCT/9/punct"
    ).replace("now", "Now", 1)
    assert not forms(annotated(tmp_path, *RIVALLED[:2], last))
    near = last.replace("Now/ADV/9/advmod now/ADV/9/advmod", "Now/ADV/9/advmod").replace(
        "/9/", "/8/"
    )
    assert forms(annotated(tmp_path, *RIVALLED[:2], near))


def test_a_demonstrative_needs_a_thing_of_the_same_name(tmp_path: Path) -> None:
    """What "this boat" says of its thing, the other one must be called as well."""

    def boat(number: int, name: str, colour: str) -> str:
        return (
            f"A/DET/3/det//({number}.object.new.coref {colour}/ADJ/3/amod {name}/NOUN/4/nsubj//"
            f"{number}) left/VERB/0//VerbForm=Fin early/ADV/4/advmod ./PUNCT/4/punct"
        )

    last = (
        "This/DET/2/det/PronType=Dem/(2.object.giv:act.coref boat/NOUN/3/nsubj/Number=Sing/2)"
        " sank/VERB/0//VerbForm=Fin off/ADP/5/case Velm/PROPN/3/obl//(4.place.new.sgl)"
        " ./PUNCT/3/punct"
    )
    found = forms(annotated(tmp_path, boat(1, "boat", "red"), boat(2, "boat", "blue"), last))
    assert found["elided", "referent_changed"] == 1
    found = forms(annotated(tmp_path, boat(1, "barn", "red"), boat(2, "boat", "blue"), last))
    assert not found["elided", "referent_changed"]
    found = forms(annotated(tmp_path, boat(1, "boat", "blue"), boat(2, "boat", "blue"), last))
    assert not found["elided", "referent_changed"]
    green = last.replace("boat/NOUN/3", "green/ADJ/3/amod boat/NOUN/4").replace("/DET/2", "/DET/3")
    found = forms(annotated(tmp_path, boat(1, "boat", "red"), boat(2, "boat", "green"), green))
    assert not found["elided", "referent_changed"]


def test_a_plural_loses_a_part(tmp_path: Path) -> None:
    """What is made of two things changes where one is cut off, and not where both are named."""
    both = (
        "Both/DET/2/det//(9.person.acc:aggr.coref|SplitAnte=1<9,2<9"
        " women/NOUN/3/nsubj/Number=Plur/9) want/VERB/0//VerbForm=Fin a/DET/5/det"
        " ferry/NOUN/3/obj ./PUNCT/3/punct"
    )
    text = annotated(tmp_path, *RIVALLED[:2], both)
    case = first(text, "split")
    assert (case.labels, case.mention_kind) == (("referent_changed",), "split")
    assert (case.referent_in_source, case.referent_in_passage) == (
        "Mrs Holm + Marla Quist",
        "Mrs Holm",
    )


def test_a_sentence_with_nothing_but_news_is_whole(tmp_path: Path) -> None:
    """A sentence in which everything is new, and no word points back, can stand alone."""
    assert forms(annotated(tmp_path, RIVALLED[0]))["whole", "faithful"] == 0  # "the office": which?
    named = RIVALLED[0].replace("the/DET", "a/DET")
    assert forms(annotated(tmp_path, named))["whole", "faithful"] == 1
    assert not forms(annotated(tmp_path, named.replace("a/DET", "another/DET")))


def test_the_file_can_be_evaluated(tmp_path: Path) -> None:
    """The cases are such as `quotecheck evaluate` reads, with their sources beside them."""
    written(tmp_path / "gum", *RIVALLED)
    out = tmp_path / "made" / "cases.jsonl"
    assert write_cases(read_texts(tmp_path / "gum"), out, tmp_path / "texts", 0) == 3
    cases = load_cases(out)
    assert {case.form for case in cases} == {"elided", "framed", "orphan"}
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {row["source_path"] for row in rows} == {"../texts/GUM_news_ferry.txt"}
    source = (out.parent / rows[0]["source_path"]).read_text("utf-8")
    assert source == (
        "Mrs Holm runs the harbour office. Marla Quist wrote to the council. "
        "She wants a second ferry before winter.\n"
    )


def test_the_command_makes_the_same_cases_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One seed, one file; the sources lie beside it unless another folder is named."""
    written(tmp_path / "gum", *RIVALLED)
    outs = [tmp_path / name / "cases.jsonl" for name in ("one", "two")]
    for out in outs:
        main(["--gum", str(tmp_path / "gum"), "--out", str(out), "--seed", "7"])
    assert outs[0].read_text("utf-8") == outs[1].read_text("utf-8")
    assert (tmp_path / "one" / "sources" / "GUM_news_ferry.txt").is_file()
    assert capsys.readouterr().out.splitlines() == ["3 cases from 1 texts"] * 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no folder"),
        ({}, "holds no .conllu file"),
        ({"a.conllu": "1\tFog\tfog\tNOUN\tNN\t_\t0\troot\t_\t_\n"}, "say nothing of entities"),
        ({"a.conllu": "1\tFog\tfog\tNOUN\tNN\t_\t0\troot\t_\tEntity=1)\n"}, "closes unopened"),
    ],
)
def test_what_cannot_be_used_is_said(
    content: dict[str, str] | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong folder ends with one sentence and the code for bad usage, and writes nothing."""
    folder = tmp_path / "gum"
    for name, text in (content or {}).items():
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    if content == {}:
        folder.mkdir()
    with pytest.raises(SystemExit) as ended:
        main(["--gum", str(folder), "--out", str(tmp_path / "cases.jsonl")])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "cases.jsonl").exists()


@pytest.mark.skipif(not GUM.is_dir(), reason="the training data lies beside the checkout only")
def test_what_is_made_of_real_texts_can_be_found_in_them(tmp_path: Path) -> None:
    """From GUM: every form in some number, every quoted piece in its source, every key in place."""
    out = tmp_path / "cases.jsonl"
    number = write_cases(read_texts(GUM), out, tmp_path / "sources", 0)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert number == len(rows) == len({row["id"] for row in rows})
    counts = Counter((row["form"], row["labels"][0]) for row in rows)
    assert counts["orphan", "referent_missing"] > 100
    assert counts["elided", "referent_changed"] > 15
    assert counts["elided", "faithful"] > 40
    assert counts["framed", "referent_changed"] > 5
    assert counts["whole", "faithful"] > 15
    assert counts["split", "referent_changed"] > 1
    sources = {path.name: path.read_text("utf-8") for path in (tmp_path / "sources").iterdir()}
    for row in rows:
        (quoted,) = re.findall("“([^”]*)”", row["passage"])
        source = sources[Path(row["source_path"]).name]
        assert all(piece in source for piece in quoted.split(" … ")), row
        assert (row["key_mention"] or "") in row["passage"]
        assert row["misleading"] == (row["labels"] == ["referent_changed"])
        assert (row["referent_in_source"] is None) == (row["form"] == "whole")
