"""Compaction, end to end: when it comes, what it keeps, and that it never runs away."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.demo import commands, project
from steerdeck_agents.demo.scripts import SCRIPTS
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import RandomIds, SessionId, sha_of
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_agents.journal.reader import StoredItem, StoredRequest
from steerdeck_agents.loop.request import body
from steerdeck_agents.models.scripted import Call, Conversation, Refuse, Reply, Say, Script, Think
from steerdeck_agents.workspace.git import text

SUMMARY = "The developer wants page after page read; so far the pages were dull."
WORLD = ["instructions", "world.environment", "world.mode", "world.instructions"]
Answer = Callable[[Conversation], Reply | Refuse]


def reader(pages: int, summary: Answer | None = None) -> Script:
    """Reads `pages` files after each message, one a response, then says so."""

    def play(talk: Conversation) -> Reply | Refuse:
        if "<summarize>" in talk.note:
            return summary(talk) if summary else Reply((Think("Hm."), Say(SUMMARY)))
        names = [call.id for call in talk.calls]
        last = max((int(name.split("_")[2]) for name in names), default=0)
        if last and last % pages == 0 and f"msg_{last}" not in talk.messages:
            return Reply((Say(f"Read {last} pages.", id=f"msg_{last}", final=True),))
        number = last + 1
        call = Call("read_file", {"path": f"pages/{number % 10}.txt"}, f"call_{talk.salt}_{number}")
        return Reply((Think(f"Page {number}."), Say(f"I read page {number}."), call))

    return play


def book(folder: Path, size: int = 4_000) -> Path:
    """A repository with ten pages of about `size` bytes."""
    plain(folder)
    for number in range(10):
        write(folder, f"pages/{number}.txt", f"Page {number} is dull.\n" * (size // 17))
    write(folder, "AGENTS.md", "Always be patient with dull pages.")
    commit(folder, "pages")
    return folder


def limit(playing: Scene, tokens: int, more: str = "") -> None:
    """The models of this scene read so many tokens."""
    config = playing.paths.config_file.read_text()
    api = 'api = "scripted"\n'
    playing.paths.config_file.write_text(config.replace(api, f"{api}window = {tokens}\n{more}"))


def compactions(playing: Scene, session: SessionId) -> list[e.WindowCompacted]:
    return [
        fact
        for fact in playing.of(session, e.WindowCompacted)
        if isinstance(fact, e.WindowCompacted)
    ]


def requests(playing: Scene, session: SessionId) -> list[tuple[e.RequestSent, StoredRequest]]:
    reading = playing.runtime.fleet.reader
    sent = {fact.request: fact for fact in playing.of(session, e.RequestSent)}
    return [(sent[one.id], reading.request(one.id)) for one in reading.requests(session)]


def window_of(playing: Scene, session: SessionId, number: int) -> list[StoredItem]:
    return playing.runtime.fleet.reader.prompt(session, number)


def check_laws(playing: Scene, session: SessionId) -> None:
    """Bodies rebuilt, prompts that only grow within a window, one result for each call."""
    before: dict[int, tuple[str, ...]] = {}
    for sent, stored in requests(playing, session):
        assert sha_of(body(stored.fields, stored.items)) == sent.body
        assert len(stored.items) == sent.items
        grown = before.get(stored.window, ())
        if sent.compacts:
            shared = min(len(grown), len(stored.items) - 1)
            assert stored.items[:shared] == grown[:shared]
        else:
            assert stored.items[: len(grown)] == grown
            before[stored.window] = stored.items
        assert len({other.fields for _, other in requests(playing, session)}) == 1
        open_calls: list[str] = []
        for item in map(json.loads, stored.items):
            if item["type"] == "function_call":
                open_calls.append(item["call_id"])
            elif item["type"] == "function_call_output":
                open_calls.remove(item["call_id"])
        assert not open_calls
    requested = [fact.call for fact in playing.of(session, e.CallRequested)]
    ended = [fact.call for fact in playing.of(session, e.CallEnded)]
    assert sorted(map(str, requested)) == sorted(map(str, ended))
    assert len(requested) == len(set(requested))


def check_new_window(playing: Scene, session: SessionId, fact: e.WindowCompacted) -> None:
    """What a new window must hold."""
    old, new = (window_of(playing, session, number) for number in (fact.old, fact.new))
    origins = [item.origin for item in new]
    assert origins[:4] == WORLD
    assert origins.count("harness.summary") == 1
    texts = [item.text for item in new]
    words = [item.text for item in old if item.origin == "developer"]
    assert words[0] in texts, "the task is kept"
    assert words[-1] in texts, "the last words are kept"
    assert any("Always be patient with dull pages." in text for text in texts)
    (told,) = [item.text for item in new if item.origin == "harness.summary"]
    shown = json.loads(told)["content"][0]["text"]
    assert fact.summary in shown


def test_a_full_window_is_compacted_and_the_work_goes_on(tmp_path: Path):
    asyncio.run(full_window(tmp_path))


async def full_window(tmp_path: Path) -> None:
    repository = book(tmp_path / "repository")
    async with scene(tmp_path / "home", {"m": reader(12)}) as playing:
        limit(playing, 12_000)
        session = await playing.start(repository, "m", task="Read the pages.")
        await playing.status(session, "idle")
        await playing.give(o.Say, session, text="Read on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        facts = compactions(playing, session)
        assert len(facts) >= 2
        for fact in facts:
            assert (fact.reason, fact.problem, fact.summary) == ("share", "", SUMMARY)
            assert fact.new == fact.old + 1
            assert fact.tokens_before >= 0.8 * 12_000 > fact.tokens_after
            assert fact.kept_calls >= 1
            assert fact.dropped_calls >= 1
            check_new_window(playing, session, fact)
        check_laws(playing, session)
        assert playing.state(session).window == facts[-1].new
        transcript = Transcript()
        for event in playing.of(session):
            transcript.add(event)
        marks = [
            entry.text
            for entry in transcript.entries.values()
            if "compacted:" in getattr(entry, "text", "")
        ]
        assert len(marks) == len(facts)
        assert "≈" in marks[0]
        assert "all still searchable" in marks[0]
        found = playing.runtime.fleet.reader.search("pages/1.txt")
        assert any(hit.type == "call.requested" for hit in found)
        assert playing.runtime.fleet.reader.search("so far the pages were dull")
        assert playing.runtime.fleet.reader.check() == []


def test_the_words_for_a_summary_are_no_words_of_the_agent(tmp_path: Path):
    async def story() -> None:
        repository = book(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": reader(4)}) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "idle")
            await playing.give(o.Compact, session)
            await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
            said = [fact.text for fact in playing.of(session, e.ItemEnded, e.TextAdded)]
            assert SUMMARY not in "".join(said)

    asyncio.run(story())


def test_on_order_a_window_is_compacted_and_twice_in_a_row_is_refused(tmp_path: Path):
    asyncio.run(on_order(tmp_path))


async def on_order(tmp_path: Path) -> None:
    repository = book(tmp_path / "repository")
    async with scene(tmp_path / "home", {"m": reader(6)}) as playing:
        session = await playing.start(repository, "m", task="Read the pages.")
        await playing.status(session, "idle")
        await playing.give(o.Compact, session)
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        (fact,) = compactions(playing, session)
        assert fact.reason == "order"
        check_new_window(playing, session, fact)
        state = playing.state(session)
        assert (state.status, state.compaction, state.fresh_window) == ("idle", "", True)
        assert state.context == fact.tokens_after < fact.tokens_before
        with pytest.raises(OrderRefused, match="nothing to compact"):
            await playing.give(o.Compact, session)
        await playing.give(o.Say, session, text="Read on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 3)
        assert len(compactions(playing, session)) == 1
        check_laws(playing, session)
        turns = [fact.trigger for fact in playing.of(session, e.TurnStarted)]
        assert turns == ["message", "compaction", "message"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (lambda talk: Reply((Call("read_file", {"path": "readme.md"}),)), "gave none"),
        (lambda talk: Reply(()), "none"),
        (lambda talk: Refuse(400, "No summaries today.", "invalid_prompt"), "No summaries today"),
        (lambda talk: Refuse(400, "Too long.", "context_length_exceeded"), "no longer fits"),
    ],
)
def test_without_a_summary_of_the_model_one_is_made_and_said(
    tmp_path: Path, answer: Answer, problem: str
):
    asyncio.run(mechanical(tmp_path, answer, problem))


async def mechanical(tmp_path: Path, answer: Answer, problem: str) -> None:
    repository = book(tmp_path / "repository")
    async with scene(tmp_path / "home", {"m": reader(6, answer)}) as playing:
        limit(playing, 9_000)
        session = await playing.start(repository, "m", task="Read the pages.")
        await playing.status(session, "idle")
        (fact, *_) = compactions(playing, session)
        assert problem in fact.problem
        assert "pages/1.txt" in fact.summary
        check_new_window(playing, session, fact)
        check_laws(playing, session)
        transcript = Transcript()
        (name,) = transcript.add(fact)
        assert "not the model's" in transcript.entries[name].text


def test_a_prompt_that_no_longer_fits_is_compacted_and_asked_again(tmp_path: Path):
    def narrow(talk: Conversation) -> Reply | Refuse:
        if talk.bytes > 36_000:
            return Refuse(400, "Too many tokens.", "context_length_exceeded")
        return reader(8)(talk)

    async def story() -> None:
        repository = book(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": narrow}) as playing:
            session = await playing.start(repository, "m", task="Read the pages.")
            await playing.status(session, "idle", "failed", "parked")
            assert playing.state(session).status == "idle"
            facts = compactions(playing, session)
            assert [fact.reason for fact in facts] == ["overflow"] * len(facts) != []
            assert facts[0].summary == SUMMARY, "the part that was read before is summarised"
            (told,) = [
                item.text
                for item in window_of(playing, session, 1)
                if item.origin == "harness.summary"
            ]
            assert "not in the summary above" in told or facts[0].kept_calls
            check_laws(playing, session)

    asyncio.run(story())


def test_compaction_that_does_not_help_parks_the_session(tmp_path: Path):
    def never(talk: Conversation) -> Reply | Refuse:
        return Refuse(400, "Too many tokens.", "context_length_exceeded")

    async def story() -> None:
        repository = book(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": never}) as playing:
            session = await playing.start(repository, "m")
            state = await playing.status(session, "parked", "failed")
            assert state.status == "parked"
            assert "Even compacted" in state.reason
            assert len(compactions(playing, session)) == 1
            await playing.give(o.Resume, session)
            await playing.until(lambda: len(playing.of(session, e.SessionParked)) == 2)
            assert len(compactions(playing, session)) == 1, "it is not tried again and again"

    asyncio.run(story())


def test_a_new_window_that_is_full_at_once_parks_the_session(tmp_path: Path):
    async def story() -> None:
        repository = book(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": reader(6)}) as playing:
            limit(playing, 9_000)
            task = "Read the pages. " + "And be thorough. " * 1_600
            session = await playing.start(repository, "m", task=task)
            state = await playing.status(session, "parked", "idle")
            assert state.status == "parked"
            assert "Even compacted" in state.reason
            assert len(compactions(playing, session)) == 1
            assert state.turn is not None

    asyncio.run(story())


def test_an_interrupted_compaction_leaves_the_old_window_as_it_was(tmp_path: Path):
    async def story() -> None:
        stuck = Reply((Say(SUMMARY),), broken="stall", after=3)
        repository = book(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": reader(3, lambda talk: stuck)}) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "idle")
            before = [item.sha for item in window_of(playing, session, 0)]
            await playing.give(o.Compact, session)
            await playing.until(
                lambda: any(fact.compacts for fact in playing.of(session, e.RequestSent))
            )
            await playing.give(o.Interrupt, session)
            state = await playing.status(session, "interrupted")
            assert (state.window, state.compaction) == (0, "")
            assert [item.sha for item in window_of(playing, session, 0)][: len(before)] == before
            await playing.give(o.Say, session, text="Go on.")
            await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 3)
            asked = [stored for sent, stored in requests(playing, session) if sent.compacts]
            assert len(asked) == 1
            assert not any("<summarize>" in item.text for item in window_of(playing, session, 0))
            check_laws(playing, session)

    asyncio.run(story())


def test_after_a_crash_a_session_is_in_the_old_window_or_in_the_new_one(tmp_path: Path):
    asyncio.run(cut_anywhere(tmp_path))


async def cut_anywhere(tmp_path: Path) -> None:
    """Every commit around a compaction is a place where the runtime may have died."""
    repository = book(tmp_path / "repository")
    async with scene(tmp_path / "home", {"m": reader(6)}) as playing:
        limit(playing, 9_000)
        session = await playing.start(repository, "m")
        await playing.status(session, "idle")
        events = playing.of(session)
        (fact, *_) = compactions(playing, session)
        stored = {
            item.seq: item for number in (0, 1) for item in window_of(playing, session, number)
        }
        with closing(sqlite3.connect(playing.paths.journal)) as database:
            ends = [row[0] for row in database.execute("select last_seq from batch")]
    near = [seq for seq in ends if fact.seq - 40 < seq < fact.seq + 60]
    assert len(near) > 3
    for end in near:
        state = fold(event for event in events if event.seq <= end)
        items = [stored[seq] for seq in sorted(stored) if seq <= end]
        here = [item for item in items if item.seq > fact.seq] if state.window else items
        assert state.window == (1 if end > fact.seq else 0)
        assert state.prompt_items == len(here), "the new window came whole, or not at all"
        if state.window:
            assert state.fresh_window or end > fact.seq
            assert "harness.summary" in [item.origin for item in here]


def test_a_restarted_runtime_goes_on_in_the_new_window(tmp_path: Path):
    asyncio.run(restarted(tmp_path))


async def restarted(tmp_path: Path) -> None:
    repository = book(tmp_path / "repository")
    async with scene(tmp_path / "home", {"m": reader(6)}) as playing:
        limit(playing, 9_000)
        session = await playing.start(repository, "m")
        await playing.status(session, "idle")
        number = compactions(playing, session)[-1].new
    async with scene(tmp_path / "home", {"m": reader(6)}, ids=RandomIds()) as playing:
        assert playing.state(session).window == number
        await playing.give(o.Say, session, text="Read on.")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        pages = playing.runtime.fleet.reader.events(session, limit=100_000)
        playing.events[:] = [e.decode(text) for text in pages]
        check_laws(playing, session)


def test_a_long_prompt_nobody_needs_is_compacted_when_that_is_configured(tmp_path: Path):
    async def story() -> None:
        repository = book(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": reader(6)}) as playing:
            limit(playing, 14_000, "compact_idle = 0.1\n")
            session = await playing.start(repository, "m", task="Read the pages.")
            await playing.until(lambda: compactions(playing, session))
            (fact,) = compactions(playing, session)
            assert fact.reason == "idle"
            await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
            check_new_window(playing, session, fact)
            await asyncio.sleep(0.3)
            assert len(compactions(playing, session)) == 1

    asyncio.run(story())


def test_a_session_of_the_demo_goes_on_where_it_was(tmp_path: Path):
    asyncio.run(demo_goes_on(tmp_path))


async def demo_goes_on(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    await project.make(shop, lambda where, *args: text(where, *args, profile="user"))
    models = {"fix": SCRIPTS["scripted-fix-rounding"]}
    allowed = dict.fromkeys(commands.RULES, shop)
    async with scene(tmp_path / "home", models, allowed=allowed, pace=400) as playing:
        session = await playing.start(shop, "fix")
        await playing.until(lambda: len(playing.of(session, e.CallEnded)) >= 3)
        while not playing.of(session, e.CompactionOrdered):
            await playing.until(lambda: not any(c.started for c in playing.state(session).calls))
            with contextlib.suppress(OrderRefused):
                await playing.give(o.Compact, session)
                break
        await playing.until(lambda: compactions(playing, session))
        await playing.status(session, "done")
        (fact,) = compactions(playing, session)
        assert fact.problem == ""
        calls = [(c.tool, c.arguments) for c in playing.of(session, e.CallRequested)]
        once = [call for call in calls if call[0] != "shell"]
        assert len(once) == len(set(once)), "nothing is done a second time"
        assert all(c.status != "failed" or c.exit_code for c in playing.of(session, e.CallEnded))
        check_laws(playing, session)
