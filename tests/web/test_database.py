"""The database: opened where the settings say, and brought up to date."""

from __future__ import annotations

import socket
import stat
import threading
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

import web
from quotecheck.errors import SettingsError
from web.database import FILE_NAME, migrate, open_database
from web.entry import Entry
from web.store import Store
from web.tables import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    Open = Callable[[], Engine]


@pytest.fixture
def open_engine(database_url: str) -> Iterator[Open]:
    """Open the test's database as often as is needed."""
    engines: list[Engine] = []

    def open_one() -> Engine:
        engines.append(open_database(database_url))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.dispose()


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take a database back to an older revision."""
    config = Config()
    config.set_main_option("script_location", f"{web.__path__[0]}/migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_migrations_make_the_tables_that_the_code_knows(open_engine: Open) -> None:
    """What the revisions make of an empty database is what `web/tables.py` says, type by type."""
    with open_engine().connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_deletion_of_a_check_takes_its_remarks_along_in_the_database(open_engine: Open) -> None:
    """A remark's row hangs on its check's; comparing the tables would not see it missing."""
    (key,) = inspect(open_engine()).get_foreign_keys("feedback")
    assert key["referred_table"] == "checks"
    assert key["options"]["ondelete"] == "CASCADE"


def test_migrations_lead_back(open_engine: Open) -> None:
    """Downgrading takes every table away, and upgrading makes them again."""
    engine = open_engine()
    downgrade(engine)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine)
    assert set(Base.metadata.tables) < set(inspect(engine).get_table_names())


def test_old_database_is_brought_up_to_date_when_it_is_opened(open_engine: Open) -> None:
    """After an update of the program, starting it is all that has to be done."""
    downgrade(open_engine())
    store = Store(open_engine())
    assert store.get(store.add(Entry("“a”"))[0]).entry.passage == "“a”"


def test_migration_that_fails_leaves_the_database_as_it_was(
    open_engine: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of an upgrade is there afterwards, or nothing of it."""
    engine = open_engine()
    downgrade(engine)
    before = inspect(engine).get_table_names()

    def upgrade_half(config: Config, _: str) -> None:
        config.attributes["connection"].execute(text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError("the power went out")

    monkeypatch.setattr(command, "upgrade", upgrade_half)
    with pytest.raises(RuntimeError, match="power"):
        migrate(engine)
    assert inspect(engine).get_table_names() == before


def test_several_that_start_at_once_do_not_get_in_each_others_way(
    database_url: str, open_engine: Open
) -> None:
    """One makes the tables, the others wait for it."""
    failed: list[Exception] = []
    together = threading.Barrier(4)

    def start() -> None:
        together.wait()
        try:
            open_database(database_url).dispose()
        except SettingsError as exc:
            failed.append(exc)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert Store(open_engine()).is_ready()


@pytest.mark.parametrize(
    "address", ["reports.db", "mysterydb://host/name", "postgresql+nodriver://host/name"]
)
def test_address_that_is_none_is_said(address: str) -> None:
    """The sentence names the setting, and shows what an address looks like."""
    with pytest.raises(SettingsError, match=r"database_url is no address.*sqlite:////srv"):
        open_database(address)


def test_database_that_does_not_answer_is_said_without_its_password() -> None:
    """The sentence says where nobody answered; it may end up in a log."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    with pytest.raises(SettingsError, match=f"{port}.*cannot be opened") as caught:
        open_database(f"postgresql+psycopg://desk:opensesame@127.0.0.1:{port}/checks")
    assert "opensesame" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing/checks.db", "notes.txt"])
def test_file_that_cannot_be_a_database_is_said(tmp_path: Path, name: str) -> None:
    """A folder that is not there, or a file that holds something else."""
    (tmp_path / "notes.txt").write_text("no database, but some notes\n" * 50, encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / name}")


def test_own_file_is_closed_to_other_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is set, reports lie in a folder that the user alone can look into."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    open_database("").dispose()
    (path,) = tmp_path.rglob(FILE_NAME)
    assert stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IRWXU
