"""What an approval would allow, whole, wrapped and inert: the part of a card that is decided on.

Each kind is drawn as what it is: shell text, a diff, a call's arguments, words that would be typed.
Only looks are added here, no text is left out, and no verdict is made.
"""

import re

import msgspec

from steerdeck.glyphs import glyphs, kept
from steerdeck.panes.card import labelled, raised
from steerdeck.panes.exact import HANG, Look, is_long, lines_of, rows
from steerdeck.panes.patched import diff_rows
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.waiting import shell_of
from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.network import asked_for
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_themes.palettes import Token

CONSENTS = ("server", "tools", "setup")
"""Kinds that may be remembered by their hash, for every session."""
_PRETTY = 48 * 1024
"""Characters of arguments that are laid out anew; longer ones are shown as they came."""
_TAIL = 8
_PARTS = re.compile(
    r"(?P<string>'[^'\n]*'|\"(?:[^\"\\\n]|\\.)*\")|(?P<join>&&|\|\||[;|&<>]+)|(?P<space>[ ]+)"
    r"|(?P<word>[^\s'\";|&<>]+|['\"])"
)
_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<str>"(?:[^"\\]|\\.)*")'
    r"|(?P<num>-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b)|(?P<rest>[^\"\d-]+|.)"
)
_BEGINS = ("&&", "||", ";", "|", "&")
_HUES: dict[str, Token] = {"key": "t0", "str": "str", "num": "num"}


def verb_of(approval: OpenApproval) -> str:
    """What the band says after the session's name."""
    title = one_line(approval.title, 30)
    match approval.kind:
        case "command":
            return "asks to run a command"
        case "patch":
            return "asks to change files"
        case "network":
            hosts = asked_for(approval.what)[0]
            more = f" and {len(hosts) - 1} more" if len(hosts) > 1 else ""
            return (
                f"asks to reach {one_line(hosts[0], 30)}{more}" if hosts else "asks for a network"
            )
        case "input":
            return "asks to type into a shell"
        case "tool":
            return "asks to call a server's tool"
        case "helper":
            return "asks to start a helper"
        case "server":
            return f"wants to start the server {title}".rstrip()
        case "tools":
            return f"is offered other tools by {title or 'a server'}"
        case "setup":
            return f"has a {title or 'set-up'} script to run"


def body(approval: OpenApproval, state: SessionState | None, width: int) -> list[Line]:
    """The complete text that is decided on, in the shape of its kind, in rows that fit."""
    match approval.kind:
        case "patch" | "tools":
            return diff_rows(approval.what, width)
        case "tool":
            return _tool(approval, width)
        case "input":
            return _input(approval, state, width)
        case "helper":
            return _helper(approval, state, width)
        case "network":
            return _shell_text(asked_for(approval.what)[1], width)
        case "setup":
            return [*_shell_text(approval.what, width), *_setup(approval, state)]
        case _:
            return _shell_text(approval.what, width)


def command_spans(text: str) -> list[Span]:
    """One written line of shell text: programs bold, strings in their hue; never a verdict."""
    spans: list[Span] = []
    begins = True
    at = 0
    for match in _PARTS.finditer(text):
        if match.start() > at:
            spans.append(Span(text[at : match.start()], "t0"))
        at = match.end()
        part = match[0]
        match match.lastgroup:
            case "string":
                spans.append(Span(part, "str"))
                begins = False
            case "join":
                spans.append(Span(part, "t2"))
                begins = part in _BEGINS
            case "space":
                spans.append(Span(part, "t0"))
            case _:
                spans.append(Span(part, "t0", bold=begins))
                begins = begins and "=" in part
    if at < len(text):
        spans.append(Span(text[at:], "t0"))
    return spans


def tail_rows(output: str, most: int = _TAIL, fg: Token = "t2") -> list[Line]:
    """The last lines of a running output, inert, without the sequences that colour it."""
    shown = inert(output.rstrip("\n"), sequences="drop").split("\n")[-most:]
    return [Line((foreign(line, fg),), indent=1, bg="s2", wrap=True) for line in shown]


def _shell_text(text: str, width: int) -> list[Line]:
    return raised(list(_script(text, width)))


