"""Pictures, end to end: who gets them, what is stored, and what a model that is blind means."""

import asyncio
import json
from pathlib import Path

from agents.models.test_provider_scenes import turned
from kit.lawful import check_laws, check_results, facts_of
from kit.pictures import png
from kit.repositories import commit, plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId, sha_of
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.loop import recover
from steerdeck_agents.loop.prompt import Held, Prompt
from steerdeck_agents.loop.request import body
from steerdeck_agents.loop.window import PICTURE_TOKENS, tokens
from steerdeck_agents.models.scripted import Call, Conversation, Refuse, Reply, Say

NOISE = b"".join(number.to_bytes(4, "big") for number in range(60_000))
CHAT = '[[models]]\nname = "c"\nmodel = "m"\nbase_url = "URL"\napi = "chat"\n'
BLIND = '[[models]]\nname = "blind"\nmodel = "m"\nbase_url = "URL"\napi = "responses"\n'


def looker(talk: Conversation) -> Reply:
    """Looks at the picture once, then says how many it sees."""
    if "<summarize>" in talk.note:
        return Reply((Say("A picture was looked at."),))
    if not talk.calls and "look" in talk.task:
        return Reply((Say("I look."), Call("read_file", {"path": "shot.png"})))
    return Reply((Say(f"I see {talk.pictures}.", final=True),))


def strict(talk: Conversation) -> Reply | Refuse:
    if talk.pictures:
        message = "Invalid content type. image_url is only supported by certain models."
        return Refuse(400, message)
    return looker(talk)


def gallery(folder: Path) -> Path:
    plain(folder)
    (folder / "shot.png").write_bytes(png(noise=NOISE))
    commit(folder, "a picture")
    return folder.resolve()


def results(playing: Scene, session: SessionId) -> list[str]:
    found = playing.of(session, e.CallEnded)
    return [event.result for event in found if isinstance(event, e.CallEnded)]


def test_a_model_that_sees_gets_the_picture_and_its_bytes_are_kept_once(tmp_path: Path):
    async def story() -> None:
        repository = gallery(tmp_path / "repository")
        more = f"images = true\n{CHAT}images = true\n"
        async with scene(tmp_path / "home", {"m": looker}, more=more) as playing:
            session = await playing.start(repository, "m", "look")
            await turned(playing, session)
            assert playing.state(session).last_words == "I see 1."
            reader = playing.runtime.fleet.reader
            check_laws(reader, playing.state(session))
            check_kept(playing, session)
            await playing.give(o.Configure, session, model="c")
            await playing.give(o.Say, session, text="And now?")
            await turned(playing, session, 2)
            assert playing.state(session).last_words == "I see 1."

    asyncio.run(story())


def check_kept(playing: Scene, session: SessionId) -> None:
    """After a kill between the call's end and the next request its item is the same."""
    reader = playing.runtime.fleet.reader
    facts = facts_of(reader, session)
    (ended,) = [fact for fact in facts if isinstance(fact, e.CallEnded)]
    stored = reader.prompt(session)
    (item,) = [one for one in stored if one.kind == "function_call_output"]
    assert ended.given == item.sha
    assert json.loads(item.text)["output"][1]["image_url"].startswith("data:image/png;base64,")
    assert PICTURE_TOKENS <= tokens([item.text]) < PICTURE_TOKENS + 100
    state = fold([fact for fact in facts if fact.seq <= ended.seq])
    held = [Held(one.sha, one.text, one.origin, one.kind) for one in stored]
    prompt = Prompt(session, 0, held[: state.prompt_items])
    owed = prompt.outputs_owed(recover.load_results(reader, state, prompt))
    assert owed == [(item.text, "tool", "function_call_output")]
    prompt.keep(prompt.stage(*owed))
    assert not prompt.ready and prompt.pictured
    size = playing.paths.journal.stat().st_size
    assert size < 2 * len(item.text), "the bytes of the picture are kept more than once"


def test_a_model_of_which_nothing_is_known_gets_a_description(tmp_path: Path):
    async def story() -> None:
        repository = gallery(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": looker}) as playing:
            session = await playing.start(repository, "m", "look")
            await turned(playing, session)
            assert playing.state(session).last_words == "I see 0."
            (told,) = results(playing, session)
            assert "PNG, 3 × 2 pixels" in told and "takes no pictures" in told

    asyncio.run(story())


def test_a_switch_to_a_blind_model_parks_until_the_pictures_are_compacted_away(tmp_path: Path):
    async def story() -> None:
        repository = gallery(tmp_path / "repository")
        more = f"images = true\n{BLIND}"
        async with scene(tmp_path / "home", {"m": looker}, more=more) as playing:
            session = await playing.start(repository, "m", "look")
            await turned(playing, session)
            await playing.give(o.Configure, session, model="blind")
            await playing.give(o.Say, session, text="And now?")
            state = await playing.status(session, "parked")
            assert "holds pictures" in state.reason
            await compacted(playing, session, turns=2)

    asyncio.run(story())


def test_a_server_that_refuses_pictures_parks_the_session_and_is_given_no_more(tmp_path: Path):
    async def story() -> None:
        repository = gallery(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": strict}, more="images = true\n") as playing:
            session = await playing.start(repository, "m", "look")
            state = await playing.status(session, "parked")
            assert "holds pictures" in state.reason
            said = [one.text for one in playing.of(session, e.Noticed)]
            assert any("takes no pictures" in text for text in said)
            await compacted(playing, session, turns=1)
            again = await playing.start(repository, "m", "look")
            await turned(playing, again)
            assert "takes no pictures" in results(playing, again)[0]

    asyncio.run(story())


async def compacted(playing: Scene, session: SessionId, turns: int) -> None:
    """The parked session goes on in a window without pictures, by the laws."""
    await playing.give(o.Resume, session)
    assert (await turned(playing, session, turns)).status == "completed"
    assert playing.state(session).last_words == "I see 0."
    reader = playing.runtime.fleet.reader
    sent = {one.request: one for one in playing.of(session, e.RequestSent)}
    for listed in reader.requests(session):
        stored = reader.request(listed.id)
        assert sha_of(body(stored.fields, stored.items)) == sent[stored.id].body
        check_results(stored.items)
    assert not any('"input_image"' in item for item in stored.items)
