"""Aspect of a state: the shell sessions that live."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    PortOpened,
    ShellEnded,
    ShellListened,
    ShellOpened,
    ShellPrinted,
    ShellPrompted,
    ShellTyped,
)
from steerdeck_agents.facts.ids import ShellId
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import SessionState

OUTPUT_KEPT = 2048
"""Characters of its last output a state carries."""


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case ShellOpened():
            opened = OpenShell(
                event.shell, event.title, event.seq, event.at_ms, event.tty, event.call
            )
            counts = replace(state.counts, shells=state.counts.shells + 1)
            return replace(state, shells=(*state.shells, opened), counts=counts)
        case ShellPrinted():
            before = next((s.output for s in state.shells if s.id == event.shell), "")
            return _change(state, event.shell, output=(before + event.text)[-OUTPUT_KEPT:])
        case ShellListened():
            return _change(state, event.shell, ports=event.ports)
        case PortOpened():
            before_it = next((s.opened for s in state.shells if s.id == event.shell), ())
            others = tuple(one for one in before_it if one[0] != event.port)
            return _change(state, event.shell, opened=(*others, (event.port, event.at)))
        case ShellPrompted():
            at = event.at_ms if event.text else 0
            return _change(
                state, event.shell, prompt=event.text, hidden=event.hidden, prompted_ms=at
            )
        case ShellTyped():
            return _change(state, event.shell, prompt="", hidden=False, prompted_ms=0)
        case ShellEnded():
            return replace(state, shells=tuple(s for s in state.shells if s.id != event.shell))
        case _:
            return state


def _change(state: SessionState, shell: ShellId, **changes: object) -> SessionState:
    shells = tuple(replace(s, **changes) if s.id == shell else s for s in state.shells)
    return replace(state, shells=shells)
