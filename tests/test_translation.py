"""Sentences in other languages: the catalogs are whole, and what was said in English is retold."""

from __future__ import annotations

import ast
import json
import pickle
import re
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from quotecheck.cases import load_cases
from quotecheck.claim import Claim
from quotecheck.errors import FetchTimeout, InputError, PageMissing, PassageTooLong, QuotecheckError
from quotecheck.records import (
    Article,
    ArticleKind,
    Context,
    Failure,
    Finding,
    FindingType,
    Label,
    Match,
    MatchKind,
    Mention,
    Referent,
    Relation,
    Severity,
    Source,
    Span,
    Verdict,
)
from quotecheck.report import Report, build, cannot_check
from quotecheck.translation import (
    CATALOGS,
    DOMAIN,
    ENGLISH,
    N_,
    available_languages,
    current_language,
    gettext,
    use_language,
)

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

    from quotecheck.checker import Checker

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "corpus" / "dev" / "dairy-senator"
OTHERS = [code for code in available_languages() if code != ENGLISH]
MODULES = sorted((ROOT / "quotecheck").rglob("*.py"))

TEXT = (
    "Tollan Dairy asked for a levy. The older creameries and the Brenn Cooperative did so as well."
    " In private the same firms oppose any levy."
)
PASSAGE = "Tollan Dairy asked for a levy, yet in private these firms “oppose any levy”."


