"""What a command does in the network it was given, as facts: one a connection, up to a cap."""

from typing import Final

from steerdeck_agents.facts.action import Action, RunCommand
from steerdeck_agents.facts.events import NetworkUsed, Noticed
from steerdeck_agents.facts.ids import CallId, TurnId
from steerdeck_agents.facts.inert import one_line, utf8
from steerdeck_agents.loop.flow import Flow
from steerdeck_agents.loop.site import Site
from steerdeck_agents.sandbox.proxy import Use

MOST: Final = 200
"""Connections of one call that are told one by one; a command can make thousands a second."""
_LONGEST: Final = 260


def reaches_out(action: Action) -> bool:
    """Whether it asks for hosts of the network."""
    return isinstance(action, RunCommand) and bool(action.hosts)


class Connections:
    """The connections of one call."""

    def __init__(self, site: Site, turn: TurnId, call: CallId, flow: Flow) -> None:
        self._session = site.session
        self._turn = turn
        self._call = call
        self._flow = flow
        self._count = 0

    def hear(self, use: Use) -> None:
        self._count += 1
        if self._count > MOST:
            return
        self._flow.send(
            NetworkUsed(
                session=self._session,
                turn=self._turn,
                call=self._call,
                host=one_line(utf8(use.host), _LONGEST),
                port=use.port,
                allowed=use.allowed,
                why=one_line(utf8(use.why), _LONGEST),
                sent=use.sent,
                received=use.received,
            )
        )

    def close(self) -> None:
        """Say how many were not told one by one."""
        if (more := self._count - MOST) > 0:
            text = f"connections of this command that are not listed one by one: {more:,}"
            self._flow.send(
                Noticed(
                    session=self._session,
                    turn=self._turn,
                    call=self._call,
                    text=text,
                    level="warning",
                )
            )
