"""Aspect of a state: whose words are in its prompt that nobody vouches for."""

import re

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.facts.events import (
    CallEnded,
    CallStarted,
    Event,
    HandEnded,
    HandStarted,
    NetworkUsed,
)
from steerdeck_agents.facts.state import OpenCall, SessionState

MOST = 16
_READERS = ("read_file", "search", "list_files")
_FOREIGN = re.compile(
    r"(?:^|[\s/'\"=:(])(node_modules|site-packages|vendor|third_party)(/[^\s'\";|&<>()]*|$)"
)
_PROGRAMS = re.compile(r"/\.?bin/")
"""Folders of what a command runs; it is not what the command reads."""


class _Named(msgspec.Struct):
    """What of a call's arguments says which files it reads."""

    path: str | None = None
    folder: str | None = None
    command: str | None = None


def apply(state: SessionState, event: Event) -> SessionState:
    source = ""
    match event:
        case CallStarted(may_reach=hosts) | HandStarted(may_reach=hosts) if hosts:
            new = [f"perhaps {host}" for host in hosts if f"perhaps {host}" not in state.taint]
            return replace(state, taint=(*state.taint, *new)[-MOST:]) if new else state
        case CallEnded(status="done" | "failed"):
            call = next((one for one in state.calls if one.id == event.call), None)
            source = _source(call) if call is not None else ""
        case HandEnded(told=str()):
            # What it printed is told to the model, as a call's output is.
            hands = (hand for hand in state.hands if hand.call == event.call and hand.started)
            source = next((hand.foreign for hand in hands), "")
        case NetworkUsed(allowed=True, received=received) if received:
            source = f"the host {event.host}"
    if not source or source in state.taint:
        return state
    return replace(state, taint=(*state.taint, source)[-MOST:])


def _source(call: OpenCall) -> str:
    """Where the words of its result come from; empty for the repository's own files."""
    server, joint, _ = call.tool.partition("__")
    if joint:
        return f"the server {server}"
    if call.tool == "delegate":
        return "a helper's answer"
    if call.tool not in (*_READERS, "shell"):
        return ""
    try:
        named = msgspec.json.decode(call.arguments, type=_Named)
    except UNREADABLE:
        return ""
    script = call.edited or named.command or ""
    below = _FOREIGN.search(f"{named.path or ''}\n{named.folder or ''}")
    return f"files below {below[1]}" if below else read_by(script)


def read_by(script: str) -> str:
    """Where what a script reads comes from; empty for the repository's own files."""
    hits = _FOREIGN.findall(script)
    found = next((hit[0] for hit in hits if hit[1] and not _PROGRAMS.match(hit[1])), "")
    return f"files below {found}" if found else ""
