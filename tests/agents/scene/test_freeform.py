"""Patches as plain text, end to end: interrupts, restarts, compaction, other models, refusals."""

import asyncio
import json
from pathlib import Path

from agents.models.test_provider_scenes import notices, play, turned
from agents.models.test_wild import said
from agents.models.wild_server import Wild, WildServer, error
from kit.lawful import attend, check_calls, check_messages, check_results, facts_of
from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import RandomIds, SessionId, sha_of
from steerdeck_agents.loop.request import body
from steerdeck_agents.models.scripted import Conversation, Custom, Reply, Say, Think
from steerdeck_agents.models.scripted_memory import summary_of

MORE = 'freeform = true\n[[models]]\nname = "c"\nmodel = "m"\nbase_url = "URL"\napi = "chat"\n'


def patch(name: str) -> str:
    return f"*** Begin Patch\n*** Add File: {name}.txt\n+{name}\n*** End Patch\n"


def writer(talk: Conversation) -> Reply:
    """One patch for each message of the developer, named by the message."""
    if "<summarize>" in talk.note:
        return Reply((Say(summary_of(talk)),))
    wanted, name = talk.said[-1], f"call_{talk.salt}_{talk.said[-1]}"
    if not any(call.id == name for call in talk.calls):
        return Reply((Think("Hm."), Custom("apply_patch", patch(wanted), name)))
    return Reply((Say(f"{wanted} is written.", final=True),))


def check(playing: Scene, session: SessionId) -> list[tuple[str, ...]]:
    """Law 2, 4 and 5 in every window; the items of each request."""
    reader, state = playing.runtime.fleet.reader, playing.state(session)
    facts = facts_of(reader, session)
    check_messages(reader, state, facts)
    check_calls(state, facts)
    sent = {fact.request: fact for fact in facts if isinstance(fact, e.RequestSent)}
    found = [reader.request(one.id) for one in reader.requests(session)]
    for stored in found:
        assert sha_of(body(stored.fields, stored.items)) == sent[stored.id].body
        check_results(stored.items)
    assert reader.check() == []
    return [stored.items for stored in found]


def kinds(items: tuple[str, ...]) -> list[str]:
    return [json.loads(item)["type"] for item in items]


def test_a_freeform_call_survives_a_restart_an_interrupt_and_a_compaction(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": writer}, more=MORE) as playing:
            session = await playing.start(repository, "m", "one", mode="ask")
            await playing.status(session, "needs_you")
            (call,) = playing.state(session).calls
            assert (call.tool, call.arguments) == ("apply_patch", patch("one"))
        async with scene(tmp_path / "home", {"m": writer}, more=MORE, ids=RandomIds()) as playing:
            await go_on(playing, session)

    asyncio.run(story())


async def go_on(playing: Scene, session: SessionId) -> None:
    await playing.status(session, "needs_you")
    assert (await attend(playing, session)).last_turn == "completed"
    workspace = Path(playing.state(session).workspace.path)
    assert (workspace / "one.txt").read_text() == "one\n"
    await playing.give(o.Say, session, text="two")
    await playing.status(session, "needs_you")
    await playing.give(o.Interrupt, session)
    await playing.status(session, "interrupted")
    await playing.give(o.Say, session, text="three")
    await attend(playing, session)
    assert not (workspace / "two.txt").exists()
    await playing.give(o.Compact, session)
    await playing.until(lambda: playing.of(session, e.WindowCompacted))
    await playing.give(o.Say, session, text="four")
    await playing.until(lambda: playing.of(session, e.ApprovalRequested)[2:])
    assert (await attend(playing, session)).last_turn == "completed"
    assert (workspace / "four.txt").read_text() == "four\n"
    last = kinds(check(playing, session)[-1])
    assert last.count("custom_tool_call") == last.count("custom_tool_call_output") >= 1
    assert "function_call" not in last
    fields = {one.fields for one in playing.runtime.fleet.reader.requests(session)}
    assert len(fields) == 1, "the tools of a session changed"


def test_a_model_that_speaks_chat_goes_on_from_freeform_calls(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": writer}, more=MORE) as playing:
            session = await playing.start(repository, "m", "one")
            await turned(playing, session)
            await playing.give(o.Configure, session, model="c")
            await playing.give(o.Say, session, text="two")
            assert (await turned(playing, session, 2)).status == "completed"
            workspace = Path(playing.state(session).workspace.path)
            assert (workspace / "two.txt").read_text() == "two\n"
            assert kinds(check(playing, session)[-1]).count("function_call") == 1

    asyncio.run(story())


def test_a_server_without_freeform_tools_is_asked_again_with_functions(tmp_path: Path):
    refusal = "Invalid value: 'custom'. Supported values are: 'function'."
    answers: dict[str, Wild | list[Wild]] = {
        "/responses": [error(400, refusal, param="tools[0].type"), Wild(parts=said("responses"))]
    }

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "w")
        assert (await turned(playing, session)).status == "completed"
        first, second = ([tool["type"] for tool in asked["tools"]] for asked in server.bodies())
        assert first == ["custom", *second[1:]]
        assert set(second) == {"function"}
        assert "takes no freeform tools" in notices(playing, session)
        await playing.give(o.Say, session, text="Again.")
        await turned(playing, session, 2)
        assert len(server.asked) == 3
        kept = json.loads((playing.paths.cache / "providers.json").read_text())
        assert kept[server.url]["drops"] == {"": ["custom_tools"]}

    play(tmp_path, answers, story, "freeform = true\n")
