"""Tools of MCP servers among ours: the same bytes each time, data as results."""

import asyncio
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.server_stage import Stage
from steerdeck_agents.facts.action import CallServer, ListFiles
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.servers.calling import Stopped
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.listing import Offered, listing
from steerdeck_agents.servers.result import DataPart, Part, Result, TextPart
from steerdeck_agents.settings.paths import paths
from steerdeck_agents.tools.outcome import LIMIT, Outcome
from steerdeck_agents.tools.server_tool import FromServer, perform

HERE = Workspace(path="/w", repository="/r", branch="b", base="0")
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
(LISTED,) = listing("git", [Offered("log", "Shows commits.", SCHEMA)]).tools
TOOL = FromServer(LISTED)


def test_it_is_offered_as_the_server_offers_it():
    assert TOOL.spec() == {
        "type": "function",
        "name": "git__log",
        "description": "Shows commits.",
        "parameters": SCHEMA,
        "strict": False,
    }
    assert not TOOL.parallel


def test_what_is_judged_is_what_is_sent():
    action = TOOL.read('{"text": "a", "text": "b", "n": 1.0}', HERE)
    assert action == CallServer(
        server="git", tool="log", arguments='{"text":"b","n":1.0}', pin=LISTED.pin
    )
    assert TOOL.title(action) == 'log {"text":"b","n":1.0}'
    assert TOOL.read("", HERE).arguments == "{}"
    assert TOOL.title(TOOL.read("", HERE)) == "log"
    with pytest.raises(TypeError):
        TOOL.title(ListFiles())


@pytest.mark.parametrize("text", ["[1]", "{", "\ud800", '{"a":' * 5000, "x" * 600_000])
def test_arguments_that_are_no_object_go_back_to_the_model(text: str):
    with pytest.raises(BadArguments, match="git__log"):
        TOOL.read(text, HERE)


class Answering:
    """Servers that answer every call in one way."""

    def __init__(self, answer: Result | Exception) -> None:
        self.answer = answer

    async def call(self, *words: str, on_progress: Callable[[str], None], **more: object) -> Result:
        on_progress("1 of 2")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def _outcome(answer: Result | Exception, *, pictures: bool = False) -> Outcome:
    heard: list[str] = []
    done = asyncio.run(
        perform(
            CallServer("git", "log", "{}", Sha("")),
            servers=Answering(answer),
            pictures=pictures,
            on_output=heard.append,
            stop=asyncio.Event(),
        )
    )
    assert heard == ["1 of 2\n"]
    return done


def _png() -> bytes:
    head = struct.pack(">IIBBBBB", 2, 3, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


def test_texts_are_joined_and_cut_like_those_of_other_tools():
    assert _outcome(Result((TextPart("a"), TextPart("b")))) == Outcome(
        "done", "a\nb", summary="2 lines"
    )
    assert _outcome(Result(())).text == "(nothing)"
    long = _outcome(Result((TextPart("x" * 100_000),)))
    assert len(long.text.encode()) <= LIMIT
    assert long.complete == b"x" * 100_000


def test_a_picture_goes_to_models_that_take_one_and_is_named_to_others():
    parts: tuple[Part, ...] = (DataPart("image/png", _png(), "plot"), DataPart("image/png", _png()))
    shown = _outcome(Result(parts), pictures=True)
    assert shown.picture.startswith("data:image/png;base64,")
    assert shown.text.splitlines() == [
        "[plot: PNG, 2 × 3 pixels, 33 bytes]",
        "[PNG, 2 × 3 pixels, 33 bytes; not shown]",
    ]
    assert _outcome(Result(parts)).picture == ""


def test_bytes_that_only_claim_to_be_a_picture_are_none():
    told = _outcome(Result((DataPart("image/png", b"<svg>"),)), pictures=True)
    assert (told.picture, told.text) == ("", "[image/png, 5 bytes; not shown]")


def test_every_end_of_a_call_is_a_result():
    assert _outcome(Result((TextPart("no"),), failed=True)) == Outcome("failed", "no", "failed")
    late = ServerFault("git is late.", "late", "Wait.")
    assert _outcome(late) == Outcome("failed", "git is late. Wait.", "late")
    assert _outcome(Stopped("Stopped.")) == Outcome("failed", "Stopped.", "stopped")


def test_a_real_call_goes_all_the_way(tmp_path: Path):
    async def main() -> Outcome:
        folder = tmp_path / "workspace"
        folder.mkdir()
        stage = Stage(folder, paths({"STEERDECK_HOME": str(tmp_path / "home")}))
        stage.open(stage.settings())
        await stage.start()
        listed = stage.servers.tool("a__say")
        assert listed is not None
        try:
            return await perform(
                FromServer(listed).read('{"text":"hello"}', HERE),
                servers=stage.servers,
                pictures=False,
                on_output=stage.heard.append,
                stop=stage.stop,
            )
        finally:
            await stage.servers.close()
            stage.clear()

    assert asyncio.run(main()) == Outcome("done", "hello", summary="1 line")
