"""A transcript as plain text, for a pager, an editor or the clipboard: inert, and whole words only.

Nothing in it can steer a terminal, so it may be shown by whatever the developer reads with.
"""

from collections.abc import Iterable
from datetime import datetime

from steerdeck.panes.unfolded import printed
from steerdeck_agents.facts.inert import inert
from steerdeck_agents.facts.transcript import OUTPUT_KEPT, Called, Entry, Marked, Said


def entry_text(entry: Entry, *, whole: bool = False) -> str:
    """One entry with all that is kept of it; empty for a message that was taken back.

    Of a call whose output is long that is the end, unless its output is told `whole`.
    """
    match entry:
        case Said(withdrawn=True):
            return ""
        case Said(who="developer"):
            return _led("> ", entry.text)
        case Said(who="reasoning"):
            return _led("    ", entry.text)
        case Said():
            return _plain(entry.text)
        case Called():
            return _call(entry, whole=whole)
        case Marked():
            return f"* {_plain(entry.text)}"


def transcript_text(name: str, entries: Iterable[Entry]) -> str:
    """All entries under a head with the name of the session."""
    parts = [f"{name}\n{'=' * len(name)}"]
    day = ""
    for entry in entries:
        text = entry_text(entry)
        if not text:
            continue
        when = datetime.fromtimestamp(entry.at_ms / 1000).strftime("%Y-%m-%d")
        if when != day:
            day = when
            parts.append(f"-- {day} --")
        parts.append(text)
    return "\n\n".join(parts) + "\n"


def _call(call: Called, *, whole: bool) -> str:
    title = _plain(call.title or call.tool)
    lines = [_led("$ " if call.tool == "shell" else f"[{inert(call.tool)}] ", title)]
    if call.tool != "shell" and call.arguments not in ("", "{}"):
        lines.append(_led("    ", call.arguments.replace("\\n", "\n")))
    if len(call.output) >= OUTPUT_KEPT and not whole:
        lines.append("    … the tool log has the beginning")
    lines += [_led("    ", line) for line in printed(call)]
    exit_code = "" if call.exit_code is None else f"exit {call.exit_code}"
    ends = dict.fromkeys((call.phase, exit_code, inert(call.summary)))
    return "\n".join([*lines, f"    = {', '.join(end for end in ends if end)}"])


def _led(lead: str, text: str) -> str:
    first, *rest = _plain(text).split("\n")
    return "\n".join([lead + first, *(" " * len(lead) + line for line in rest)])


def _plain(text: str) -> str:
    return inert(text.replace("\r\n", "\n"), sequences="drop").strip("\n")
