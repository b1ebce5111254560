"""Each workspace has its listener, and what falls back to polling is told to every deck."""

import asyncio
from pathlib import Path

import pytest

from kit.scene import Scene, scene
from steerdeck_agents.runtime import wire
from steerdeck_agents.workspace import watch
from steerdeck_agents.workspace.listeners import Listeners


def test_changes_reach_the_listener_of_their_workspace_and_nobody_after_it_left(tmp_path: Path):
    heard: list[tuple[str, object]] = []
    listeners = Listeners(print)
    for name in ("one", "two"):
        listeners.add(tmp_path / name, lambda paths, name=name: heard.append((name, paths)))
    listeners._changed(tmp_path / "two", {"a"})
    listeners.remove(tmp_path / "two")
    listeners._changed(tmp_path / "two", {"b"})
    listeners._changed(tmp_path / "one", {"c"})
    assert heard == [("two", {"a"}), ("one", {"c"})]


def test_a_system_without_watches_is_said_on_the_deck_and_files_are_looked_at_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    real = watch.RustNotify

    def none_left(folders, debug, polling, *more):
        if not polling:
            raise OSError(28, "No space left on device")
        return real(folders, debug, polling, *more)

    monkeypatch.setattr(watch, "RustNotify", none_left)
    (tmp_path / "w/one").mkdir(parents=True)

    def notes(playing: Scene) -> list[str]:
        return [one for f in playing.frames if isinstance(f, wire.Storage) for one in f.notes]

    async def story() -> None:
        async with scene(tmp_path / "home", {}) as playing:
            changed = asyncio.Event()
            playing.runtime.fleet._listeners.add(tmp_path / "w/one", lambda paths: changed.set())
            await playing.until(lambda: notes(playing))
            assert "looking again and again" in notes(playing)[0]
            assert "fs.inotify.max_user_watches" in notes(playing)[0]
            page = await playing.client.ask(wire.RuntimeStatus(), wire.StatusPage)
            assert page.storage.notes == (notes(playing)[0],)
            await changed.wait()

    asyncio.run(story())
