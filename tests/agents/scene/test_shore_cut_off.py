"""A landing or an undo that the end of the runtime cuts off: the next one looks and tells."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.repositories import fingerprint, plain, run
from kit.scene import Scene, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import JournalError, SteerdeckError
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.facts.shore import Landing
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

CHANGE = "echo one > fresh.txt; echo two > second.txt; echo three >> readme.md"
Story = Callable[[Scene, SessionId, Path], None]


def writes(talk: Conversation) -> Reply:
    if any(call.output is not None for call in talk.calls):
        return Reply((Say("Written.", final=True),))
    return Reply((Call("shell", {"command": CHANGE, "why": "So."}),))


def hang(playing: Scene, kind: type, *, kept: bool) -> list[type]:
    """Let the runtime get no further than this fact, whether it is kept or not."""
    append = playing.runtime.fleet.writer.append
    reached: list[type] = []

    async def appending(*facts: e.KnownEvent, **how: object) -> object:
        stops = any(isinstance(fact, kind) for fact in facts)
        done = None if stops and not kept else await append(*facts, **how)
        if stops:
            reached.append(kind)
            raise JournalError("cut off")
        return done

    playing.runtime.fleet.writer.append = appending
    return reached


class CutOff:
    """A session that wrote three files, an order cut off at a fact, and what came after."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.repository = plain(folder / "repository").resolve()
        self.session = SessionId("")
        self.place = Path()
        self.order: o.Order | None = None
        self.told: list[e.Event] = []

    def play(
        self, kind: type, fields: dict[str, object], at: type, *, kept: bool,
        meanwhile: Callable[["CutOff"], object] = lambda cut: None,
    ) -> None:  # fmt: skip
        async def first() -> None:
            allowed = {CHANGE: self.repository}
            async with scene(self.home, {"m": writes}, allowed=allowed, ids=RandomIds()) as playing:
                self.session = await playing.start(self.repository, "m")
                state = await playing.status(self.session, "done")
                self.place = Path(state.workspace.path)
                reached = hang(playing, at, kept=kept)
                self.order = kind(id=order_id(), session=self.session, **fields)
                with pytest.raises(SteerdeckError, match="cut off"):
                    await playing.client.give(self.order)
                assert reached

        asyncio.run(first())
        meanwhile(self)
        asyncio.run(self._second())

    async def _second(self) -> None:
        async with scene(self.home, {"m": writes}, ids=RandomIds()) as playing:
            reader = playing.runtime.fleet.reader
            events = [e.decode(text) for text in reader.events(self.session, limit=10_000)]
            begun = max(
                n for n, one in enumerate(events)
                if isinstance(one, e.LandingStarted | e.RestoreStarted)
            )  # fmt: skip
            self.told = events[begun + 1 :]
            state = playing.state(self.session)
            assert (state.landing, state.restoring) == (None, None)
            self.answered = reader.order_answer(self.order.id)

    def one(self, kind: type) -> e.Event:
        (found,) = [one for one in self.told if isinstance(one, kind)]
        return found


@pytest.mark.parametrize("how", ["merge", "branch", "patch"])
def test_a_landing_that_was_done_and_not_told_is_told_once(tmp_path: Path, how: str):
    cut = CutOff(tmp_path)
    fields = {"how": how, "path": str(tmp_path / "work.patch") if how == "patch" else ""}
    cut.play(o.Land, fields, e.WorkLanded, kept=False)
    landed = cut.one(e.WorkLanded)
    assert landed.how == how
    assert cut.answered is not None
    match how:
        case "merge":
            assert run(cut.repository, "rev-parse", "main") == landed.commit
        case "branch":
            assert run(cut.repository, "rev-parse", landed.where) == landed.commit
        case "patch":
            assert "second.txt" in Path(landed.where).read_text()


@pytest.mark.parametrize("how", ["merge", "branch", "patch"])
def test_a_landing_that_had_not_begun_is_told_and_not_repeated(tmp_path: Path, how: str):
    cut = CutOff(tmp_path)
    patch = tmp_path / "work.patch"
    fields = {"how": how, "path": str(patch) if how == "patch" else ""}
    before = fingerprint(cut.repository)
    cut.play(o.Land, fields, e.LandingStarted, kept=True)
    assert "before" in cut.one(e.LandingFailed).reason
    assert cut.answered is None
    assert fingerprint(cut.repository) == before
    assert not patch.exists()


