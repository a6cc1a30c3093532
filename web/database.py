"""The database: where it is, how it is opened, and how it is brought up to date."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import platformdirs
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from quotecheck.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.engine import URL

FILE_NAME = "quotecheck.db"
# How long a writer waits for another one; each holds the file for some milliseconds.
BUSY_SECONDS = 15
# A database server that takes longer to answer is taken for gone.
CONNECT_SECONDS = 10
# The lock under which PostgreSQL's tables are changed: any number that nobody else there uses.
MIGRATION_LOCK = 7_168_238_264


def open_database(address: str) -> Engine:
    """Open the database and bring its tables up to date.

    Args:
        address: An SQLAlchemy address (`sqlite:///…`, `postgresql+psycopg://…`); empty for an
            SQLite file in the user's own data folder, which is made where it is missing.

    Raises:
        SettingsError: The address is none, or nobody answers there.
    """
    try:
        url = make_url(address) if address else _own_file()
        if url.get_backend_name() == "sqlite":
            # What is stored is in no error's words: they come to stand in logs.
            engine = create_engine(
                url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True
            )
            event.listen(engine, "connect", _set_up_sqlite)
        else:
            engine = create_engine(
                url,
                connect_args={"connect_timeout": CONNECT_SECONDS},
                hide_parameters=True,
                pool_pre_ping=True,
            )
        migrate(engine)
    except (ArgumentError, ModuleNotFoundError) as exc:
        raise SettingsError(
            "The setting database_url is no address of a database. It should look like"
            " sqlite:////srv/quotecheck.db or postgresql+psycopg://user:password@host/name."
        ) from exc
    except DBAPIError as exc:
        raise SettingsError(
            f"The database at {url.render_as_string(hide_password=True)} cannot be opened:"
            f" {str(exc.orig).strip()}. Check the setting database_url, that the database runs, and"
            " that its user may make tables there."
        ) from exc
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables up to the newest revision; nothing happens where they are."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("web") / "migrations"))
    with engine.begin() as connection:
        # Of several processes that start at once, one does the work and the others wait for it.
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        newest = ScriptDirectory.from_config(config).get_current_head()
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _own_file() -> URL:
    folder = platformdirs.user_data_path("quotecheck", ensure_exists=True)
    # What newsrooms check is nobody else's business on a shared machine.
    folder.chmod(0o700)
    return make_url("sqlite://").set(database=str(folder / FILE_NAME))


def _set_up_sqlite(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DB-API connection
    # Readers do not wait for a writer; what is deleted is overwritten, not left in the file.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
