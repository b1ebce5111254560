"""What a command does in the network it was given, as facts: one a connection, up to a cap."""

from collections.abc import Callable
from typing import Final

from steerdeck_agents.facts.action import Action, RunCommand
from steerdeck_agents.facts.events import KnownEvent, NetworkUsed, Noticed
from steerdeck_agents.facts.ids import CallId, SessionId, TurnId
from steerdeck_agents.facts.inert import one_line, utf8
from steerdeck_agents.facts.places import Level
from steerdeck_agents.gate.shell.outline import may_reach
from steerdeck_agents.gate.verdict import is_online
from steerdeck_agents.sandbox.proxy import Use

MOST: Final = 200
"""Connections of one call that are told one by one; a command can make thousands a second."""
_LONGEST: Final = 253
"""Characters of a host name (RFC 1035). A longer text is no name; cut, it might show half of a
secret that nobody would find in it."""
_LONGEST_NAMED: Final = 160
_LONGEST_WHY: Final = 400


def reaches_out(action: Action) -> bool:
    """Whether it asks for hosts of the network."""
    return isinstance(action, RunCommand) and bool(action.hosts)


def unwatched(action: Action, level: Level) -> tuple[str, ...]:
    """What a command may reach where no proxy sees its connections, as far as its text says."""
    if not isinstance(action, RunCommand) or not is_online(level):
        return ()
    return tuple(one_line(utf8(host), _LONGEST_NAMED) for host in may_reach(action.script))


class Connections:
    """The connections of one call."""

    def __init__(
        self, session: SessionId, turn: TurnId, call: CallId, send: Callable[[KnownEvent], None]
    ) -> None:
        self._session = session
        self._turn = turn
        self._call = call
        self._send = send
        self._count = 0

    def hear(self, use: Use) -> None:
        self._count += 1
        if self._count > MOST:
            return
        long = len(use.host) > _LONGEST
        host = f"a text of {len(use.host):,} characters" if long else use.host
        why = "it is no host name." if long else use.why
        self._send(
            NetworkUsed(
                session=self._session,
                turn=self._turn,
                call=self._call,
                host=one_line(utf8(host), _LONGEST),
                port=use.port,
                allowed=use.allowed,
                why=one_line(utf8(why), _LONGEST_WHY),
                sent=use.sent,
                received=use.received,
            )
        )

    def close(self) -> None:
        """Say how many were not told one by one."""
        if (more := self._count - MOST) > 0:
            text = f"connections of this command that are not listed one by one: {more:,}"
            self._send(
                Noticed(
                    session=self._session,
                    turn=self._turn,
                    call=self._call,
                    text=text,
                    level="warning",
                )
            )
