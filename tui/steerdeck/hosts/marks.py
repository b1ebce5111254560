"""Whose session it is: ids of another machine's runtime carry its name in the deck.

Two machines may have sessions of the same id, as after one was copied, and have the same slots. So
whatever comes from a machine gets its mark on the way up and loses it on the way down; between the
two the deck treats such ids like all others. It is done to the JSON: a quote inside of a text is
escaped there, so that only a whole value is ever taken for an id. Ids that runtimes give are known
by their shape; that of a rule may be anybody's words in `rules.toml`, so it is known by its place.
"""

import re
from collections.abc import Sequence

import msgspec

from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.orders import Decide, Order
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.runtime import wire

SIGN = "~"
"""Stands between an id and its host; no host's name holds one."""
_IDS = rb"(?:ses|rule|apr|ask)_[0-9a-z]+"
_RULE = rb'("rule":(?:\{"id":)?")((?:[^"\\]|\\.)+?)'
_OWN = re.compile(rb'"(' + _IDS + rb')"')
_RULES = re.compile(_RULE + rb'"')
_SLOT = re.compile(rb'"slot":([1-9]\d*)')
_UNFIT = re.compile(r"[^0-9A-Za-z._-]+")


def host_of(id: str) -> str:
    """The name of the host an id belongs to; empty is this machine."""
    return id.rpartition(SIGN)[2] if SIGN in id else ""


def names_of(hosts: Sequence[str]) -> list[str]:
    """Short names for hosts as they are typed, no two alike: `kim@build.example.org` is `build`."""
    whole = [_UNFIT.sub("-", host.rpartition("@")[2]).strip("-.") or "host" for host in hosts]
    short = [name if name.replace(".", "").isdigit() else name.partition(".")[0] for name in whole]
    names: list[str] = []
    for place, name in enumerate(short):
        alike = short.count(name) > 1
        found = whole[place] if alike else name
        number = 2
        while found in names:
            found = f"{whole[place]}-{number}"
            number += 1
        names.append(found)
    return names


class Slots:
    """One row of slots over all hosts: each keeps the lowest number that was free at first."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, int], int] = {}

    def of(self, host: str, slot: int) -> int:
        found = self._given.get((host, slot))
        if found is None:
            taken = set(self._given.values())
            found = next(n for n in range(1, len(taken) + 2) if n not in taken)
            self._given[host, slot] = found
        return found


class Mark:
    """The mark of one host; of this machine, whose name is empty, only slots are changed."""

    def __init__(self, host: str, slots: Slots) -> None:
        self.host = host
        self._slots = slots
        self._sign = f"{SIGN}{host}"
        sign = re.escape(self._sign).encode()
        self._marked = re.compile(rb'"(' + _IDS + rb")" + sign + rb'"')
        self._rules = re.compile(_RULE + sign + rb'"')

    def up(self, data: bytes) -> bytes:
        """JSON from that runtime as the deck has it."""
        data = _SLOT.sub(self._slot, data)
        if not self.host:
            return data
        sign = self._sign.encode()
        # Rules first: what has the mark by then has not the shape any more.
        return _OWN.sub(rb'"\1' + sign + rb'"', _RULES.sub(rb"\1\2" + sign + rb'"', data))

    def up_id(self, session: SessionId) -> SessionId:
        return SessionId(f"{session}{self._sign}") if self.host and session else session

    def down_id(self, session: SessionId) -> SessionId:
        return SessionId(session.removesuffix(self._sign)) if self.host else session

    def down(self, order: Order) -> Order:
        """An order as that runtime has it."""
        frame = wire.read_down(self._down(wire.order_line(wire.Give(order))))
        assert isinstance(frame, wire.Give), "what went in as an order is one"
        match order, frame.order:
            case Decide(rule=Rule() as shown), Decide(rule=Rule() as rule) if (
                order.rule_shown == shown.sha()
            ):
                # The hash is of all that a rule says, so of the ids in it too.
                return msgspec.structs.replace(frame.order, rule_shown=rule.sha())
            case _:
                return frame.order

    def down_query(self, query: wire.Query) -> wire.Query:
        """A question as that runtime has it."""
        frame = wire.read_down(self._down(wire.order_line(wire.Ask(0, query))))
        assert isinstance(frame, wire.Ask), "what went in as a question is one"
        return frame.query

    def _down(self, line: bytes) -> bytes:
        if not self.host:
            return line
        return self._rules.sub(rb'\1\2"', self._marked.sub(rb'"\1"', line))

    def _slot(self, found: re.Match[bytes]) -> bytes:
        return b'"slot":%d' % self._slots.of(self.host, int(found[1]))
