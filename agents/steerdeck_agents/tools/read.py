"""read_file: numbered lines of one text file, whole lines only, with a way to go on; or a picture.

Links inside the workspace are followed, but never to a file whose own name is on the secret list:
the gate judges the path the model wrote, this the place it leads to.
"""

import base64

import msgspec

from steerdeck_agents.facts.action import Action, ReadFile
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.encoding import decode, readable
from steerdeck_agents.tools.outcome import LIMIT, Outcome
from steerdeck_agents.tools.paths import below
from steerdeck_agents.tools.picture import LARGEST, Picture, picture_of
from steerdeck_agents.tools.tool import function_tool
from steerdeck_agents.tools.walk import opened, read_all

_LARGEST = 16 * 1024 * 1024
_MOST_LINES = 2000
_WIDEST = 2000
_ROOM = LIMIT - 1000


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    first: int | None = None
    last: int | None = None


class Read:
    """The tool `read_file`."""

    name = "read_file"
    parallel = True

    def spec(self) -> dict[str, object]:
        properties = {
            "path": {"type": "string"},
            "first": {"type": "integer", "description": "First line, from 1."},
            "last": {"type": "integer", "description": "Last line, inclusive."},
        }
        return function_tool(self.name, "read", properties, ("path",))

    def read(self, arguments: str, workspace: Workspace) -> ReadFile:
        given = parse(self.name, _Arguments, arguments)
        first = 1 if given.first is None else given.first
        if first < 1 or (given.last is not None and given.last < first):
            raise BadArguments("Lines are counted from 1, and `last` is not before `first`.")
        path = below(given.path, workspace)
        return ReadFile(path=path, first=first, last=given.last)

    def title(self, action: Action) -> str:
        match action:
            case ReadFile(path=path, first=1, last=None):
                return one_line(path)
            case ReadFile(path=path, first=first, last=last):
                return one_line(f"{path} {first}–{last or 'end'}")
        raise TypeError(f"not for {self.name}: {action!r}")


def perform(action: ReadFile, workspace: Workspace, pictures: bool = False) -> Outcome:
    """Reads the file; blocks, so it runs in a thread. Raises BadArguments and OSError.

    A picture is handed over where the model takes `pictures`; else it is described.
    """
    with opened(workspace.path, action.path) as found:
        if found.is_folder:
            raise BadArguments(f"`{action.path}` is a folder; list_files shows what is in it.")
        if found.linked and is_secret_path(found.path):
            raise BadArguments(f"`{action.path}` leads to a file that may hold a secret.")
        if found.size > _LARGEST:
            raise BadArguments(
                f"`{action.path}` has {found.size:,} bytes, and at most {_LARGEST:,} are read. "
                "Use search, or shell with `head -c`, `tail -c` or `sed -n`."
            )
        data = read_all(found.fd, _LARGEST)
    if (picture := picture_of(data)) is not None:
        return _shown(action, data, picture, pictures)
    decoded = decode(data)
    if decoded is None:
        raise BadArguments(f"`{action.path}` is not text: a binary file of {len(data):,} bytes.")
    text, encoding = decoded
    notes = [] if encoding.name == "UTF-8" else [encoding.name]
    if "\r\n" in text:
        notes.append("CRLF")
    if text and not text.endswith("\n"):
        notes.append("no newline at the end")
    return _page(action, readable(text), ", ".join(notes))


def _shown(action: ReadFile, data: bytes, picture: Picture, pictures: bool) -> Outcome:
    told = f"{action.path} is a picture: {picture.words}, {len(data):,} bytes."
    size = f"{picture.width}×{picture.height}"
    if not pictures:
        return Outcome("done", f"{told} This model takes no pictures, so it is not shown.", size)
    if len(data) > LARGEST:
        most = f"At most {LARGEST:,} bytes are shown; make a smaller copy to see it."
        return Outcome("done", f"{told} {most}", size)
    url = f"data:{picture.media_type};base64,{base64.b64encode(data).decode()}"
    return Outcome("done", told, size, picture=url)


def _page(action: ReadFile, text: str, notes: str) -> Outcome:
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    total = len(lines) if text else 0
    if not total:
        return Outcome("done", f"{action.path} is empty.", summary="empty")
    if action.first > total:
        raise BadArguments(f"`{action.path}` has only {total:,} lines.")
    last = total if action.last is None else min(action.last, total)
    shown: list[str] = []
    size = 0
    for number in range(action.first, min(last, action.first + _MOST_LINES - 1) + 1):
        line = f"{number}\t{_cut(lines[number - 1])}"
        size += len(line.encode()) + 1
        if size > _ROOM and shown:
            break
        shown.append(line)
    end = action.first + len(shown) - 1
    head = f"{action.path} lines {action.first}–{end} of {total}" + (f" ({notes})" if notes else "")
    if end < last:
        shown.append(f"[… go on with first={end + 1}; search finds lines by their text …]")
    return Outcome("done", "\n".join([head, *shown]), summary=f"{action.first}–{end}")


def _cut(line: str) -> str:
    if len(line) <= _WIDEST:
        return line
    return f"{line[:_WIDEST]} [… {len(line) - _WIDEST:,} more characters …]"
