"""Fixtures of the web application's tests: reports made by hand, and a browser."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from sqlalchemy import create_engine, text
from werkzeug.serving import make_server

from quotecheck.cases import load_cases
from quotecheck.records import (
    Article,
    ArticleKind,
    Context,
    Edit,
    EditKind,
    Elision,
    Explained,
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
    Span,
)
from quotecheck.report import Report
from quotecheck.settings import Settings
from web import create_app
from web.database import open_database
from web.desk import EXTENSION
from web.server import QuietHandler
from web.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient

    from quotecheck.claim import Claim
    from quotecheck.records import Source

CORPUS = Path(__file__).parents[2] / "corpus"
CHROMIUM = Path("/usr/bin/chromium")
DRIVER = Path("/usr/bin/chromedriver")
POSTGRES = Path("/usr/lib/postgresql")  # where Debian puts it

SOURCE_TEXT = (
    "Limits were demanded by the young firms, among them Brisela and Kestavo. The older makers"
    " said the same.\n\nIn private, the same manufacturers are often far cooler. As a rule,"
    " manufacturers tend to ask for long transition periods."
)
PASSAGE = (
    "Brisela and Kestavo have demanded limits, but these same manufacturers “tend to ask for very"
    " long transition periods.”"
)

NOTHING_FOUND = {"matches": (), "referents": (), "findings": (), "label": Label.FAITHFUL}


def skip_or_fail(reason: str) -> NoReturn:
    """Skip a test for which something is missing; where everything has to be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def at(text: str, words: str) -> Span:
    """Return where some words stand in a text."""
    start = text.index(words)
    return Span(start, start + len(words))


def mention(text: str, words: str) -> Mention:
    """Return words of a text as a mention."""
    return Mention(words, at(text, words))


def make_article(text: str = SOURCE_TEXT, **changes: object) -> Article:
    """Return a source that was read."""
    whole = Span(0, len(text))
    article = Article(
        text,
        whole,
        (whole,),
        ArticleKind.HTML,
        hashlib.sha256(text.encode()).hexdigest(),
        dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC),
        title="Sensor makers want rules",
        author="Yewande Lindqvist",
        published="2026-03-12",
        site="The Marrow Bay Courier",
        final_url="https://marrowbaycourier.example/health",
    )
    return dataclasses.replace(article, **changes)


def make_report(claim: Claim, source: Source, check_id: str) -> Report:
    """Return what a check of `PASSAGE` against `SOURCE_TEXT` finds: one group and one word."""
    passage, text = PASSAGE, SOURCE_TEXT
    referent = Referent(
        mention(passage, "these same manufacturers"),
        mention(text, "the same manufacturers"),
        (mention(passage, "Brisela"), mention(passage, "Kestavo")),
        (mention(text, "the young firms"), mention(text, "The older makers")),
        (mention(text, "the young firms"),),
        Relation.NARROWED,
        0.9,
        (mention(text, "The older makers"),),
    )
    place = text.index("long transition")
    edit = Edit(EditKind.INSERT, Span(place, place), "", at(passage, "very "), "very ")
    segment = at(text, "tend to ask for long transition periods.")
    match = Match(0, MatchKind.ALTERED, (segment,), 0.9, (edit,))
    left_out = at(text, "The older makers said the same.")
    whole = Span(0, len(text))
    return Report(
        check_id,
        Label.MISREPRESENTS,
        0.9,
        "In the source, the quoted words are about more firms.",
        claim,
        source,
        make_article(),
        (match,),
        Context(whole, text, (Elision(left_out, left_out.of(text), marked=False),), 0.7),
        (referent,),
        (
            Explained(
                Finding(
                    FindingType.REFERENT_CHANGED,
                    Severity.HIGH,
                    0.9,
                    (referent.mention.span,),
                    (left_out,),
                    referent,
                ),
                "A reader takes these manufacturers to be Brisela and Kestavo.",
                "“… the same manufacturers [young and old] …”",
            ),
            Explained(
                Finding(
                    FindingType.WORDS_ALTERED,
                    Severity.LOW,
                    0.5,
                    (edit.quoted_span,),
                    (edit.span,),
                    edit,
                ),
                "The quotation has “very” here; the source does not.",
            ),
        ),
        versions={"quotecheck": "0.1.0"},
    )


