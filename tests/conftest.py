"""What several test files share: a real web server that answers as it is told, and the models."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language
    from spacy.tokens import Doc

    from quotecheck.checker import Checker
    from quotecheck.coref.weights import Model
    from quotecheck.encode import Encoder

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A web server on loopback, and what it was asked.

    `page("/a", "<p>…</p>")` serves a body and returns its address; `reply("/b", function)` hands
    the request to a function, which may answer in any bad way. Other paths are missing (404).
    """

    url: str
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)

    def page(
        self,
        path: str,
        body: str | bytes = "",
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> str:
        """Serve a body at a path, as HTML in UTF-8 unless `headers` say otherwise."""
        content = body.encode() if isinstance(body, str) else body
        sent = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(content))}
        sent |= headers or {}

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in sent.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content)

        return self.reply(path, answer)

    def reply(self, path: str, answer: Reply) -> str:
        """Hand the requests for a path to a function, and return the path's address."""
        self.replies[path] = answer
        return self.url + path


def _serve(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.headers.append({name.lower(): value for name, value in self.headers.items()})
            if answer := site.replies.get(self.path.partition("?")[0]):
                answer(self)
            else:
                self.send_error(404)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401  # as the base class has it
            """Say nothing: the tests look into `Site.asked`."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:  # noqa: ANN401  # as the base class has it
        """Say nothing: clients that hang up early are what several tests are about."""


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server of this test's own; give `Settings(allow_loopback=True)` to read from it."""
    site = Site("")
    server = _Server(("127.0.0.1", 0), _serve(site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    # A short poll lets each test end at once.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Keep the garbage collector still: with the models in memory it takes longer than the test."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session")
def nlp() -> Language:
    """Load the English pipeline that ships, once for all tests."""
    from quotecheck.language import load_language  # noqa: PLC0415  # most tests need no model

    return load_language()


@pytest.fixture(scope="session")
def annotate() -> Callable[[str], Doc]:
    """Return a function that makes a parsed Doc of words as `form/POS/head/relation/features`.

    A line is a sentence; heads count its words from 1, and 0 is the root. Features may be left out.
    The pipeline's vectors are all zeros.
    """
    import numpy as np  # noqa: PLC0415  # most tests need none of these
    from spacy.lang.en import English  # noqa: PLC0415
    from spacy.tokens import Doc  # noqa: PLC0415

    vocab = English().vocab

    def make(text: str) -> Doc:
        rows = []
        for line in text.strip().splitlines():
            first = len(rows)
            for word in line.split():
                form, pos, head, relation, *features = word.split("/")
                up = first + int(head) - 1 if head != "0" else len(rows)
                rows.append((form, pos, up, relation, "".join(features), len(rows) == first))
        forms, tags, heads, relations, features, starts = map(list, zip(*rows, strict=True))
        doc = Doc(
            vocab,
            words=forms,
            pos=tags,
            heads=heads,
            deps=relations,
            morphs=features,
            sent_starts=starts,
            lemmas=[form.lower() for form in forms],
        )
        doc.tensor = np.zeros((len(doc), 192), dtype=np.float32)
        return doc

    return make


@pytest.fixture(scope="session")
def coref_model() -> Model:
    """Return a small coreference network that has learnt nothing."""
    import torch  # noqa: PLC0415  # the same

    from quotecheck.coref.network import CorefNetwork, Sizes  # noqa: PLC0415
    from quotecheck.coref.weights import Calibration, Model  # noqa: PLC0415
    from quotecheck.transformer import shared_base_encoder  # noqa: PLC0415

    sizes = Sizes(n_lower=3, n_upper=1, syntax=16, hidden=16, n_candidates=6, reach=20, span=8)
    base = shared_base_encoder(sizes.n_lower)
    torch.manual_seed(20261123)
    network = CorefNetwork(sizes, base.upper_layers(sizes.n_upper)).eval()
    return Model(network, base, Calibration(bias=0.0), "0")


# Form, head, and what GUM and its OntoNotes twin say of each word.
KEEPER = """\
Ida/3/Entity=(1-person-new-nnnnn-cf1-1-coref/Entity=(1
Holm/1/Entity=1)/Entity=1)
keeps/0/_/_
the/5/Entity=(2-object-new-nnnnn-cf2-2-coref/Entity=(2
lighthouse/3/Entity=2)/Entity=2)
./3/_/_

Her/2/Entity=(3-person-new-nnnnn-cf1-2-coref(1-person-giv:act-nnnnn-cf1-1-ana)/Entity=(1)
brother/3/Entity=3)/_
paints/0/_/_
it/3/Entity=(2-object-giv:act-nnnnn-cf2-1-ana)/Entity=(2)
./3/_/_

They/2/Entity=(4-person-giv:act-nnnnn-cf1-1-ana)|SplitAnte=1<4,3<4/_
met/0/_/_
the/4/Entity=(5-person-new-nnnnn-cf2-2-sgl(6-person-new-nnnnn-cf2-2-sgl/_
mayor/2/Entity=6)/_
and/7/_/_
a/7/Entity=(7-person-new-nnnnn-cf3-2-sgl/_
clerk/4/Entity=7)5)/_
./2/_/_

The/2/Bridge=2<8|Entity=(8-object-acc:inf-nnnnn-cf1-2-sgl/_
roof/3/Entity=8)/_
leaks/0/_/_
./3/_/_
"""
ROWER = """\
Marla (0)
rowed _
home _
. _

She (0)
praised _
the (1
old _
boat 1)
. _
"""
QUAY = "Marla Quist met Ida Holm at the quay. She rowed home, and Quist sang."


@pytest.fixture
def coref_data(tmp_path: Path) -> Path:
    """Lay invented annotation out as the recipe of the coreference component reads it."""
    data = tmp_path / "data"
    texts: dict[str, str] = {}
    for split, doc_id in (("train", "GUM_news_velm"), ("dev", "GUM_interview_velm")):
        for folder, column in ((split, 2), ("ontogum", 3)):
            lines = [f"# newdoc id = {doc_id}"]
            for number, sentence in enumerate(KEEPER.strip().split("\n\n"), 1):
                lines += [f"# sent_id = {doc_id}-{number}", *(["# newpar"] if number == 3 else [])]
                for place, row in enumerate(sentence.splitlines(), 1):
                    word = row.split("/")
                    relation = "root" if word[1] == "0" else "dep"
                    columns = (str(place), word[0], word[0], "X", "X", "_", word[1], relation, "_")
                    lines.append("\t".join((*columns, word[column])))
                lines.append("")
            texts[f"gum/{folder}/{doc_id}.conllu"] = "\n".join(lines) + "\n"
    rows = [
        "\t".join(("velm", "0", str(place), row.split()[0], *"________", row.split()[1]))
        if row
        else ""
        for place, row in enumerate(ROWER.splitlines())
    ]
    texts["litbank/coref/conll/velm.conll"] = "\n".join(
        ("#begin document (velm); part 0", *rows, "", "#end document", "")
    )
    head = ["ID", "Text", "Pronoun", "Pronoun-offset"]
    head += ["A", "A-offset", "A-coref", "B", "B-offset", "B-coref", "URL"]
    ida, she = str(QUAY.index("Ida")), str(QUAY.index("She"))
    row = ["1", QUAY, "She", she, "Marla Quist", "0", "TRUE", "Ida Holm", ida, "FALSE", "-"]
    for split in ("development", "validation"):
        texts[f"gap/{split}.tsv"] = "\n".join(("\t".join(head), "\t".join(row), ""))
    for name, text in texts.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return data


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """Load the sentence embeddings, once for all tests."""
    from quotecheck.encode import SentenceEncoder  # noqa: PLC0415  # most tests need no model

    return SentenceEncoder()


@pytest.fixture(scope="session")
def real_checker(nlp: Language, encoder: Encoder) -> Checker:
    """Return a checker with the models that ship, which may open loopback addresses."""
    from quotecheck.checker import Checker  # noqa: PLC0415
    from quotecheck.fetch import Fetcher  # noqa: PLC0415
    from quotecheck.settings import Settings  # noqa: PLC0415

    return Checker(fetch=Fetcher(Settings(allow_loopback=True)), nlp=nlp, encoder=encoder)
