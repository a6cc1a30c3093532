"""Settings: where they come from, which wins, and what is said of a wrong one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from quotecheck.errors import SettingsError
from quotecheck.settings import PREFIX, Settings


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """A settings file that moves the port and the time limit."""
    path = tmp_path / "quotecheck.toml"
    path.write_text("port = 8080\nfetch_seconds = 5\n", encoding="utf-8")
    return path


def test_defaults_hold_where_nothing_is_set() -> None:
    """Without a file and an environment, every setting has its default."""
    assert Settings.load(environ={}) == Settings()


def test_file_sets_what_it_names(toml: Path) -> None:
    """A TOML file sets the names in it and leaves the others alone."""
    settings = Settings.load(path=toml, environ={})
    assert settings == dataclasses.replace(Settings(), port=8080, fetch_seconds=5.0)


def test_environment_names_the_file(toml: Path) -> None:
    """`QUOTECHECK_SETTINGS` says which file is read."""
    assert Settings.load(environ={f"{PREFIX}SETTINGS": str(toml)}).port == 8080


def test_environment_beats_the_file(toml: Path) -> None:
    """Where both set a name, the environment wins; the rest of the file still holds."""
    settings = Settings.load(path=toml, environ={f"{PREFIX}PORT": "9000"})
    assert settings.port == 9000
    assert settings.fetch_seconds == 5.0


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda field: field.name)
def test_every_setting_can_stand_in_the_environment(field: dataclasses.Field[object]) -> None:
    """The default of each setting, written into the environment, is read as what it was."""
    name = PREFIX + field.name.upper()
    settings = Settings.load(environ={name: str(field.default)})
    assert getattr(settings, field.name) == field.default


@pytest.mark.parametrize(
    ("word", "value"),
    [
        *((word, True) for word in ("1", "true", "Yes", "on")),
        *((word, False) for word in ("0", "false", "No", "off", "")),
    ],
)
def test_words_for_yes_and_no(word: str, *, value: bool) -> None:
    """A switch takes the usual words, in any case; an empty one is off."""
    settings = Settings.load(environ={f"{PREFIX}ALLOW_LOOPBACK": word})
    assert settings.allow_loopback is value


def test_unknown_name_in_the_file_is_an_error(tmp_path: Path) -> None:
    """A misspelt name is not passed over: the error names it, the file and the right ones."""
    path = tmp_path / "quotecheck.toml"
    path.write_text("prot = 8080\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"quotecheck\.toml names 'prot'.*\bport\b"):
        Settings.load(path=path, environ={})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("MAX_SOURCE_BYTES", "10 MB"),
        ("FETCH_SECONDS", "-1"),
        ("MAX_REDIRECTS", "-1"),
        ("MAX_PASSAGE_CHARS", "0"),
        ("ALLOW_LOOPBACK", "perhaps"),
    ],
)
def test_value_of_the_wrong_kind_is_an_error(name: str, value: str) -> None:
    """A value that a setting cannot have is an error that names the setting."""
    with pytest.raises(SettingsError, match=name.lower()):
        Settings.load(environ={PREFIX + name: value})


def test_file_that_is_no_toml_is_an_error(tmp_path: Path) -> None:
    """A file that cannot be parsed is an error that names the file."""
    path = tmp_path / "quotecheck.toml"
    path.write_text("port: 8080\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"quotecheck\.toml is not valid TOML"):
        Settings.load(path=path, environ={})


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """A file that was named has to be there."""
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load(path=tmp_path / "none.toml", environ={})


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda field: field.name)
def test_readme_names_every_setting(field: dataclasses.Field[object]) -> None:
    """The table that users read has each setting with its default."""
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    row = f"| `{PREFIX}{field.name.upper()}` | {field.default} |"
    assert row in readme


@pytest.mark.parametrize(
    "line", ["port = 70000", "port = 80.5", "port = true", "fetch_seconds = nan"]
)
def test_numbers_that_make_no_sense_are_refused(tmp_path: Path, line: str) -> None:
    """A port is a whole number that exists, a time a number of seconds."""
    path = tmp_path / "settings.toml"
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=line.partition(" ")[0]):
        Settings.load(path=path, environ={})