class HandChecker:
    """Answers every check with a report made by hand, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Claim, Source]] = []
        self.changes: dict[str, object] = {}

    def check(
        self,
        claim: Claim,
        source: Source,
        *,
        check_id: str,
        on_stage: Callable[[str], None] = lambda _: None,
    ) -> Report:
        """Return the report; for other passages than its own, one in which nothing was found."""
        self.asked.append((claim, source))
        for stage in ("fetch", "extract", "locate", "verdict"):
            on_stage(stage)
        report = make_report(claim, source, check_id)
        if claim.passage != PASSAGE:
            report = dataclasses.replace(report, **NOTHING_FOUND)
        return dataclasses.replace(report, **self.changes)


@pytest.fixture
def article() -> Callable[..., Article]:
    """Make a source that was read."""
    return make_article


@pytest.fixture
def passage() -> str:
    """Return the passage that the hand-made report is about."""
    return PASSAGE


@pytest.fixture
def failure() -> dict[str, object]:
    """Return what a report holds when its source could not be had."""
    return {
        "label": Label.CANNOT_CHECK,
        "summary": "The source could not be read. The site wants a login.",
        "article": None,
        "context": None,
        "matches": (),
        "referents": (),
        "findings": (),
        "error": Failure("page_refused", "The site wants a login."),
    }


@pytest.fixture
def checker() -> HandChecker:
    """Return a checker that loads no model."""
    return HandChecker()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file with its tables; making them takes a tenth of a second."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL of the tests' own, which listens on a socket in its folder alone.

    Its server is set to a zone far from UTC, as many are.
    """
    programs = next(iter(sorted(POSTGRES.glob("*/bin"), reverse=True)), None)
    if programs is None:
        skip_or_fail(f"no PostgreSQL here: {POSTGRES}/*/bin missing")
    # Short and outside of pytest's own folders: a socket's path has 107 letters at most, and other
    # users may not look into those.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    user = None
    if os.geteuid() == 0:  # as which PostgreSQL does not run
        user = "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603  # Debian's programs
            [programs / program, "-D", folder / "data", *arguments],
            user=user,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    run("initdb", "-U", "tests", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c timezone=Asia/Kathmandu"
    run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
    yield f"postgresql+psycopg://tests@/{{name}}?host={folder}"
    run("pg_ctl", "stop", "-w", "-m", "immediate")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty database: a file, then one on a real PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'checks.db'}"
        return
    address = request.getfixturevalue("postgres")
    name = f"d{secrets.token_hex(8)}"
    engine = create_engine(address.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield address.format(name=name)
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def settings(empty_database: Path, tmp_path: Path) -> Settings:
    """Return settings with a database of the test's own, and no bound on how often one may ask."""
    database = tmp_path / "reports.db"
    shutil.copy(empty_database, database)
    return Settings(
        max_source_bytes=200_000,
        database_url=f"sqlite:///{database}",
        rate_limit="1000000 per minute",
    )


@pytest.fixture
def store(settings: Settings) -> Store:
    """Return the store of the test's own database."""
    return Store(open_database(settings.database_url))


@pytest.fixture
def app(settings: Settings, checker: HandChecker) -> Iterator[Flask]:
    """Return the application around the hand-made reports."""
    app = create_app(settings, checker)
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client that keeps cookies."""
    return app.test_client()


@pytest.fixture
def send(client: FlaskClient) -> Callable[..., object]:
    """Fill in the form and send it, with the token that the form holds."""

    def send_form(**fields: object) -> object:
        page = client.get("/").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return client.post(
            "/checks", data={"csrf_token": token, **fields}, content_type="multipart/form-data"
        )

    return send_form


@pytest.fixture
def worked_example() -> tuple[str, str]:
    """Return the corpus's worked example: its passage and its source's HTML."""
    case = load_cases(CORPUS / "dev" / "worked-example")[0]
    return case.passage, Path(case.source.value).read_text(encoding="utf-8")


# --- a real browser ------------------------------------------------------------------------------


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """Serve the application on a free port and return its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Start Chromium once, with a profile of its own that is gone afterwards."""
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    if missing:
        skip_or_fail(f"no real browser here: {' and '.join(missing)} missing")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    # The driver's path is given, so that Selenium looks for none on the network.
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """Return Chromium with a fresh tab, which what other tests set up does not reach."""
    chromium.switch_to.new_window("tab")
    chromium.get_log("browser")  # what earlier tests left in it
    yield chromium
    (first, *others) = chromium.window_handles
    for window in others:
        chromium.switch_to.window(window)
        chromium.close()
    chromium.switch_to.window(first)
