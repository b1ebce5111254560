"""A tiny loop to play scripts with: the real server, SDK and tools, but no journal and no gate."""

import asyncio
import functools
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from steerdeck_agents.demo.project import make
from steerdeck_agents.demo.scripts import SCRIPTS
from steerdeck_agents.facts.action import (
    ApplyPatch,
    ListFiles,
    ReadFile,
    RunCommand,
    SearchFiles,
    SetPlan,
)
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.models.model import ItemDone, TextDelta
from steerdeck_agents.models.responses import ResponsesModel
from steerdeck_agents.models.scripted_server import serve
from steerdeck_agents.settings.config import ModelSettings
from steerdeck_agents.tools import list as list_tool
from steerdeck_agents.tools import patch, read, registry, search

Override = Callable[["Session", str, dict[str, object]], str | None]
"""Tool and arguments to the text of its result; None performs the call."""

INTERRUPTED = "interrupted by the developer; it may have done a part of its work"
NOTE = "The developer interrupted the turn. Calls that were running may have done a part of it."


async def run_git(folder: Path, *arguments: str) -> str:
    done = await asyncio.to_thread(
        subprocess.run,
        ["git", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@functools.cache
def _template() -> tempfile.TemporaryDirectory[str]:
    made = tempfile.TemporaryDirectory(prefix="steerdeck-shop-")
    asyncio.run(make(Path(made.name), run_git))
    return made


def make_project(folder: Path) -> Path:
    """The demo's repository in `folder`: a copy, since making it takes a tenth of a second."""
    shutil.copytree(_template().name, folder)
    return folder


def python(folder: Path, command: str) -> tuple[int, str]:
    """Exit code and output of a bash command."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


class Session:
    """One session's conversation, and what was done in it."""

    def __init__(self, folder: Path, model: str, override: Override | None = None) -> None:
        self.folder = folder
        self.model = model
        self.items: list[dict[str, object]] = []
        self.commands: list[str] = []
        self.plans: list[list[tuple[str, str]]] = []
        self.said: list[str] = []
        """The text of each response."""
        self.tokens = 0
        self.steers: dict[int, str] = {}
        """Number of a request (from 1) to what the developer writes just before it."""
        self.interrupt_at = 0
        """Number of the response whose calls the developer interrupts."""
        self._override = override

    def play(self, *messages: str) -> "Session":
        """One turn for each message."""
        asyncio.run(self._turns(messages))
        return self

    @property
    def plan(self) -> dict[str, str]:
        return dict(self.plans[-1])

    def add(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        self.items.append({"type": "message", "role": "user", "content": content})

    async def _turns(self, messages: tuple[str, ...]) -> None:
        for message in messages:
            self.add(message)
            # A server of its own for every request: nothing is remembered between them.
            while await self._request():
                if len(self.said) > 40:
                    raise AssertionError("the script never ends")

    async def _request(self) -> bool:
        if steer := self.steers.get(len(self.said) + 1):
            self.add(steer)
        server = await serve(SCRIPTS, pace=0)
        model = ResponsesModel(ModelSettings("m", self.model, server.url, key_variable=""), None)
        text, calls = "", []
        try:
            async for chunk in model.stream(self._body()):
                match chunk:
                    case TextDelta(kind=kind, text=piece):
                        self.tokens += 1
                        text += piece if kind == "message" else ""
                    case ItemDone(text=item):
                        self.items.append(json.loads(item))
                        calls += [self.items[-1]] if chunk.type == "function_call" else []
        finally:
            await model.close()
            await server.close()
        self.said.append(text)
        interrupted = len(self.said) == self.interrupt_at
        for call in calls:
            output = INTERRUPTED if interrupted else self._result(call)
            self.items.append(
                {"type": "function_call_output", "call_id": call["call_id"], "output": output}
            )
        if interrupted:
            self.add(NOTE)
        return bool(calls) and not interrupted

    def _body(self) -> bytes:
        body = {"model": self.model, "stream": True, "input": self.items}
        return json.dumps({**body, "prompt_cache_key": self.folder.name}).encode()

    def _result(self, call: Mapping[str, object]) -> str:
        tool, arguments = str(call["name"]), str(call["arguments"])
        given = self._override and self._override(self, tool, json.loads(arguments))
        if given is not None:
            return given
        where = Workspace(path=str(self.folder), repository="", branch="", base="")
        try:
            known = registry.by_name(tool)
            assert known is not None, tool
            return self._perform(known.read(arguments, where), where)
        except SteerdeckError as error:
            return str(error)

    def _perform(self, action: object, where: Workspace) -> str:
        match action:
            case RunCommand(script=script):
                self.commands.append(script)
                code, output = python(self.folder, script)
                return f"exit code: {code}\nduration: 0.1 s\n\n{output}"
            case SetPlan(steps=steps):
                self.plans.append([(step.text, step.status) for step in steps])
                return "Plan updated."
            case ApplyPatch():
                return patch.perform(action, where).text
            case ReadFile():
                return read.perform(action, where).text
            case ListFiles():
                return list_tool.perform(action, where, self._files()).text
            case SearchFiles():
                return search.perform(action, where, self._files(), lambda: False).text
        raise AssertionError(f"nobody answers {action}")

    def _files(self) -> list[str]:
        found = (path for path in self.folder.rglob("*") if path.is_file())
        names = (str(path.relative_to(self.folder)) for path in found)
        return sorted(name for name in names if ".git/" not in name and "__pycache__" not in name)
