"""The exceptions of the engine; each message is a whole sentence a developer can act on.

SteerdeckError
├── RepositoryError      this folder can't be worked on, and what to do
├── SettingsError        a configuration file is wrong, and where
├── ModelError           a model didn't answer; `retryable` says whether asking again may help,
│                        `cause` what to wait for
├── BadArguments         a model's call can't be read; the text goes back to the model
├── PatchError           a patch doesn't fit; names the line and the nearest match
├── JournalError         the database can't be used, and the way out; `retryable` says whether it
│   │                    may be written again when there is room
│   ├── JournalTaken     another runtime writes it
│   ├── JournalAway      its file was moved or deleted while it is written
│   └── JournalReadOnly  it can be read and not written, by this version or in this place
├── OrderRefused         an order can't be carried out now, and why
└── WireError            the other side speaks another protocol, or is gone
    └── LineLost         it went while an answer was waited for
"""

from typing import Final, Literal

import msgspec

UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What reading JSON may raise that others wrote: broken, no text, or nested without end."""
Cause = Literal["", "limit", "server", "network", "silence", "usage", "window"]
"""`limit`: asked too often or overloaded; `server`: it failed; `network`: it can't be reached;
`silence`: it stopped sending; `usage`: the account may not go on before its limit is reset."""


class SteerdeckError(Exception):
    """Any error we raise on purpose."""


class RepositoryError(SteerdeckError):
    """This folder can't be worked on."""


class SettingsError(SteerdeckError):
    """A configuration file is wrong."""


class ModelError(SteerdeckError):
    """A model didn't answer as it should."""

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        retry_after_s: float | None = None,
        cause: Cause = "",
        drop: str = "",
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        """The least time to wait, as the server said; for `usage` until its limit is reset."""
        self.cause: Cause = cause
        self.drop = drop
        """The parameter the server refused; a request without it may be sent at once."""


class BadArguments(SteerdeckError):
    """A model's call can't be read."""


class PatchError(SteerdeckError):
    """A patch doesn't fit the files."""


class JournalError(SteerdeckError):
    """The database can't be used."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class JournalTaken(JournalError):
    """Another runtime writes this journal; there is only ever one."""


class JournalAway(JournalError):
    """The file that is written does not lie in its place any more."""


class JournalReadOnly(JournalError):
    """This journal can be read, and not written."""


class OrderRefused(SteerdeckError):
    """An order can't be carried out now."""


class WireError(SteerdeckError):
    """The other side of the socket can't be understood or is gone."""


class LineLost(WireError):
    """The connection ended before the answer came: whether it was carried out is not known.

    The same order may be given again, which is answered as the first time.
    """
