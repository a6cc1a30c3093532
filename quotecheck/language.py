"""The English pipeline: text in, a spaCy Doc with sentences, tags, heads and names out.

    text ─► tokenizer (words as Universal Dependencies has them) ─► paragraph_breaks ─► tok2vec
         ─► tagger, morphologizer, trainable_lemmatizer ─► parser (heads, sentences) ─► ner
         ─► trim_names ─► coref (mentions and clusters; its weights are a model of their own)

Importing this module imports spaCy and torch, so import it where a pipeline is loaded. The roots of
sentences have the label `ROOT`, as everywhere in spaCy; all other labels are those of UD.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from spacy.attrs import ORTH  # type: ignore[import-not-found]  # compiled, without stubs
from spacy.lang.char_classes import ALPHA, HYPHENS
from spacy.lang.en import English
from spacy.language import Language
from spacy.pipeline.edit_tree_lemmatizer import (
    DEFAULT_EDIT_TREE_LEMMATIZER_MODEL,
    EditTreeLemmatizer,
)
from spacy.symbols import ADJ, ADV, NOUN, VERB  # type: ignore[import-not-found]  # the same
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # the same
from spacy.tokens import Span
from spacy.util import compile_infix_regex, compile_suffix_regex, load_model_from_path, registry

from quotecheck import tok2vec
from quotecheck.coref import component
from quotecheck.errors import ModelMismatch, ModelMissing
from quotecheck.transformer import read_whole_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt
    from spacy.tokens import Doc, Token
    from thinc.api import Model
    from thinc.types import Floats2d, Ints2d

__all__ = [
    "MODEL_FOLDER",
    "component",
    "create_tokenizer",
    "load_language",
    "mark_paragraph_breaks",
    "tok2vec",
]

MODEL_FOLDER: Final = Path(__file__).parent / "models" / "language"
PIPELINE: Final = "pipeline"
CHECKSUMS: Final = "checksums.json"

# Parts of speech whose lemmas the lemmatizer looks up; names and small words are left alone.
INFLECTED: Final = frozenset({ADJ, ADV, NOUN, VERB})
NO_TREE: Final = -1

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


def load_language(folder: Path = MODEL_FOLDER, *, with_coref: bool = True) -> Language:
    """Load the English pipeline, checking first that its files are those that we released.

    The pipeline takes text, or a Doc with words set; sentence starts that such a Doc brings along
    are kept.

    Args:
        folder: where the pipeline and its checksums lie.
        with_coref: find out, too, which expressions mean the same.

    Raises:
        ModelMissing: the files are not there, or the base encoder is not installed.
        ModelMismatch: a file is not the one that was released.
    """
    verify(folder)
    nlp = load_model_from_path(folder / PIPELINE)
    nlp.add_pipe("trim_names", after="ner")
    if with_coref:
        coref = cast("component.CorefComponent", nlp.add_pipe("coref", last=True))
        nlp.meta["coref_version"] = coref.model.version
    return nlp


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


@Language.component("trim_names")
def trim_names(doc: Doc) -> Doc:
    """Part names at white space, and take the possessive off their ends."""
    names = []
    for entity in doc.ents:
        start = entity.start
        for token in (*entity, None):
            if token is not None and not token.is_space:
                continue
            end = entity.end if token is None else token.i
            while end > start and doc[end - 1].lower_ in {"'s", "’s"}:
                end -= 1
            if end > start:
                names.append(Span(doc, start, end, label=entity.label))
            start = end if token is None else token.i + 1
    doc.ents = tuple(names)
    return doc


class WordLemmatizer(EditTreeLemmatizer):
    """Chooses among the likeliest edit trees the first that makes a word.

    By itself the likeliest tree makes "provok" of "provoked" when it has not met the verb. A lemma
    that differs from its word must be a word of the encoder's vocabulary; if no tree makes one,
    the likeliest counts after all. Names are left alone: their lemmas are in no vocabulary.
    """

    words: frozenset[str] = frozenset()

    def predict(self, docs: Iterable[Doc]) -> list[Ints2d]:
        """Choose a tree for each word; -1 stands for none. *Shape:* (words,) for each text."""
        texts = list(docs)
        if not any(len(doc) for doc in texts):
            return [cast("Ints2d", np.zeros(0, dtype=np.int64)) for _ in texts]
        scores = self.model.predict(texts)
        return [self._choose(doc, likely) for doc, likely in zip(texts, scores, strict=True)]

    def _choose(self, doc: Doc, scores: Floats2d) -> Ints2d:
        rows = np.asarray(scores)
        chosen = [
            self._tree(token, int(best), row)
            for token, best, row in zip(doc, rows.argmax(axis=1), rows, strict=True)
        ]
        return cast("Ints2d", np.asarray(chosen, dtype=np.int64))

    def _tree(self, token: Token, best: int, scores: npt.NDArray[np.float32]) -> int:
        """Give the likeliest tree that makes a word of a token; failing that, the likeliest."""
        trees: list[int] = self.cfg["labels"]
        lemma = self.trees.apply(trees[best], token.text)
        is_open = token.pos in INFLECTED and (lemma is None or lemma.isalpha())
        if lemma is not None and (
            not is_open or lemma in {token.text, token.lower_} or lemma.lower() in self.words
        ):
            return trees[best]
        likeliest = NO_TREE
        count = min(self.top_k, len(trees))
        top = np.argpartition(scores, -count)[-count:]
        for label in top[np.argsort(-scores[top])]:
            lemma = self.trees.apply(trees[int(label)], token.text)
            if lemma is None:
                continue
            if not is_open or (lemma != token.lower_ and lemma.lower() in self.words):
                return trees[int(label)]
            if likeliest == NO_TREE:
                likeliest = trees[int(label)]
        return likeliest


@Language.factory(
    "word_lemmatizer",
    assigns=["token.lemma"],
    default_config={
        "model": DEFAULT_EDIT_TREE_LEMMATIZER_MODEL,
        "backoff": "orth",
        "min_tree_freq": 3,
        "overwrite": True,
        "top_k": 6,
        "scorer": {"@scorers": "spacy.lemmatizer_scorer.v1"},
    },
    default_score_weights={"lemma_acc": 1.0},
)
def create_word_lemmatizer(
    nlp: Language,
    name: str,
    model: Model[list[Doc], list[Floats2d]],
    backoff: str | None,
    min_tree_freq: int,
    overwrite: bool,  # noqa: FBT001 (spaCy's signature)
    top_k: int,
    scorer: Callable[..., dict[str, float]] | None,
) -> WordLemmatizer:
    """Build the lemmatizer as spaCy builds its own, with the encoder's words."""
    lemmatizer = WordLemmatizer(
        nlp.vocab,
        model,
        name,
        backoff=backoff,
        min_tree_freq=min_tree_freq,
        overwrite=overwrite,
        top_k=top_k,
        scorer=scorer,
    )
    lemmatizer.words = read_whole_words()
    return lemmatizer


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
