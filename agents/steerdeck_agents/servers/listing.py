"""What a server offers, checked before a model reads a word of it, and pinned by one hash.

Names, descriptions and schemas become part of the prompt, so they are held to less than a result
is: no name with a character that looks like another, no hidden character that is not made visible,
no text without an end. The order and the bytes depend on nothing but what is offered.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import msgspec

from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.inert import inert, one_line, utf8
from steerdeck_agents.servers.schema import BadSchema, checked

MOST_TOOLS = 128
LARGEST_SCHEMAS = 64 * 1024
"""Bytes of the schemas of one server's tools, all together."""
LONGEST_DESCRIPTION = 2048
"""Bytes of UTF-8."""
LONGEST_NAME = 64
"""What the APIs of models take."""
_LARGEST_TEXT = 256 * 1024
_LONGEST_SHOWN = 4 * 1024
_NAME = re.compile(r"[A-Za-z0-9_./-]{1,128}")
"""What the specification of MCP recommends for names; nothing outside ASCII can pass for it."""


class Offered(msgspec.Struct, frozen=True):
    """A tool as the server offers it."""

    name: str
    description: str
    schema: dict[str, object]


class ServerTool(msgspec.Struct, frozen=True):
    """A tool as the model is offered it."""

    name: str
    """`server__tool`, at most 64 of `a-z A-Z 0-9 _ -`, unlike any other."""
    server: str
    tool: str
    """As the server names it."""
    description: str
    schema: str
    """JSON text, keys sorted."""
    pin: Sha
    """Of the list it stands in."""


class Listing(msgspec.Struct, frozen=True):
    """All that a server offers."""

    tools: tuple[ServerTool, ...]
    """Sorted by the server's own names."""
    pin: Sha
    """Hash over name, description and schema of every tool, also of what is not handed on."""
    text: str
    """The same for people, and what a later list is compared with."""
    left_out: tuple[str, ...] = ()
    """Which tools the model is not offered, and why: one sentence each."""


def listing(
    server: str, offered: Iterable[Offered], wanted: Collection[str] | None = None
) -> Listing:
    """The tools of one server; `wanted` are the only ones that count, None is all."""
    found = sorted(
        (tool for tool in offered if wanted is None or tool.name in wanted),
        key=lambda tool: (tool.name, tool.description, _json(tool.schema)),
    )
    pin = sha_of(msgspec.json.encode([(t.name, t.description, _json(t.schema)) for t in found]))
    tools: list[ServerTool] = []
    left_out: list[str] = []
    room = LARGEST_SCHEMAS
    names = _names(server, [tool.name for tool in found])
    times = Counter(tool.name for tool in found)
    for tool in found:
        problem = _problem(tool.name, times[tool.name])
        schema = ""
        if not problem and len(tools) == MOST_TOOLS:
            problem = f"{MOST_TOOLS} tools are the most"
        if not problem and len(_json(tool.schema)) <= room:
            try:
                schema = _json(checked(tool.schema))
            except BadSchema as bad:
                problem = str(bad)
        if not problem and (not schema or len(schema.encode()) > room):
            problem = f"all schemas together have at most {LARGEST_SCHEMAS // 1024} kB"
        if problem:
            left_out.append(f"{one_line(tool.name, 80)}: {problem}.")
            continue
        room -= len(schema.encode())
        description = _description(tool.description)
        tools.append(ServerTool(names[tool.name], server, tool.name, description, schema, pin))
    missing = sorted(set(wanted or ()) - {tool.name for tool in found})
    left_out += [f"{one_line(name, 80)}: the server does not offer it." for name in missing]
    return Listing(tuple(tools), pin, _text(found, left_out), tuple(left_out))


def _problem(name: str, times: int) -> str:
    if not _NAME.fullmatch(name):
        return "its name has other characters than letters, digits and _ . / -"
    return "it is offered more than once" if times > 1 else ""


def _names(server: str, tools: Collection[str]) -> dict[str, str]:
    """The names for the model. Where two would be the same, a hash of the server's own is added."""
    plain = {tool: f"{server}__{re.sub(r'[^A-Za-z0-9_-]', '_', tool)}" for tool in tools}
    times = Counter(plain.values())
    named: dict[str, str] = {}
    for tool, name in sorted(plain.items()):
        exact = name == f"{server}__{tool}"
        if len(name) <= LONGEST_NAME and (exact or times[name] == 1):
            named[tool] = name
    for tool, name in sorted(plain.items()):
        size = 6
        taken = set(named.values())
        while tool not in named:
            mark = hashlib.sha256(tool.encode(errors="surrogatepass")).hexdigest()[:size]
            marked = f"{name[: LONGEST_NAME - size - 1]}_{mark}"
            if marked not in taken:
                named[tool] = marked
            size += 2
    return named


def _description(text: str) -> str:
    """At most 2 kB, with everything hidden made visible."""
    text = inert(text.replace("\r\n", "\n")).strip()
    data = text.encode()
    if len(data) <= LONGEST_DESCRIPTION:
        return text
    head = data[: LONGEST_DESCRIPTION - 60].decode(errors="ignore")
    return f"{head}\n[… {len(data) - len(head.encode()):,} bytes are left out here …]"


def _text(found: Sequence[Offered], left_out: Sequence[str]) -> str:
    """Every tool with a hash of all of it, so that no change is too far down to be seen."""
    lines: list[str] = []
    room = _LARGEST_TEXT
    for number, tool in enumerate(found):
        if room < 0:
            lines.append(f"[… {len(found) - number:,} tools more …]")
            break
        schema = _json(tool.schema)
        whole = sha_of(msgspec.json.encode((tool.name, tool.description, schema)))
        block = [f"{one_line(tool.name, 200)}  (sha256 {whole[:16]})"]
        block += [f"    {line}" for line in _description(tool.description).splitlines()]
        shown = inert(utf8(msgspec.json.format(schema, indent=2)))
        if len(shown) > _LONGEST_SHOWN:
            shown = f"{shown[:_LONGEST_SHOWN]}\n[… cut here …]"
        block += [f"    {line}" for line in shown.splitlines()]
        lines += block
        room -= sum(map(len, block))
    if left_out:
        lines += ["not offered to the agent:", *(f"    {line}" for line in left_out[:MOST_TOOLS])]
    return "\n".join(lines)


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
