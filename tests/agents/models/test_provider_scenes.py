"""Whole sessions with servers of every kind: what is sent, how turns end, what is said of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from agents.models.test_wild import COMPLETED, said
from agents.models.wild_server import Wild, WildServer, error, event, wild
from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.requests import Ending
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import serve
from steerdeck_agents.runtime import wire

Story = Callable[[WildServer, Scene, Path], Awaitable[None]]
Answers = dict[str, Wild | list[Wild]]


def play(tmp_path: Path, answers: Answers, story: Story, more: str = "") -> None:
    """A runtime whose model `w` is at a server with these answers."""

    async def whole() -> None:
        repository = plain(tmp_path / "repository")
        async with wild(answers) as server, scene(tmp_path / "home", {}) as playing:
            playing.paths.config_file.write_text(
                f'[[models]]\nname = "w"\nmodel = "m"\nbase_url = "{server.url}"\n'
                + more.replace("URL", server.url)
            )
            await story(server, playing, repository)

    asyncio.run(whole())


def ended(playing: Scene, session: SessionId) -> list[e.TurnEnded]:
    return [event for event in playing.of(session, e.TurnEnded) if isinstance(event, e.TurnEnded)]


def endings(playing: Scene, session: SessionId) -> list[Ending]:
    found = playing.of(session, e.RequestEnded)
    return [event.ending for event in found if isinstance(event, e.RequestEnded)]


def notices(playing: Scene, session: SessionId) -> str:
    found = playing.of(session, e.Noticed)
    return "\n".join(event.text for event in found if isinstance(event, e.Noticed))


async def turned(playing: Scene, session: SessionId, times: int = 1) -> e.TurnEnded:
    await playing.until(lambda: len(ended(playing, session)) >= times)
    return ended(playing, session)[-1]


def partial(reason: str) -> Wild:
    response = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    last = event({"type": "response.incomplete", "response": response})
    return Wild(parts=[*said("responses", "Half of")[:2], last])


def test_a_session_works_through_chat_completions_alone(tmp_path: Path):
    def script(talk: Conversation) -> Reply:
        if not talk.calls:
            return Reply((Say("I look."), Call("list_files", {}), Call("read_file", {"path": "x"})))
        return Reply((Say(f"There were {len(talk.calls)} calls.", final=True),))

    async def story() -> None:
        repository = plain(tmp_path / "repository")
        server = await serve({"m": script}, pace=0)
        async with scene(tmp_path / "home", {}) as playing:
            playing.paths.config_file.write_text(
                f'[[models]]\nname = "c"\nmodel = "m"\nbase_url = "{server.url}"\napi = "chat"\n'
            )
            session = await playing.start(repository, "c")
            assert (await turned(playing, session)).status == "completed"
            assert len(playing.of(session, e.CallEnded)) == 2
            assert playing.state(session).last_words == "There were 2 calls."
            assert playing.state(session).usage.output > 0
            assert not playing.state(session).usage.priced
            await playing.give(o.Say, session, text="Again.")
            assert (await turned(playing, session, 2)).status == "completed"
        await server.close()

    asyncio.run(story())


def test_a_refused_parameter_is_left_out_at_once_and_said(tmp_path: Path):
    answers: Answers = {
        "/responses": [
            error(400, "Unsupported parameter: 'store'", param="store"),
            error(400, "Unknown parameter: 'include'", param="include"),
            Wild(parts=said("responses")),
        ]
    }

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "w")
        assert (await turned(playing, session)).status == "completed"
        sent = [{"store", "include"} & body.keys() for body in server.bodies()]
        assert sent == [{"store", "include"}, {"include"}, set()]
        assert "'store', which is left out" in notices(playing, session)
        assert len(playing.of(session, e.RequestSent)) == 3
        await playing.give(o.Say, session, text="Again.")
        await turned(playing, session, 2)
        assert len(server.asked) == 4
        kept = (playing.paths.cache / "providers.json").read_text()
        assert json.loads(kept)[server.url]["drops"] == {"": ["include", "store"]}

    play(tmp_path, answers, story)


def test_a_refusal_ends_the_turn_by_that_name_and_is_never_asked_again(tmp_path: Path):
    part = {"type": "refusal", "refusal": "I won't."}
    item = {"type": "message", "role": "assistant", "content": [part]}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    answers: Answers = {"/responses": Wild(parts=[event(done), event(COMPLETED)])}

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "w")
        last = await turned(playing, session)
        assert last.status == "refused"
        assert "refused" in last.error
        assert endings(playing, session) == ["refused"]
        assert len(server.asked) == 1
        assert playing.state(session).status == "failed"

    play(tmp_path, answers, story)


def test_an_answer_that_was_cut_off_goes_on_once(tmp_path: Path):
    answers: Answers = {"/responses": [partial("max_output_tokens"), Wild(parts=said("responses"))]}

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "w")
        assert (await turned(playing, session)).status == "completed"
        assert endings(playing, session) == ["cut_off", ""]
        _, second = server.bodies()
        *_, words, note = second["input"]
        assert words["content"][0]["text"] == "Half of"
        assert "cut off" in note["content"][0]["text"]

    play(tmp_path, answers, story)


def test_an_answer_that_is_cut_off_again_ends_the_turn(tmp_path: Path):
    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "w")
        last = await turned(playing, session)
        assert last.status == "failed"
        assert "limit of output tokens" in last.error
        assert len(server.asked) == 2

    play(tmp_path, {"/responses": partial("max_output_tokens")}, story)


def test_calls_of_an_answer_that_was_cut_off_never_start(tmp_path: Path):
    call = {"type": "function_call", "call_id": "c", "name": "list_files", "arguments": "{}"}
    done = event({"type": "response.output_item.done", "output_index": 0, "item": call})
    response = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    last = event({"type": "response.incomplete", "response": response})
    answers: Answers = {"/responses": [Wild(parts=[done, last]), Wild(parts=said("responses"))]}

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "w")
        assert (await turned(playing, session)).status == "completed"
        assert playing.of(session, e.CallRequested) == []
        _, second = server.bodies()
        assert "function_call" not in [item.get("type") for item in second["input"]]

    play(tmp_path, answers, story)


def test_a_filtered_or_an_empty_answer_ends_by_its_name(tmp_path: Path):
    answers: Answers = {"/responses": [partial("content_filter"), Wild(parts=[event(COMPLETED)])]}

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "w")
        last = await turned(playing, session)
        assert (last.status, "content filter" in last.error) == ("refused", True)
        await playing.give(o.Say, session, text="Say it differently.")
        last = await turned(playing, session, 2)
        assert (last.status, last.error) == ("failed", "The model answered with nothing.")
        assert endings(playing, session) == ["filtered", "empty"]

    play(tmp_path, answers, story)


def test_another_model_and_effort_hold_from_the_next_turn_on(tmp_path: Path):
    sealed = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "x"}
    thought = event({"type": "response.output_item.done", "output_index": 9, "item": sealed})
    answers: Answers = {"/responses": Wild(parts=[thought, *said("responses")])}
    other = (
        '[[models]]\nname = "other"\nmodel = "n"\nbase_url = "URL"\n[models.prices]\ninput = 2\n'
    )

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "w")
        await turned(playing, session)
        page = await playing.client.ask(wire.Switch(session, "other"), wire.SwitchPage)
        assert page.dollars == page.tokens * 2 / 1_000_000
        assert page.saved is None
        await playing.give(o.Configure, session, model="other", effort="high")
        await playing.give(o.Say, session, text="Go on.")
        await turned(playing, session, 2)
        first, second = server.bodies()
        assert (first["model"], second["model"]) == ("m", "n")
        assert "reasoning" not in first
        assert second["reasoning"]["effort"] == "high"
        kinds = [item.get("type") for item in second["input"]]
        assert "reasoning" not in kinds, "sealed by the model that made it"
        assert playing.state(session).effort == "high"

    play(tmp_path, answers, story, other + "output = 4\n")


def test_a_server_of_this_machine_is_found_and_its_model_can_be_taken(tmp_path: Path):
    listing = json.dumps({"data": [{"id": "qwen3:8b"}, {"id": "nomic-embed-text"}]}).encode()
    answers: Answers = {
        "/models": Wild(200, "application/json", [listing]),
        "/chat/completions": Wild(parts=said("chat")),
    }

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        playing.paths.config_file.write_text(
            f'[local]\nollama = "{server.url}"\nvllm = "http://127.0.0.1:1/v1"\n'
        )
        look = await playing.client.ask(wire.Look(str(repository)), wire.Outlook)
        assert [(line.name, line.input_price) for line in look.models] == [
            ("ollama/qwen3:8b", None)
        ]
        assert look.model_problem == ""
        session = await playing.start(repository, "ollama/qwen3:8b")
        assert (await turned(playing, session)).status == "completed"
        assert server.bodies()[-1]["model"] == "qwen3:8b"
        assert "asked through Chat Completions" in notices(playing, session)

    play(tmp_path, answers, story)


def test_a_key_that_a_command_prints_is_sent_and_stays_in_memory(tmp_path: Path):
    text = (
        '[[models]]\nname = "k"\nmodel = "m"\nbase_url = "URL"\nkey_command = "cat KEY; echo 2"\n'
    )
    secret = tmp_path / "key"
    secret.write_text("sk-printed\nuser: me\n")

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "k")
        assert (await turned(playing, session)).status == "completed"
        assert server.asked[0][1]["authorization"] == "Bearer sk-printed"
        kept = [path for path in playing.paths.data.parent.rglob("*") if path.is_file()]
        assert not [path for path in kept if b"sk-printed" in path.read_bytes()]

    answers: Answers = {"/responses": Wild(parts=said("responses"))}
    play(tmp_path, answers, story, text.replace("KEY", str(secret)))


def test_who_resumes_a_session_has_its_key_printed_anew(tmp_path: Path):
    text = '[[models]]\nname = "k"\nmodel = "m"\nbase_url = "URL"\nkey_command = "cat KEY"\n'
    secret = tmp_path / "key"
    secret.write_text("sk-before\n")

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "k")
        await turned(playing, session)
        secret.write_text("sk-renewed\n")
        await playing.give(o.Resume, session)
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        assert server.asked[-1][1]["authorization"] == "Bearer sk-renewed"

    answers: Answers = {"/responses": Wild(parts=said("responses"))}
    play(tmp_path, answers, story, text.replace("KEY", str(secret)))


def test_who_resumes_a_session_while_it_is_made_ready_is_heard_all_the_same(tmp_path: Path):
    text = (
        '[[models]]\nname = "k"\nmodel = "m"\nbase_url = "URL"\n'
        'key_command = "cat KEY; touch ASKED; until test -e GO; do sleep 0.01; done"\n'
    )
    secret, asked, go = (tmp_path / name for name in ("key", "asked", "go"))
    secret.write_text("sk-before\n")

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "k")
        while not asked.exists():
            await asyncio.sleep(0.01)
        secret.write_text("sk-renewed\n")
        await playing.give(o.Resume, session)
        go.touch()
        await turned(playing, session)
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        assert server.asked[-1][1]["authorization"] == "Bearer sk-renewed"

    for name, place in (("KEY", secret), ("ASKED", asked), ("GO", go)):
        text = text.replace(name, str(place))
    play(tmp_path, {"/responses": Wild(parts=said("responses"))}, story, text)


def test_a_key_command_that_fails_parks_the_session_with_a_sentence(tmp_path: Path):
    text = '[[models]]\nname = "k"\nmodel = "m"\nkey_command = "echo x >&2; exit 3"\n'

    async def story(server: WildServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "k")
        state = await playing.status(session, "parked")
        assert "The key_command of k ended with exit code 3." in state.reason
        assert server.asked == []

    play(tmp_path, {}, story, text)