def read_catalog(language: str) -> Catalog:
    """Read what the translators wrote."""
    with (CATALOGS / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def forms_of(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return a sentence's forms: one, or singular and plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def names_in(sentence: str) -> set[str]:
    """Return the names in braces, with what stands behind their colons."""
    return {
        f"{name}:{spec}" if spec else name
        for _, name, spec, _ in Formatter().parse(sentence)
        if name is not None
    }


def words_of_ours(language: str) -> set[str]:
    """Return the English that stands between the names of every sentence that is translated."""
    parts = {
        part.strip()
        for entry in read_catalog(language)
        for sentence in (forms_of(entry.id) if entry.id else ())
        for part in re.split(r"\{[^}]*\}", sentence)
    }
    return {part for part in parts if len(part) > 8}


def mention(words: str, text: str = TEXT) -> Mention:
    """Make a mention of words in a text."""
    at = text.index(words)
    return Mention(words, Span(at, at + len(words)))


def make_report(*found: Finding, label: Label = Label.MISREPRESENTS) -> Report:
    """Build a report of findings about the one quotation."""
    whole = Span(0, len(TEXT))
    return build(
        "r1",
        claim=Claim.from_passage(PASSAGE),
        source=Source.from_text(TEXT),
        article=Article(
            TEXT, whole, (whole,), ArticleKind.TEXT, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC)
        ),
        matches=(),
        context=Context(whole, TEXT),
        referents=(),
        verdict=Verdict(label, 0.8, found),
        versions={},
        timings_ms={},
    )


def narrowed() -> Finding:
    """Find that three owners were narrowed to one of them."""
    owners = [mention(words) for words in ("Tollan Dairy", "The older creameries")]
    owners.append(mention("the Brenn Cooperative"))
    referent = Referent(
        mention=mention("these firms", PASSAGE),
        source_mention=mention("the same firms"),
        reads_as=(mention("Tollan Dairy", PASSAGE),),
        refers_to=tuple(owners),
        antecedents=(),
        relation=Relation.NARROWED,
        confidence=0.8,
    )
    return Finding(FindingType.REFERENT_CHANGED, Severity.HIGH, 0.8, (), (), referent)


def repeated(times: int) -> Finding:
    """Find that the words stand in so many more places."""
    match = Match(0, MatchKind.EXACT, (mention("oppose any levy").span,), 1.0, alternatives=times)
    return Finding(FindingType.AMBIGUOUS_MATCH, Severity.LOW, 0.8, (), (), match)


def fail(error: QuotecheckError) -> Report:
    """Report that the source could not be read."""
    return cannot_check(
        "r2",
        claim=Claim.from_passage(PASSAGE),
        source=Source.from_url("https://news.example/gone"),
        error=error,
        article=None,
        versions={},
        timings_ms={},
    )


# --- catalogs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_with_its_names(language: str) -> None:
    """No sentence is left out, in any of its forms, and each says all that the English says."""
    catalog = read_catalog(language)
    for entry in catalog:
        if not entry.id:
            continue
        forms = forms_of(entry.string)
        n_forms = catalog.num_plurals if entry.pluralizable else 1
        assert len([form for form in forms if form.strip()]) == n_forms, entry.id
        assert not entry.fuzzy, entry.id
        for form in forms:
            # A singular may do without the number that the plural has.
            assert names_in(form) in [names_in(english) for english in forms_of(entry.id)], form


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalog_holds_the_sentences_of_the_sources(language: str, tmp_path: Path) -> None:
    """Whoever changes a sentence runs `make translations`: no key is missing, and none is old."""
    template = tmp_path / "template.pot"
    mapping = f"--mapping-file={ROOT / 'pyproject.toml'}"
    command = ["pybabel", "--quiet", "extract", mapping, f"--output-file={template}"]
    CommandLineInterface().run([*command, str(ROOT / "quotecheck")])
    with template.open("rb") as file:
        in_sources = {entry.id for entry in read_po(file)}
    assert {entry.id for entry in read_catalog(language)} == in_sources
    assert len(in_sources) > 100


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalog_says_what_the_written_one_says(language: str) -> None:
    """What is read at run time was compiled from what is in the catalog now."""
    with (CATALOGS / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        compiled = {forms_of(entry.id): forms_of(entry.string) for entry in read_mo(file)}
    written = {forms_of(e.id): forms_of(e.string) for e in read_catalog(language)}
    header = ("",)
    assert compiled.pop(header)
    assert written.pop(header)
    assert compiled == written


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_sentence_is_given_what_it_names(path: Path) -> None:
    """The names in braces are those of the values that stand behind the sentence."""

    def sentences(node: ast.expr, *functions: str) -> list[str]:
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in functions:
                return [a.value for a in arguments if isinstance(a, ast.Constant)]
        return []

    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        given = [sentence for argument in node.args for sentence in sentences(argument, "N_")]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            given = [s for s in sentences(node.func.value, "_", "ngettext") if isinstance(s, str)]
        named = {name.partition(":")[0] for sentence in given for name in names_in(sentence)}
        assert not given or named == {keyword.arg for keyword in node.keywords}, given


# --- the language that is spoken -----------------------------------------------------------------


@pytest.mark.parametrize("code", ["de", "DE", "de-AT", "de_CH"])
def test_a_language_is_found_whatever_its_region(code: str) -> None:
    """Browsers and people name a language with its region; the catalog is the language's."""
    with use_language(code):
        assert current_language() == "de"
        assert gettext("The source is empty.") == "Die Quelle ist leer."


@pytest.mark.parametrize("code", ["tlh", "", "en-GB", "../de", "de/../de", "d", "*"])
def test_an_unknown_language_is_english(code: str) -> None:
    """What nobody has translated is said in English, and a code leads to no other folder."""
    with use_language(code):
        assert current_language() == ENGLISH
        assert gettext("The source is empty.") == "The source is empty."
    assert make_report(narrowed()).retold(code) == make_report(narrowed())


def test_a_language_lasts_as_long_as_its_context() -> None:
    """Whoever asks for a language changes it for nobody else, whether it goes well or not."""
    heard: list[str] = []
    with use_language("de"):
        with use_language("en"):
            assert current_language() == "en"
        assert current_language() == "de"
        thread = threading.Thread(target=lambda: heard.append(current_language()))
        thread.start()
        thread.join()
    assert heard == ["en"]
    with pytest.raises(InputError), use_language("de"):
        raise InputError
    assert current_language() == "en"


def test_nothing_said_is_nothing_said_in_any_language() -> None:
    """An error without a sentence does not show what the catalog says of itself."""
    with use_language("de"):
        assert gettext("") == ""
        assert InputError().said() == ""


def test_a_sentence_that_no_catalog_knows_stays_as_it_is() -> None:
    """What is told to operators alone is not translated, and its braces are left alone."""
    error = InputError("The file {x} cannot be read.")
    with use_language("de"):
        assert error.said() == str(error) == "The file {x} cannot be read."


def test_english_does_without_babel() -> None:
    """Who works in English does not wait for what another language needs."""
    code = (
        "import sys; from quotecheck.errors import PassageTooLong;"
        " print(PassageTooLong('{n:,}', n=2000).said(), 'babel' in sys.modules)"
    )
    done = subprocess.run(  # noqa: S603  # our own code, given above
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["2,000", "False"]


# --- errors --------------------------------------------------------------------------------------


def test_an_error_is_said_again_in_the_language_of_the_reader() -> None:
    """What was raised while English was spoken is shown in German, all of its sentences."""
    with pytest.raises(PassageTooLong) as raised:
        Claim.from_passage("“a”" * 10_000, max_chars=20_000)
    assert str(raised.value) == (
        "The passage has 30,000 characters, and at most 20,000 are read."
        " Check only the sentences that quote."
    )
    with use_language("de"):
        assert raised.value.said() == (
            "Die Passage hat 30.000 Zeichen; gelesen werden höchstens 20.000."
            " Prüfen Sie nur die Sätze mit den Zitaten."
        )
        assert str(raised.value).startswith("The passage has 30,000")


def test_fractions_are_written_as_the_language_writes_them() -> None:
    """The comma and the point change places; what is no amount, like a status, is left alone."""
    sentence = N_("{host} did not send the page within {seconds:g} seconds. Try again later.")
    late = FetchTimeout(sentence, host="news.example", seconds=2.5)
    gone = PageMissing(N_("{host} does not let us read this page ({status})."), host="h", status=40)
    with use_language("de"):
        assert late.said().startswith("news.example hat die Seite nicht innerhalb von 2,5 Sekunden")
        assert gone.said() == "h lässt uns diese Seite nicht lesen (40)."


def test_a_value_is_not_read_for_names() -> None:
    """What a page or a user wrote is put in as it stands, braces and all."""
    error = InputError(N_("The case's {name} is empty."), name="{name.__class__}")
    assert str(error) == "The case's {name.__class__} is empty."


def test_an_error_keeps_its_sentence_when_it_is_pickled() -> None:
    """An error that comes from another process can still be said in the reader's language."""
    error = InputError(N_("The case's {name} is empty."), name="passage")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own, from the line itself
    assert str(again) == str(error)
    with use_language("de"):
        assert again.said() == "Das Feld passage des Falls ist leer."


# --- reports -------------------------------------------------------------------------------------


def test_a_report_is_retold_with_the_marks_of_the_language() -> None:
    """The sentence is German, the quoted words stay, and a bracket goes into an English text."""
    told = make_report(narrowed()).retold("de")
    assert told.findings[0].message == (
        "Beim Lesen versteht man „these firms“ als „Tollan Dairy“. In der Quelle umfasst „the same"
        " firms“ auch „Tollan Dairy“, „The older creameries“ und „the Brenn Cooperative“."
    )
    assert told.findings[0].suggestion == (
        "„… the same firms [Tollan Dairy, the older creameries and the Brenn Cooperative] …“"
    )
    assert told.summary == (
        f"In der Quelle besagen die zitierten Worte etwas anderes. {told.findings[0].message}"
    )


def test_english_gives_back_the_same_report() -> None:
    """Retelling loses nothing: from another language the way leads back."""
    for report in (
        make_report(narrowed(), repeated(2)),
        fail(PageMissing(N_("The page is empty."))),
    ):
        told = report.retold("de")
        assert told != report
        assert told.retold("en") == report == report.retold("en")


def test_a_report_is_made_in_english() -> None:
    """JSON and Markdown stay English, whatever language the page around them has."""
    with use_language("de"):
        assert make_report(narrowed()) == make_report(narrowed()).retold("en")
        assert make_report(narrowed()).summary.startswith("In the source, the quoted words")


@pytest.mark.parametrize(
    ("times", "said"),
    [(1, "noch an einer weiteren Stelle"), (2, "noch an 2 weiteren Stellen")],
)
def test_one_and_several_are_told_apart(times: int, said: str) -> None:
    """A sentence has the form that the language has for the number."""
    assert said in make_report(repeated(times)).retold("de").findings[0].message


def test_several_absent_stretches_are_counted() -> None:
    """The summary counts what is not there, in the form that the language has for it."""
    absent = Match(0, MatchKind.PARAPHRASE, (mention("oppose any levy").span,), 0.4)
    finding = Finding(FindingType.NOT_FOUND, Severity.HIGH, 0.8, (), (), absent)
    one = make_report(finding, label=Label.NOT_FOUND).retold("de")
    two = make_report(finding, finding, label=Label.NOT_FOUND).retold("de")
    assert one.summary.startswith("Einige zitierte Worte stehen nicht in dem")
    assert two.summary.startswith("2 zitierte Stellen stehen nicht in dem")


def test_a_failure_is_retold() -> None:
    """Why a source could not be read is said in the reader's language; its code stays."""
    error = PageMissing(
        N_("{host} does not let us read this page ({status})."), host="news.example", status=403
    )
    told = fail(error).retold("de")
    reason = "news.example lässt uns diese Seite nicht lesen (403)."
    assert told.error is not None
    assert (told.error.code, told.error.message) == ("page_missing", reason)
    assert told.summary == (
        f"Die Quelle ließ sich nicht lesen, deshalb wurde das Zitat nicht geprüft. {reason}"
    )


def test_a_failure_from_elsewhere_is_told_as_it_stands() -> None:
    """A failure that brings nothing but its sentence keeps it, inside a sentence of ours."""
    report = replace(fail(PageMissing("x")), error=Failure("page_missing", "Away."))
    told = report.retold("de")
    assert told.error == report.error
    assert told.summary.endswith("nicht geprüft. Away.")


@pytest.mark.slow
def test_a_german_report_holds_no_english_of_ours(real_checker: Checker) -> None:
    """Of a real check over a real page, every sentence is German, and English gives it back."""
    page = (PAGE / "source.html").read_text(encoding="utf-8")
    english = words_of_ours("de")
    n_findings = 0
    for case in [case for case in load_cases(PAGE / "cases.jsonl") if case.labels][:5]:
        report = real_checker.check(Claim.from_passage(case.passage), Source.from_html(page))
        told = report.retold("de")
        said = [told.summary, *(explained.message for explained in told.findings)]
        assert not [(part, text) for part in english for text in said if part in text]
        for before, after in zip(report.findings, told.findings, strict=True):
            assert before.finding == after.finding
            assert before.message != after.message
            n_findings += 1
        assert told.retold("en") == report
    assert n_findings >= 3


@pytest.mark.slow
def test_a_page_that_cannot_be_read_is_told_in_german(real_checker: Checker) -> None:
    """What a stage raised in the middle of a check reaches the reader in German, too."""
    report = real_checker.check(Claim.from_passage(PASSAGE), Source.from_text(" "))
    told = report.retold("de")
    assert told.error is not None
    assert told.error.message.startswith("Die Quelle ist leer. Öffnen Sie die Seite im Browser")
    assert "The source" in json.dumps(report.to_dict())
