"""The errors that Quotecheck raises on purpose, all in one tree.

Every message is one or two plain sentences: what happened, then what the user can do about it.
Those that a user of the web form may see are marked with `N_`, and are said in other languages too.

    QuotecheckError
    ├── InputError                   what was given cannot be used                 exit code 2
    │   ├── EmptyPassage             there is nothing to look for
    │   ├── PassageTooLong           more text than a quotation can be
    │   ├── CaseError                a line of a batch or a case of a corpus is not right
    │   └── SettingsError            a setting has a value that it cannot have
    ├── SourceError                  the source could not be had or read           exit code 3
    │   ├── BadAddress               not an address that can be opened
    │   ├── AddressRefused           an address inside a private network
    │   ├── HostNotFound             no such name
    │   ├── ConnectionFailed         nobody answered, or the connection broke
    │   ├── SecureConnectionFailed   the certificate or the encryption is not right
    │   ├── FetchTimeout             the answer took too long
    │   ├── TooManyRedirects         the address leads on and on
    │   ├── PageMissing              the server says that there is no such page (404, 410)
    │   ├── PageRefused              the server wants a login, or refuses us (401, 403, 429, 451)
    │   ├── ServerFailed             the server failed (5xx), or answered nonsense
    │   ├── SourceTooLarge           more bytes than we read
    │   ├── FileUnreadable           no such file, or no right to read it
    │   ├── UnsupportedSource        a kind of file that we do not read
    │   ├── PaywallStub              only the opening is public
    │   ├── ScriptOnlyPage           an empty shell that a browser fills in
    │   ├── NotAnArticle             no running text on the page
    │   └── UnsupportedLanguage      a language that the check does not read
    └── ModelError                   a model is missing or not what it should be   exit code 3
        ├── ModelMissing
        └── ModelMismatch
"""

from __future__ import annotations

from typing import ClassVar

from quotecheck.translation import Message


class QuotecheckError(Exception):
    """Any error that Quotecheck raises on purpose; its text can be shown to a user.

    `code` is a stable word for programs; the sentence is for people and may change. `str` gives it
    in English, `said` in the current language.

    Args:
        sentences: What happened and what to do, with the names of values in braces.
        values: What the names stand for. Sentences without values are taken as they are.
    """

    code: ClassVar[str] = "error"

    def __init__(self, *sentences: str, **values: str | float) -> None:
        self.message = Message(sentences, values)
        super().__init__(str(self.message))

    def said(self) -> str:
        """Return the error's sentences in the current language."""
        return self.message.said()


class InputError(QuotecheckError):
    """What was given cannot be used."""

    code = "bad_input"


class EmptyPassage(InputError):
    """The passage holds no words to look for."""

    code = "empty_passage"


class PassageTooLong(InputError):
    """The passage is longer than a quotation can be."""

    code = "passage_too_long"


class CaseError(InputError):
    """A case of a batch or of a corpus is not as the contract describes it."""

    code = "bad_case"


class SettingsError(InputError):
    """A setting has a value that it cannot have."""

    code = "bad_setting"


class SourceError(QuotecheckError):
    """The source could not be had or read."""

    code = "source_error"


class BadAddress(SourceError):
    """The address is not one that can be opened."""

    code = "bad_address"


class AddressRefused(SourceError):
    """The address leads into a private network, where we do not go."""

    code = "address_refused"


class HostNotFound(SourceError):
    """The name of the host leads nowhere."""

    code = "host_not_found"


class ConnectionFailed(SourceError):
    """Nobody answered, or the connection broke."""

    code = "connection_failed"


class SecureConnectionFailed(ConnectionFailed):
    """The certificate or the encryption of the site is not right."""

    code = "secure_connection_failed"


class FetchTimeout(SourceError):
    """The answer took too long."""

    code = "timeout"


class TooManyRedirects(SourceError):
    """The address leads on and on."""

    code = "too_many_redirects"


class PageMissing(SourceError):
    """The server says that there is no such page."""

    code = "page_missing"


class PageRefused(SourceError):
    """The server wants a login, or refuses to answer us."""

    code = "page_refused"


class ServerFailed(SourceError):
    """The server failed, or its answer makes no sense."""

    code = "server_failed"


class SourceTooLarge(SourceError):
    """The source has more bytes than we read."""

    code = "source_too_large"


class FileUnreadable(SourceError):
    """There is no such file, or it may not be read."""

    code = "file_unreadable"


class UnsupportedSource(SourceError):
    """The source is of a kind that we do not read."""

    code = "unsupported_source"


class PaywallStub(SourceError):
    """Only the opening of the article is public."""

    code = "paywall"


class ScriptOnlyPage(SourceError):
    """The page is an empty shell that a browser fills in."""

    code = "script_only_page"


class NotAnArticle(SourceError):
    """The page holds no running text."""

    code = "not_an_article"


class UnsupportedLanguage(SourceError):
    """The text is in a language that the check does not read."""

    code = "unsupported_language"


class ModelError(QuotecheckError):
    """A model is missing or is not what it should be."""

    code = "model_error"


class ModelMissing(ModelError):
    """A model's files are not installed."""

    code = "model_missing"


class ModelMismatch(ModelError):
    """A model's files are not those that this release was made with."""

    code = "model_mismatch"
