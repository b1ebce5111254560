"""The table of faults is whole, and of each claim in it a fast sample holds."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from kit import sealed
from kit.repositories import plain
from kit.scene import scene
from kit.shop import shop
from prove import clocks, flaps, fuzz, instances, replays, storming, week
from prove.claim import Claim, Counted, Tally, world
from prove.faults import FAULTS, table
from prove.run import CLAIMS, count
from steerdeck_agents.facts import events as e
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.sandbox import descendants


def holds(tally: Tally) -> None:
    assert tally.counted == tally.wanted > 0, tally.notes


def test_each_fault_stands_once_in_the_table_with_claims_that_there_are():
    ids = [fault.id for fault in FAULTS]
    assert ids == [f"R{number:02}" for number in range(1, 25)]
    names = [claim.name for claim in CLAIMS]
    assert len(names) == len(set(names))
    assert [name for fault in FAULTS for name in fault.claims if name not in names] == []


def test_the_table_says_what_was_tried_lost_and_run_twice():
    done = Counted(3, 3, lost=0, twice=0).of(1000)
    rows = {row[:3]: row for row in table({"runtime": done, "goals": Counted(9, 10), "deck": done})}
    assert rows["R02"].split()[1:4] == ["1,000", "0", "0"]
    assert rows["R01"].split()[1:4] == ["1,010", "0", "0"]
    assert "not counted: random" in rows["R01"] and "does not hold: goals" in rows["R01"]
    assert rows["R16"].split()[1:4] == ["0", "-", "-"]


def test_a_claim_that_takes_too_long_costs_only_itself(tmp_path: Path):
    slow = count(Claim("slow", "it ends", Counted), tmp_path, 0.01)
    assert not slow.holds
    assert slow.notes[0].startswith("it took longer than 0.01 s and was ended: ")


def test_clocks_that_jump_move_nothing():
    holds(asyncio.run(clocks.jumps(4, 1)))


def test_a_runtime_that_slept_asks_its_model_once_more(short_folder: Path):
    holds(asyncio.run(clocks.sleeps(short_folder, 1)))


def test_a_network_that_breaks_costs_no_turn(tmp_path: Path):
    tally, tried = asyncio.run(flaps.broken(tmp_path, flaps.BREAKS, 12, 1))
    holds(tally)
    assert (tried.total(), tally.lost, tally.twice) == (12, 0, 0)


def test_a_stream_that_stops_is_asked_again(tmp_path: Path):
    tally, tried = asyncio.run(flaps.broken(tmp_path, flaps.STOPS, 3, 1, flaps.SILENCE_S, 1))
    holds(tally)
    assert tried.total() == 3


def test_malformed_streams_are_errors_with_a_name_or_answers(tmp_path: Path):
    tally, _ = asyncio.run(fuzz.fuzzed(60, 1))
    holds(tally)
    more = asyncio.run(fuzz.whole_way(tmp_path, 3, 1))
    holds(more)
    assert (more.lost, more.twice) == (0, 0)


def test_a_storm_is_ridden_out():
    tally, _, _ = storming.storms(1.0, (1,))
    holds(tally)


def test_of_many_starts_one_writes():
    with world() as folder:
        holds(instances.started_at_once(folder, 3))


def test_a_week_of_sessions_is_written_and_asked_for():
    with world() as folder:
        where = week.home_at(folder / "s", {}, {})
        written = asyncio.run(week.written(where, 4_000))
        assert written == 4_000
        assert week.damage(where) == []


def hanging(talk: Conversation) -> Reply:
    if any(call.output is not None for call in talk.calls):
        return Reply((Say("Done.", final=True),))
    return Reply((Call("shell", {"command": "sleep 30", "why": "So."}),))


def test_a_command_that_is_killed_alone_says_so_and_the_session_goes_on(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        allowed = {"sleep 30": repository}
        async with scene(tmp_path / "home", {"m": hanging}, allowed=allowed) as playing:
            session = await playing.start(repository, "m")
            await playing.until(lambda: playing.of(session, e.CallStarted))
            while not (found := sleeping()):
                await asyncio.sleep(0.01)
            os.kill(found[0], signal.SIGKILL)
            await playing.status(session, "idle")
            await playing.until(lambda: playing.of(session, e.CallEnded))
            (ended,) = playing.of(session, e.CallEnded)
            assert (ended.status, ended.exit_code) in (("failed", 137), ("failed", None))
            assert "137" in ended.result or "signal 9" in ended.result

    asyncio.run(story())


def sleeping() -> list[int]:
    """Processes below this one that run the command."""
    found = []
    for one in descendants.descendants(os.getpid()):
        with suppress(OSError):
            if Path(f"/proc/{one.pid}/cmdline").read_bytes() == b"sleep\x0030\x00":
                found.append(one.pid)
    return found


@pytest.mark.skipif(not sealed.possible(), reason="the system calls of this machine are not known")
def test_a_replay_draws_the_same_again_and_starts_nothing(tmp_path: Path):
    file = tmp_path / "events.jsonl"
    told = [e.encode(event) for event in shop().events]
    file.write_text("".join(f"{text}\n" for text in told))
    tally = Tally()
    assert replays.replayed(file, [len(told)], tally) > 3
    holds(tally)
