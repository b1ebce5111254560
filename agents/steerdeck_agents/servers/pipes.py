"""What this folder needs of a running server, so that it starts no process itself."""

from typing import Protocol

from steerdeck_agents.settings.server import ServerSettings


class Pipes(Protocol):
    """A started server: its stdin, its stdout, and its end."""

    async def read(self) -> bytes:
        """The next bytes of its stdout, at most 64 kB; empty at its end."""

    async def write(self, data: bytes) -> None:
        """Give it all of `data` on stdin; raises OSError when it no longer reads."""

    async def end(self, *, at_once: bool) -> int | None:
        """End it and everything it started; its exit code, None when a signal ended it.

        Unless `at_once`, it may first see the end of its input and leave by itself.
        """

    def last_words(self) -> str:
        """The end of what it wrote to stderr, at most 2 kB."""


class Launch(Protocol):
    """Starts servers in the sandbox of the session."""

    async def __call__(self, server: ServerSettings) -> Pipes:
        """Start it; raises SteerdeckError when it can't be, and nothing runs then."""
