"""Instructions and skills, end to end: in the first request, appended later, read on demand."""

import asyncio
import json
from pathlib import Path

from kit.repositories import commit, write
from kit.scene import Scene, scene
from steerdeck_agents.demo import project
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.loop.request import body
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.workspace.git import text


def reads_a_skill(talk: Conversation) -> Reply:
    if not talk.calls:
        names = [Call("read_skill", {"name": name}) for name in ("release", "nothing")]
        return Reply(tuple(names))
    return Reply((Say("Done.", final=True),))


def bodies(playing: Scene, session: SessionId) -> list[bytes]:
    reading = playing.runtime.fleet.reader
    stored = [reading.request(one.id) for one in reading.requests(session)]
    return [body(one.fields, one.items) for one in stored]


async def shop(folder: Path) -> Path:
    await project.make(folder, lambda where, *args: text(where, *args, profile="user"))
    return folder.resolve()


def test_the_first_request_on_the_demo_project_is_small(tmp_path: Path):
    async def story() -> None:
        repository = await shop(tmp_path / "shop")
        task = "The total is one cent off for some carts. Find out why and fix it, with a test."
        async with scene(tmp_path / "home", {"m": reads_a_skill}) as playing:
            session = await playing.start(repository, "m", task=task)
            await playing.status(session, "idle")
            first = bodies(playing, session)[0]
            print(f"first body: {len(first):,} bytes")
            assert len(first) <= 12 * 1024

    asyncio.run(story())


def test_guides_are_told_first_and_a_change_is_appended_with_the_next_request(tmp_path: Path):
    asyncio.run(told(tmp_path))


async def told(tmp_path: Path) -> None:
    repository = await shop(tmp_path / "shop")
    write(repository, "AGENTS.md", "Use tabs.\n" + "x" * 40_000)
    skill = "---\nname: release\ndescription: How a release is made.\n---\nTag it first."
    write(repository, ".agents/skills/release/SKILL.md", skill)
    commit(repository, "guides")
    async with scene(tmp_path / "home", {"m": reads_a_skill}) as playing:
        session = await playing.start(repository, "m")
        await playing.status(session, "idle", "done")
        first, *_ = bodies(playing, session)
        assert b"Use tabs." in first
        assert b"How a release is made." in first
        assert b"Tag it first." not in first
        (noticed,) = [
            fact for fact in playing.of(session, e.Noticed) if "AGENTS.md was cut" in fact.text
        ]
        assert noticed.level == "warning"
        # Both read side by side, so either may end first.
        wished = [asked.call for asked in playing.of(session, e.CallRequested)]
        ended = {end.call: end for end in playing.of(session, e.CallEnded)}
        good, bad = (ended[call] for call in wished)
        assert good.status == "done" and "Tag it first." in good.result
        assert bad.status == "failed" and "no skill 'nothing'" in bad.result
        assert not playing.of(session, e.ApprovalRequested), "reading a skill asks nobody"

        write(Path(playing.state(session).workspace.path), "AGENTS.md", "Use blanks.")
        await playing.give(o.Say, session, text="And now?")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        before, last = bodies(playing, session)[-2:]
        assert last.startswith(before.removesuffix(b"]}")), "nothing that was sent is edited"
        new = [json.loads(item) for item in playing.runtime.fleet.reader.request(
            playing.runtime.fleet.reader.requests(session)[-1].id).items][-2:]  # fmt: skip
        assert "Use blanks." in new[0]["content"][0]["text"]
        assert new[1]["content"][0]["text"] == "And now?"
