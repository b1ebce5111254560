"""A tool of an MCP server, as one more tool of ours: offered, read, judged and done like them.

Its name, description and schema were checked and pinned below; its results are data like the
output of a command. It is never taken for one that only reads, whatever its server says of it.
"""

import asyncio
import base64
from collections.abc import Callable

import msgspec

from steerdeck_agents.facts.action import Action, CallServer
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.servers.calling import Stopped
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.listing import ServerTool
from steerdeck_agents.servers.result import DataPart, Result, TextPart
from steerdeck_agents.servers.servers import Servers
from steerdeck_agents.tools.arguments import plain
from steerdeck_agents.tools.outcome import LIMIT, Outcome, fit
from steerdeck_agents.tools.picture import LARGEST, picture_of


class FromServer:
    """One tool of one server, with the bytes it had when it was listed."""

    parallel = False

    def __init__(self, tool: ServerTool) -> None:
        self.name = tool.name
        self._tool = tool

    def spec(self) -> dict[str, object]:
        """The function tool; its bytes depend on the server's list alone."""
        return {
            "type": "function",
            "name": self.name,
            "description": self._tool.description,
            "parameters": msgspec.json.decode(self._tool.schema, type=dict[str, object]),
            "strict": False,
        }

    def read(self, arguments: str, workspace: Workspace) -> CallServer:
        try:
            given = msgspec.json.decode(
                plain(self.name, arguments).strip() or "{}", type=dict[str, object]
            )
            # What is judged and shown is what is sent: a name given twice would be shown twice.
            text = msgspec.json.encode(given).decode()
        except (msgspec.DecodeError, ValueError, RecursionError) as problem:
            raise BadArguments(
                f"The arguments of `{self.name}` can't be read: {one_line(str(problem), 200)}. "
                "Send one JSON object. Nothing was called."
            ) from None
        tool = self._tool
        return CallServer(server=tool.server, tool=tool.tool, arguments=text, pin=tool.pin)

    def title(self, action: Action) -> str:
        match action:
            case CallServer(tool=tool, arguments=arguments):
                return one_line(tool if arguments == "{}" else f"{tool} {arguments}")
        raise TypeError(f"not for {self.name}: {action!r}")


async def perform(
    action: CallServer,
    *,
    servers: Servers,
    pictures: bool,
    on_output: Callable[[str], None],
    stop: asyncio.Event,
) -> Outcome:
    """Calls the tool and hands back what came of it; raises BadArguments."""
    try:
        result = await servers.call(
            action.server,
            action.tool,
            action.arguments,
            pin=action.pin,
            stop=stop,
            on_progress=lambda text: on_output(f"{text}\n"),
        )
    except Stopped as stopped:
        return Outcome("failed", fit(str(stopped)), summary="stopped")
    except ServerFault as fault:
        return Outcome("failed", fit(str(fault)), summary=fault.status or "failed")
    return await asyncio.to_thread(_told, result, pictures)


def _told(result: Result, pictures: bool) -> Outcome:
    texts: list[str] = []
    picture = ""
    for part in result.parts:
        match part:
            case TextPart(text=text):
                texts.append(text)
            case DataPart():
                words, url = _data(part, pictures and not picture)
                texts.append(words)
                picture = picture or url
    whole = "\n".join(texts) or "(nothing)"
    lines = whole.count("\n") + 1
    data = whole.encode(errors="replace")
    return Outcome(
        status="failed" if result.failed else "done",
        text=fit(whole),
        summary="failed" if result.failed else counted(lines, "line"),
        complete=data if len(data) > LIMIT else None,
        picture=picture,
    )


def _data(part: DataPart, shown: bool) -> tuple[str, str]:
    """What is told of bytes, and their data URL where the model gets them."""
    found = picture_of(part.data)
    kind = found.words if found else one_line(part.media_type, 60)
    told = f"{part.name + ': ' if part.name else ''}{kind}, {len(part.data):,} bytes"
    if found is None or not shown or len(part.data) > LARGEST:
        return f"[{told}; not shown]", ""
    url = f"data:{found.media_type};base64,{base64.b64encode(part.data).decode()}"
    return f"[{told}]", url