@kept(8)
def _script(text: str, width: int) -> tuple[Line, ...]:
    look = Look(width)
    found: list[Line] = []
    for line, more in lines_of(text):
        spans = [Span(line, "t0")] if is_long(line) else command_spans(line)
        found += rows(spans, look, more=more)
    return tuple(found)


def _tool(approval: OpenApproval, width: int) -> list[Line]:
    """Server and tool, then the arguments as JSON: blanks are laid out anew, nothing else."""
    head, _, arguments = approval.what.partition("\n")
    server, _, tool = head.partition(" ")
    found = [Line((foreign(f"{server} ", "t1"), foreign(tool, "t0", bold=True)),
                  indent=1, hang=HANG, bg="s2", wrap=True)]  # fmt: skip
    look = Look(width, indent=3, ends=False)
    for line, _ in lines_of(_laid_out(arguments)):
        spans = [Span(line, "t0")] if is_long(line) else json_spans(line)
        found += rows(spans, look, more=False)
    return raised(found)


def _laid_out(arguments: str) -> str:
    if len(arguments) > _PRETTY:
        return arguments
    try:
        return msgspec.json.format(arguments.encode(), indent=2).decode()
    except UNREADABLE:
        return arguments


def json_spans(line: str) -> list[Span]:
    """One written line of JSON: keys stand out, strings and numbers in their hues."""
    return [
        Span(match[0], _HUES.get(match.lastgroup or "", "t2")) for match in _JSON.finditer(line)
    ]


def _input(approval: OpenApproval, state: SessionState | None, width: int) -> list[Line]:
    """The shell with its last output, and below it each line that would be typed, to its end."""
    shell = shell_of(approval, state) if state is not None else None
    found: list[Line] = []
    if shell is not None:
        title = (Span(f"{glyphs().shell} ", "t2"), foreign(one_line(shell.title), "t1"))
        found = [Line(title, (foreign(f"{shell.id} ", "t3"),), indent=1, bg="s2")]
        found += tail_rows(shell.output) if shell.output.strip() else []
        if shell.prompt and not shell.output.rstrip().endswith(shell.prompt.strip()):
            found.append(Line((foreign(shell.prompt, "t1"),), indent=1, bg="s2", wrap=True))
    for number, (line, entered) in enumerate(lines_of(approval.what)):
        lead = Span(glyphs().you, "needs") if not number else None
        look = Look(width, indent=3)
        found += rows([Span(line, "t0", bold=True)], look, more=entered, gutter=lead)
    end = "Enter is pressed after it" if approval.what.endswith("\n") else "Enter is not pressed"
    return [*raised(found), BLANK, labelled("types", [Span(end, "t1")])]


class _Delegated(msgspec.Struct):
    """What of a helper's call is worth a row."""

    writes: bool | None = None


def _helper(approval: OpenApproval, state: SessionState | None, width: int) -> list[Line]:
    found: list[Line] = []
    for line, more in lines_of(approval.what):
        found += rows([Span(line, "t0")], Look(width, ends=False), more=more)
    calls = state.calls if state is not None else ()
    call = next((call for call in calls if call.id == approval.call), None)
    try:
        said = msgspec.json.decode(call.arguments, type=_Delegated) if call else _Delegated()
    except UNREADABLE:
        said = _Delegated()
    if said.writes is None:
        return raised(found)
    may = "change files, in a workspace of its own" if said.writes else "read, and change nothing"
    return [*raised(found), BLANK, labelled("it may", [Span(may, "t1")])]


def _setup(approval: OpenApproval, state: SessionState | None) -> list[Line]:
    """Whether the script has the network, and how long it may take, where that is known."""
    if state is None or approval.binding not in (
        state.setup.identity, state.setup.teardown_identity
    ):  # fmt: skip
        return []
    setup = state.setup
    word = "yes: it can reach any host" if setup.network else "no"
    rows = [labelled("network", [Span(word, "needs" if setup.network else "t1")])]
    rows.append(labelled("at most", [Span(f"{setup.timeout_s:.0f} s", "t1")]))
    if (ports := state.workspace.ports).count:
        last = ports.first + ports.count - 1
        rows.append(labelled("ports", [Span(f"{ports.first}–{last}", "t1")]))
    return [BLANK, *rows]