def test_a_landing_that_is_half_done_names_the_files_and_the_way_out(tmp_path: Path):
    cut = CutOff(tmp_path)

    def half(cut: CutOff) -> None:
        """As git leaves it when it is killed: some files written, the branch not moved."""
        run(cut.repository, "fetch", "-q", str(cut.place), "HEAD")
        (cut.repository / "fresh.txt").write_text("one\n")
        (cut.repository / "readme.md").write_text("# Plain\nthree\n")

    cut.play(o.Land, {"how": "merge"}, e.LandingStarted, kept=True, meanwhile=half)
    failed = cut.one(e.LandingFailed)
    assert "fresh.txt, readme.md" in failed.reason
    assert "merge --ff-only" in failed.reason
    assert (cut.repository / "second.txt").exists() is False


def test_an_undo_that_was_done_and_not_told_is_told_and_can_be_undone(tmp_path: Path):
    cut = CutOff(tmp_path)
    cut.play(o.Undo, {}, e.FilesRestored, kept=False)
    undone = cut.one(e.FilesRestored)
    assert undone.paths == ("fresh.txt", "readme.md", "second.txt")
    assert cut.answered is not None
    assert not (cut.place / "fresh.txt").exists()

    async def back() -> None:
        async with scene(cut.home, {"m": writes}, ids=RandomIds()) as playing:
            await playing.give(o.Undo, cut.session, checkpoint=undone.undone_by)
            assert (cut.place / "fresh.txt").read_text() == "one\n"

    asyncio.run(back())


def test_an_undo_that_had_not_begun_is_told_and_not_repeated(tmp_path: Path):
    cut = CutOff(tmp_path)
    cut.play(o.Undo, {}, e.RestoreStarted, kept=True)
    assert "before a file was put back" in cut.one(e.RestoreFailed).reason
    assert cut.answered is None
    assert (cut.place / "second.txt").read_text() == "two\n"


def test_an_undo_that_is_half_done_names_what_is_left_which_a_second_one_puts_back(tmp_path: Path):
    cut = CutOff(tmp_path)
    cut.play(
        o.Undo, {}, e.RestoreStarted, kept=True,
        meanwhile=lambda cut: (cut.place / "fresh.txt").unlink(),
    )  # fmt: skip
    assert cut.one(e.FilesRestored).paths == ("fresh.txt",)
    assert "readme.md, second.txt" in cut.one(e.Noticed).text

    async def again() -> None:
        async with scene(cut.home, {"m": writes}, ids=RandomIds()) as playing:
            await playing.give(o.Undo, cut.session, paths=("readme.md", "second.txt"))
            assert run(cut.place, "status", "--porcelain") == ""

    asyncio.run(again())


def test_a_workspace_that_stood_at_a_result_for_its_checks_is_back_on_its_branch(tmp_path: Path):
    home, repository = tmp_path / "home", plain(tmp_path / "repository").resolve()

    async def killed() -> SessionId:
        allowed = {CHANGE: repository}
        async with scene(home, {"m": writes}, allowed=allowed, ids=RandomIds()) as playing:
            session = await playing.start(repository, "m")
            place = Path((await playing.status(session, "done")).workspace.path)
            run(place, "add", ".")
            run(place, "commit", "-q", "-m", "its own")
            run(place, "checkout", "-q", "--detach", "HEAD~1")
            landing = Landing("merge", "main", trying=run(place, "rev-parse", "HEAD"))
            await playing.runtime.fleet.session(session).append(
                e.LandingQueued(session=session, how="merge"),
                e.LandingStarted(session=session, landing=landing),
            )
            return session

    async def after(session: SessionId) -> None:
        async with scene(home, {"m": writes}, ids=RandomIds()) as playing:
            state = playing.state(session)
            assert (state.landing, state.in_line) == (None, None)
            place = Path(state.workspace.path)
            assert run(place, "branch", "--show-current") == state.workspace.branch
            assert (place / "fresh.txt").exists()
            await playing.give(o.Land, session, how="merge")
            assert (repository / "fresh.txt").exists()

    asyncio.run(after(asyncio.run(killed())))


def test_what_can_not_be_looked_at_of_one_session_holds_no_other_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cut = CutOff(tmp_path)
    allowed = {CHANGE: cut.repository}

    async def first() -> None:
        async with scene(cut.home, {"m": writes}, allowed=allowed, ids=RandomIds()) as playing:
            cut.session = await playing.start(cut.repository, "m")
            await playing.status(cut.session, "done")
            hang(playing, e.RestoreStarted, kept=True)
            with pytest.raises(SteerdeckError, match="cut off"):
                await playing.give(o.Undo, cut.session)

    def damaged(*_: object) -> dict[str, str]:
        raise JournalError("Some of its pages are damaged.")

    async def second() -> None:
        async with scene(cut.home, {"m": writes}, allowed=allowed, ids=RandomIds()) as playing:
            assert playing.state(cut.session).restoring is not None
            other = await playing.start(cut.repository, "m")
            await playing.status(other, "done")

    asyncio.run(first())
    monkeypatch.setattr("steerdeck_agents.work.aftermath._names", damaged)
    asyncio.run(second())
