"""Overlaps seen while agents work, and the landing queue with its checks, on real git."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import commit, fingerprint, plain, run, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts import shore_orders as s
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId, ShellId
from steerdeck_agents.facts.shore_page import ShoreLine, ShorePage
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.wire_shore import ShoreOf, Shores

Story = Callable[[Scene, Path, list[SessionId]], Awaitable[None]]
TOTAL = "*** Begin Patch\n*** Update File: src/shop.py\n@@\n-    return sum(items)\n+    {}\n"


def writes(line: str, *more: str):
    """A model that changes the one line of the shop, and adds files of these names."""
    adds = "".join(f"*** Add File: {name}\n+{name}\n" for name in more)
    patch = (TOTAL.format(line) if line else "*** Begin Patch\n") + adds + "*** End Patch\n"

    def play(talk: Conversation) -> Reply:
        if any(call.output is not None for call in talk.calls):
            return Reply((Say("Done.", final=True),))
        return Reply((Call("apply_patch", {"patch": patch}),))

    return play


def play(tmp_path: Path, scripts: dict[str, object], story: Story, **more: object) -> None:
    repository = plain(tmp_path / "repository").resolve()

    async def run_it() -> None:
        async with scene(tmp_path / "home", scripts) as playing:
            playing.runtime.fleet.radar.quiet_s = 0.02
            names = []
            for model in scripts:
                names.append(await playing.start(repository, model, **more))
                await playing.status(names[-1], "done")
            await story(playing, repository, names)

    asyncio.run(run_it())


def depths(playing: Scene, session: SessionId) -> dict[str, str]:
    overlaps = playing.state(session).overlaps
    return {file.path: file.depth for met in overlaps for file in met.files}


def test_two_sessions_on_one_line_are_marked_on_both_before_anything_lands(tmp_path: Path):
    async def story(playing: Scene, repository: Path, names: list[SessionId]) -> None:
        one, two = names
        before = fingerprint(repository)
        await playing.until(lambda: depths(playing, one).get("src/shop.py") == "conflict")
        assert depths(playing, two) == {"src/shop.py": "conflict"}
        (met,) = playing.state(one).overlaps
        assert (met.other, met.files[0].lines[0].first) == (two, 2)
        assert fingerprint(repository) == before
        loose = run(Path(playing.state(one).workspace.path), "count-objects")
        assert loose.startswith("0 objects")
        await playing.give(o.Archive, two)
        await playing.until(lambda: not playing.state(one).overlaps)

    play(tmp_path, {"m": writes("return 1"), "n": writes("return 2", "n.txt")}, story)


def test_one_broken_workspace_keeps_no_merge_of_others_from_being_tried(tmp_path: Path):
    async def story(playing: Scene, repository: Path, names: list[SessionId]) -> None:
        one, two, three = names
        radar = playing.runtime.fleet.radar

        def met(other: SessionId) -> str:
            told = {met.other: met.depth for met in playing.state(one).overlaps}
            return told.get(other, "")

        await playing.until(lambda: met(two) == met(three) == "conflict")
        there = [Path(playing.state(name).workspace.path) for name in names]
        (there[1] / ".git").rename(there[1] / "gone")
        (there[0] / "src/shop.py").write_bytes((there[2] / "src/shop.py").read_bytes())
        await radar.try_merges([(one, two), (one, three)])
        await radar.look()
        assert "conflict" not in (met(two), met(three))

    scripts = {model: writes(f"return {n}") for n, model in enumerate("mno")}
    play(tmp_path, scripts, story)


def test_a_queue_lands_in_order_and_hands_back_what_conflicts(tmp_path: Path):
    async def story(playing: Scene, repository: Path, names: list[SessionId]) -> None:
        _, two, three = names
        for name in names:
            await playing.give(s.QueueLanding, name, how="rebase")
        await playing.until(lambda: playing.of(three, e.WorkLanded))
        assert run(repository, "log", "--format=%s", "-3").splitlines()[2] == "second"
        assert (repository / "three.txt").exists()
        assert "return 1" in (repository / "src/shop.py").read_text()
        assert [len(playing.of(name, e.WorkLanded)) for name in names] == [1, 0, 1]
        (failed,) = playing.of(two, e.LandingFailed)
        assert "src/shop.py" in failed.reason
        (back,) = playing.of(two, e.WorkHandedBack)
        assert back.files == ("src/shop.py",)
        (said,) = [m for m in playing.of(two, e.MessageSent) if m.message == back.message]
        assert "<<<<<<< main\n    return 1\n=======\n    return 2\n>>>>>>> your work" in said.text
        clone = Path(playing.state(two).workspace.path)
        assert run(clone, "rev-parse", "developer/main") == back.commit
        assert run(repository, "log", "-1", "--format=%H", back.commit) == back.commit
        assert [playing.state(name).in_line for name in names] == [None] * 3

    scripts = {
        "m": writes("return 1"), "n": writes("return 2"), "k": writes("", "three.txt"),
    }  # fmt: skip
    play(tmp_path, scripts, story)


def test_work_that_can_t_be_handed_back_is_not_said_to_be(tmp_path: Path):
    async def story(playing: Scene, repository: Path, names: list[SessionId]) -> None:
        (one,) = names
        write(repository, "src/shop.py", "theirs\n")
        commit(repository, "meanwhile")
        place = Path(playing.state(one).workspace.path)
        run(place, "update-ref", "refs/remotes/developer", "HEAD")
        await playing.give(s.QueueLanding, one, how="merge")
        await playing.until(lambda: playing.of(one, e.LandingFailed))
        (failed,) = playing.of(one, e.LandingFailed)
        assert isinstance(failed, e.LandingFailed)
        assert "could not be handed back to its agent: git fetch failed" in failed.reason
        assert playing.of(one, e.WorkHandedBack) == []

    play(tmp_path, {"m": writes("return 1")}, story)


def test_checks_run_on_the_merged_result_and_red_ones_keep_it_out(tmp_path: Path):
    """Alone each is green; together with what the developer has committed the first is not."""

    async def story(playing: Scene, repository: Path, names: list[SessionId]) -> None:
        (one,) = names
        write(repository, "theirs.txt", "x\n")
        commit(repository, "theirs")
        await playing.give(o.SetChecks, one, checks=(Check("alone", "test ! -e theirs.txt"),))
        before = fingerprint(repository)
        clone = Path(playing.state(one).workspace.path)
        session = playing.runtime.fleet.session(one)
        await session.append(e.ShellOpened(session=one, shell=ShellId("sh-1"), title="npm run dev"))
        with pytest.raises(OrderRefused, match=r"sh-1 \(npm run dev\)"):
            await playing.give(s.QueueLanding, one, how="merge")
        await session.append(e.ShellEnded(session=one, shell=ShellId("sh-1"), how="developer"))
        await playing.give(s.QueueLanding, one, how="merge")
        await playing.until(lambda: playing.of(one, e.WorkHandedBack))
        (checked,) = playing.of(one, e.MergeChecked)
        assert checked.result.status == "failed"
        assert fingerprint(repository) == before
        assert "alone failed" in playing.of(one, e.LandingFailed)[0].reason
        assert not (clone / "theirs.txt").exists()
        assert run(clone, "branch", "--show-current") == playing.state(one).workspace.branch
        await playing.until(
            lambda: playing.state(one).turn is None and not playing.state(one).queue
        )
        await playing.give(o.SetChecks, one, checks=(Check("both", "test -e theirs.txt"),))
        await playing.give(s.QueueLanding, one, how="merge")
        await playing.until(lambda: playing.of(one, e.WorkLanded))
        assert (repository / "fresh.txt").exists()
        paths = [file.path for file in playing.state(one).files]
        assert "theirs.txt" not in paths

    play(tmp_path, {"m": writes("", "fresh.txt")}, story)


def test_a_look_says_what_a_landing_would_come_to_and_writes_nothing(tmp_path: Path):
    async def story(playing: Scene, repository: Path, names: list[SessionId]) -> None:
        (one,) = names
        clone = Path(playing.state(one).workspace.path)

        async def look() -> ShorePage:
            before = fingerprint(repository), run(clone, "count-objects")
            found = await playing.client.ask(ShoreOf(one), ShorePage)
            assert (fingerprint(repository), run(clone, "count-objects")) == before
            return found

        first = await look()
        assert first == ShorePage(ShoreLine(one, "main"), uncommitted=True, tried=True)
        write(repository, "other.txt", "x\n")
        commit(repository, "theirs")
        write(repository, "src/shop.py", "mine\n")
        run(clone, "commit", "-q", "-a", "-m", "its own")
        second = await look()
        assert second.line == ShoreLine(one, "main", ahead=1, behind=1)
        assert (second.blocked, second.conflicts) == (("src/shop.py",), ())
        commit(repository, "theirs, in its way")
        third = await look()
        assert (third.line.behind, third.conflicts) == (2, ("src/shop.py",))
        assert await playing.client.ask(Shores(), list[ShoreLine]) == [third.line]

    play(tmp_path, {"m": writes("return 1")}, story)


def test_work_leaves_the_queue_on_order_and_is_handed_back_on_order(tmp_path: Path):
    async def story(playing: Scene, repository: Path, names: list[SessionId]) -> None:
        (one,) = names
        place = playing.state(one).workspace
        with pytest.raises(OrderRefused, match="not queued"):
            await playing.give(s.LeaveQueue, one)
        with pytest.raises(OrderRefused, match="without a conflict"):
            await playing.give(s.HandBack, one)
        async with playing.runtime.fleet.landing_turns.of(place):
            await playing.give(s.QueueLanding, one, how="squash")
            assert playing.state(one).in_line.how == "squash"
            with pytest.raises(OrderRefused, match="queued"):
                await playing.give(s.QueueLanding, one, how="merge")
            with pytest.raises(OrderRefused, match="Another session is being landed"):
                await playing.give(o.Land, one, how="merge")
            await playing.give(s.LeaveQueue, one)
        write(repository, "src/shop.py", "def total():\n    return 7\n")
        commit(repository, "theirs")
        await playing.give(s.HandBack, one)
        assert playing.of(one, e.WorkHandedBack)
        assert not playing.of(one, e.WorkLanded)

    play(tmp_path, {"m": writes("return 1")}, story)


def test_a_push_is_an_intent_until_whoever_pushed_says_how_it_ended(tmp_path: Path):
    async def story(playing: Scene, repository: Path, names: list[SessionId]) -> None:
        (one,) = names
        with pytest.raises(OrderRefused, match="no remote 'origin'"):
            await playing.give(s.BeginPush, one, remote="origin")
        run(repository, "remote", "add", "origin", str(tmp_path / "nowhere"))
        await playing.give(s.BeginPush, one, remote="origin")
        state = playing.state(one)
        branch = state.workspace.branch
        assert state.landing.where == f"origin/{branch}"
        assert run(repository, "rev-parse", branch) == state.landing.result
        async with playing.runtime.fleet.landing_turns.of(state.workspace):
            await playing.give(s.QueueLanding, one, how="merge")
            await playing.give(s.LeaveQueue, one)
        assert playing.state(one).in_line is None
        with pytest.raises(OrderRefused, match="Another push"):
            await playing.give(s.EndPush, one, push="o-else")
        await playing.give(s.EndPush, one, push=state.landing.order, problem="no route to it")
        assert playing.of(one, e.LandingFailed)[-1].reason == "no route to it"
        with pytest.raises(OrderRefused, match="not being pushed"):
            await playing.give(s.EndPush, one, push=state.landing.order)
        await playing.give(s.BeginPush, one, remote="origin", pull_request=True)
        begun = playing.state(one).landing.order
        await playing.give(s.EndPush, one, push=begun, url="https://forge/1")
        landed = playing.of(one, e.WorkLanded)[-1]
        assert (landed.how, landed.url) == ("pull_request", "https://forge/1")
        assert playing.state(one).way_back.endswith(f"push origin --delete {branch}")

    play(tmp_path, {"m": writes("return 1")}, story)
