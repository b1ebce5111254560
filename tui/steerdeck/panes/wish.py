"""What an approval would allow, whole, wrapped and inert: the part of a card that is decided on.

Each kind is drawn as what it is: shell text, a diff, a call's arguments, words that would be typed.
Only looks are added here, no text is left out, and no verdict is made.
"""

import re

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.panes.card import labelled, raised
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.waiting import shell_of
from steerdeck_agents.facts.inert import inert, one_line
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
            return "asks for the network"
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


def body(approval: OpenApproval, state: SessionState | None = None) -> list[Line]:
    """The complete text that is decided on, in the shape of its kind."""
    match approval.kind:
        case "patch" | "tools":
            return [diff_row(line) for line in approval.what.splitlines()]
        case "tool":
            return _tool(approval)
        case "input":
            return _input(approval, state)
        case "helper":
            return _helper(approval, state)
        case "setup":
            return [*raised(_shell_text(approval.what)), *_setup(approval, state)]
        case _:
            return raised(_shell_text(approval.what))


def command_spans(text: str) -> list[Span]:
    """One line of shell text: programs bold, strings in their hue. Only looks, never a verdict."""
    spans: list[Span] = []
    begins = True
    at = 0
    for match in _PARTS.finditer(text):
        if match.start() > at:
            spans.append(foreign(text[at : match.start()], "t0"))
        at = match.end()
        part = match[0]
        match match.lastgroup:
            case "string":
                spans.append(foreign(part, "str"))
                begins = False
            case "join":
                spans.append(Span(part, "t2"))
                begins = part in _BEGINS
            case "space":
                spans.append(Span(part, "t0"))
            case _:
                spans.append(foreign(part, "t0", bold=begins))
                begins = begins and "=" in part
    if at < len(text):
        spans.append(foreign(text[at:], "t0"))
    return spans


def diff_row(line: str) -> Line:
    """One line of a unified diff, wrapped so that none of it is hidden."""
    fg: Token = "t2"
    bg: Token | None = None
    sign = line[:1]
    if line.startswith(("+++", "---", "diff ", "index ")):
        fg = "t0" if line.startswith("+++") else "t3"
    elif sign == "+":
        fg, bg = "add", "add_bg"
    elif sign == "-":
        fg, bg = "rem", "rem_bg"
    elif sign == "@":
        fg = "t3"
    told = line[1:] if bg or sign == " " else line
    text = foreign(told, "t1" if bg else fg)
    gutter = Span(glyphs().removed if sign == "-" else sign, fg) if bg else None
    return Line((text,), gutter=gutter, indent=2, bg=bg, wrap=True)


def tail_rows(output: str, most: int = _TAIL, fg: Token = "t2") -> list[Line]:
    """The last lines of a running output, inert, without the sequences that colour it."""
    shown = inert(output.rstrip("\n"), sequences="drop").split("\n")[-most:]
    return [Line((foreign(line, fg),), indent=1, bg="s2", wrap=True) for line in shown]


def _shell_text(text: str) -> list[Line]:
    return [
        Line(tuple(command_spans(line)), indent=1, hang=2, bg="s2", wrap=True)
        for line in inert(text).split("\n")
    ]


def _tool(approval: OpenApproval) -> list[Line]:
    """Server and tool, then the arguments as JSON: blanks are laid out anew, nothing else."""
    head, _, arguments = approval.what.partition("\n")
    server, _, tool = head.partition(" ")
    rows = [Line((foreign(f"{server} ", "t1"), foreign(tool, "t0", bold=True)),
                 indent=1, hang=2, bg="s2", wrap=True)]  # fmt: skip
    for line in inert(_laid_out(arguments)).split("\n"):
        rows.append(Line(tuple(json_spans(line)), indent=3, hang=2, bg="s2", wrap=True))
    return raised(rows)


def _laid_out(arguments: str) -> str:
    if len(arguments) > _PRETTY:
        return arguments
    try:
        return msgspec.json.format(arguments.encode(), indent=2).decode()
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return arguments


def json_spans(line: str) -> list[Span]:
    """One line of JSON: keys stand out, strings and numbers in their hues."""
    return [
        foreign(match[0], _HUES.get(match.lastgroup or "", "t2")) for match in _JSON.finditer(line)
    ]


def _input(approval: OpenApproval, state: SessionState | None) -> list[Line]:
    """The shell with its last output, and below it each line that would be typed, to its end."""
    shell = shell_of(approval, state) if state is not None else None
    rows: list[Line] = []
    if shell is not None:
        title = (Span(f"{glyphs().shell} ", "t2"), foreign(one_line(shell.title), "t1"))
        rows = [Line(title, (foreign(f"{shell.id} ", "t3"),), indent=1, bg="s2")]
        rows += tail_rows(shell.output) if shell.output.strip() else []
        if shell.prompt and not shell.output.rstrip().endswith(shell.prompt.strip()):
            rows.append(Line((foreign(shell.prompt, "t1"),), indent=1, bg="s2", wrap=True))
    *whole, last = approval.what.split("\n")
    typed = [(line, True) for line in whole] + ([(last, False)] if last or not whole else [])
    for number, (line, entered) in enumerate(typed):
        words = (foreign(line, "t0", bold=True), Span(" ␊" if entered else "", "t2"))
        lead = Span(f"{glyphs().you} " if not number else "  ", "needs")
        rows.append(Line((lead, *words), indent=1, hang=2, bg="s2", wrap=True))
    end = "Enter is pressed after it" if approval.what.endswith("\n") else "Enter is not pressed"
    return [*raised(rows), BLANK, labelled("types", [Span(end, "t1")])]


class _Delegated(msgspec.Struct):
    """What of a helper's call is worth a row."""

    writes: bool | None = None


def _helper(approval: OpenApproval, state: SessionState | None) -> list[Line]:
    words = inert(approval.what).split("\n")
    rows = [Line((foreign(line, "t0"),), indent=1, bg="s2", wrap=True) for line in words]
    calls = state.calls if state is not None else ()
    call = next((call for call in calls if call.id == approval.call), None)
    try:
        said = msgspec.json.decode(call.arguments, type=_Delegated) if call else _Delegated()
    except msgspec.DecodeError:
        said = _Delegated()
    if said.writes is None:
        return raised(rows)
    may = "change files, in a workspace of its own" if said.writes else "read, and change nothing"
    return [*raised(rows), BLANK, labelled("it may", [Span(may, "t1")])]


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
