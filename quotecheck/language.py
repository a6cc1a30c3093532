"""The English pipeline: text in, a spaCy Doc with sentences, tags, heads and names out.

    text ─► tokenizer (words as Universal Dependencies has them) ─► paragraph_breaks ─► tok2vec
         ─► tagger, morphologizer, trainable_lemmatizer ─► parser (heads, sentences) ─► ner

Importing this module imports spaCy and torch, so import it where a pipeline is loaded. The roots of
sentences have the label `ROOT`, as everywhere in spaCy; all other labels are those of UD.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from spacy.attrs import ORTH  # type: ignore[import-not-found]  # compiled, without stubs
from spacy.lang.char_classes import ALPHA, HYPHENS
from spacy.lang.en import English
from spacy.language import Language
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # the same
from spacy.util import compile_infix_regex, compile_suffix_regex, load_model_from_path, registry

from quotecheck import tok2vec
from quotecheck.errors import ModelMismatch, ModelMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from spacy.tokens import Doc

__all__ = ["MODEL_FOLDER", "create_tokenizer", "load_language", "mark_paragraph_breaks", "tok2vec"]

MODEL_FOLDER: Final = Path(__file__).parent / "models" / "language"
PIPELINE: Final = "pipeline"
CHECKSUMS: Final = "checksums.json"

# What the training sets of EWT and GUM part otherwise than spaCy does by itself.
_INFIXES: Final = (
    rf"(?<=[{ALPHA}0-9])(?:{HYPHENS})(?=[{ALPHA}0-9])",
    rf"(?<=[{ALPHA}])/(?=[{ALPHA}])",
)
_CLOCK: Final = r"(?<=[0-9])(?:am|pm|AM|PM)"
_PREFIXES: Final = (
    "anti|co|counter|cross|e|ex|inter|intra|mid|mini|multi|non|over|post|pre|pro|psycho|re|"
    "semi|socio|sub"
)
_WHOLE: Final = re.compile(
    rf"(?:(?:{_PREFIXES})-[{ALPHA}0-9]+"
    r"|(?:\+?1-)?(?:\d{3}-)?\d{3}-\d{4}"
    r"|[!?]{2,}|\.[!?]|[*_=~<>+#]{2,}"
    r")$",
    re.IGNORECASE,
)
_NO_EXCEPTIONS: Final = frozenset({"and/or", "id", "Id", "wed", "Wed"})
_ABBREVIATIONS: Final = (
    "al.",
    "Ft.",
    "Lt.",
    "Mon.",
    "Tue.",
    "Tues.",
    "Wed.",
    "Thu.",
    "Thur.",
    "Thurs.",
    "Fri.",
    "Sat.",
    "Sun.",
    "approx.",
    "ca.",
    "vs.",
    "Sgt.",
    "Capt.",
    "Rep.",
    "Sen.",
    "Gov.",
    "Gen.",
)


def load_language(folder: Path = MODEL_FOLDER) -> Language:
    """Load the English pipeline, checking first that its files are those that we released.

    The pipeline takes text, or a Doc with words set; sentence starts that such a Doc brings along
    are kept.

    Args:
        folder: where the pipeline and its checksums lie.

    Raises:
        ModelMissing: the files are not there, or the base encoder is not installed.
        ModelMismatch: a file is not the one that was released.
    """
    verify(folder)
    return load_model_from_path(folder / PIPELINE)


def verify(folder: Path) -> None:
    """Compare the files of a model with its checksums.

    Raises:
        ModelMissing: a file is not there.
        ModelMismatch: a file is not the one that was released.
    """
    listed = folder / CHECKSUMS
    if not listed.is_file():
        raise ModelMissing(
            f"The language model is not in {folder}. Install Quotecheck again, with its models."
        )
    checksums: dict[str, str] = json.loads(listed.read_text(encoding="utf-8"))
    for name, expected in checksums.items():
        path = folder / name
        if not path.is_file():
            raise ModelMissing(
                f"The language model lacks {name} in {folder}. Install Quotecheck again."
            )
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise ModelMismatch(
                f"The file {name} of the language model in {folder} is not the one that was "
                "released. Install Quotecheck again, or train the model again."
            )


def write_checksums(folder: Path) -> None:
    """Write down the checksum of every file of a model's pipeline."""
    files = sorted(path for path in (folder / PIPELINE).rglob("*") if path.is_file())
    checksums = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
    text = json.dumps(checksums, indent=2) + "\n"
    (folder / CHECKSUMS).write_text(text, encoding="utf-8")


@Language.component("paragraph_breaks")
def mark_paragraph_breaks(doc: Doc) -> Doc:
    """Begin a sentence after each empty line, unless the sentences are known already."""
    if doc.has_annotation("SENT_START", require_complete=True):
        return doc
    for token in doc[1:]:
        before = doc[token.i - 1]
        if before.is_space and before.text.count("\n") > 1 and not token.is_space:
            token.is_sent_start = True
        elif token.is_space:
            token.is_sent_start = False
    return doc


@registry.tokenizers("quotecheck.UniversalDependenciesTokenizer.v1")  # type: ignore[untyped-decorator]
def create_tokenizer() -> Callable[[Language], Tokenizer]:
    """Build spaCy's English tokenizer with the words of Universal Dependencies.

    UD's English treebanks part words at hyphens ("15 - year") but not after a prefix
    ("non-profit"), part them at slashes, and keep a run of marks ("!!!") as one word.
    """

    def build(nlp: Language) -> Tokenizer:
        standard = cast("Tokenizer", English().tokenizer)
        rules = {text: cut for text, cut in standard.rules.items() if text not in _NO_EXCEPTIONS}
        rules |= {text: [{ORTH: text}] for text in _ABBREVIATIONS}
        infixes = [*(English.Defaults.infixes or ()), *_INFIXES]
        suffixes = [*(English.Defaults.suffixes or ()), r"[!?]{2,}", _CLOCK]
        return Tokenizer(
            nlp.vocab,
            rules=rules,
            prefix_search=standard.prefix_search,
            suffix_search=compile_suffix_regex(suffixes).search,
            infix_finditer=compile_infix_regex(infixes).finditer,
            token_match=_WHOLE.match,
            url_match=standard.url_match,
        )

    return build
