"""Dependency folders: copies that are nobody else's, links nobody can write through."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.repositories import commit, contents, fingerprint, plain, run, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.settings.project import Folder
from steerdeck_agents.workspace.dependencies import Brought, bring_folders
from steerdeck_agents.workspace.repository import find

BARE = Level()
MILD = Level(name="landlock", files=True, network=True)
CONFINED = Level(name="bubblewrap", files=True, network=True, processes=True)


def _app(folder: Path) -> Path:
    """A checkout with dependencies installed in an ignored folder."""
    top = plain(folder)
    write(top, ".gitignore", "node_modules/\n.venv/\n")
    commit(top, "ignore dependencies")
    write(top, "node_modules/left/index.js", "left\n")
    write(top, "node_modules/left/bin.js", "#!/usr/bin/env node\n", 0o755)
    write(top, "node_modules/shut/a.js", "a\n", 0o444)
    (top / "node_modules/shut").chmod(0o555)
    (top / "node_modules/.bin").mkdir()
    (top / "node_modules/.bin/left").symlink_to("../left/bin.js")
    return top


def _bring(
    top: Path,
    ours: Workspace,
    *folders: Folder,
    level: Level = BARE,
    heard: list[str] | None = None,
) -> Brought:
    hear = (heard if heard is not None else []).append

    async def main() -> Brought:
        return await bring_folders(await find(top), ours, folders, level=level, progress=hear)

    return asyncio.run(main())


def _reasons(done: Brought) -> dict[str, str]:
    return {one.path: one.why for one in done.left_out}


def test_a_copy_is_whole_and_belongs_to_the_session_alone(tmp_path: Path):
    top = _app(tmp_path / "top")
    before = fingerprint(top)
    ours = workspace_of(top, tmp_path / "w")
    done = _bring(top, ours, Folder("node_modules", "copy"))
    assert done.copied == ("node_modules",)
    assert done.brief() == ("node_modules (copied)",)
    assert done.links == ()
    there = Path(ours.path) / "node_modules"
    assert contents(there) == contents(top / "node_modules")
    for name in ("left/index.js", "shut/a.js"):
        assert (there / name).stat().st_ino != (top / "node_modules" / name).stat().st_ino
        assert (there / name).stat().st_mtime_ns == (top / "node_modules" / name).stat().st_mtime_ns
    write(there, "left/index.js", "changed\n")
    assert fingerprint(top) == before
    assert run(Path(ours.path), "status", "--porcelain") == ""
    assert done.said[0].startswith("node_modules: copied 3 files, 27 bytes")


def test_folders_below_and_several_at_once(tmp_path: Path):
    top = _app(tmp_path / "top")
    write(top, "web/node_modules/x.js", "x\n")
    ours = workspace_of(top, tmp_path / "w")
    done = _bring(top, ours, Folder("web/node_modules", "copy"), Folder("node_modules", "copy"))
    assert set(done.copied) == {"web/node_modules", "node_modules"}
    assert (Path(ours.path) / "web/node_modules/x.js").read_text() == "x\n"


def test_a_link_leads_to_the_developers_folder_and_is_no_work_of_the_session(tmp_path: Path):
    top = _app(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w")
    done = _bring(top, ours, Folder("node_modules", "link"), level=CONFINED)
    assert (done.linked, done.links) == (("node_modules",), (str(top / "node_modules"),))
    assert (Path(ours.path) / "node_modules").readlink() == top / "node_modules"
    assert done.said == ("node_modules: linked to yours, read-only; installing into it will fail.",)
    # `node_modules/` in .gitignore names folders only, and a link is none.
    assert run(Path(ours.path), "status", "--porcelain") == ""


@pytest.mark.parametrize("level", [BARE, MILD], ids=["none", "landlock"])
def test_where_not_every_change_is_held_back_a_link_becomes_a_copy_and_says_so(
    tmp_path: Path, level: Level
):
    top = _app(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w")
    done = _bring(top, ours, Folder("node_modules", "link"), level=level)
    assert (done.copied, done.links) == (("node_modules",), ())
    assert not (Path(ours.path) / "node_modules").is_symlink()
    assert any("no sandbox here" in sentence for sentence in done.said)


def test_a_missing_folder_is_a_notice_and_the_others_come(tmp_path: Path):
    top = _app(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w")
    done = _bring(top, ours, Folder("target", "copy"), Folder("node_modules", "copy"))
    assert done.copied == ("node_modules",)
    assert _reasons(done) == {
        "target": "is not in your checkout; install it there, or in a set-up script"
    }
    assert done.notes()[-1].startswith("Left out: target is not in your checkout")


@pytest.mark.parametrize("way", ["copy", "link"])
def test_a_folder_is_never_followed_out_of_the_repository(tmp_path: Path, way: str):
    top = _app(tmp_path / "top")
    write(tmp_path / "elsewhere", "node_modules/a.js", "not yours\n")
    (top / "vendor").symlink_to(tmp_path / "elsewhere/node_modules")
    (top / "web").symlink_to(tmp_path / "elsewhere")
    write(top, ".git/info/exclude", "vendor\nweb\n")
    ours = workspace_of(top, tmp_path / "w")
    chosen = [
        Folder(path, "copy" if way == "copy" else "link") for path in ("vendor", "web/node_modules")
    ]
    done = _bring(top, ours, *chosen, level=CONFINED)
    assert done.brief() == ()
    assert set(_reasons(done)) == {"vendor", "web/node_modules"}
    assert all("a link" in why for why in _reasons(done).values())
    assert not os.path.lexists(Path(ours.path) / "vendor")
    assert not os.path.lexists(Path(ours.path) / "web")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("src", "not ignored by git"),
        (".git/hooks", "belongs to git itself"),
        (".ssh", "stands for secrets"),
        ("readme.md", "not a folder"),
        ("../top/node_modules", "is not a plain path"),
    ],
)
def test_only_plain_ignored_folders_are_brought(tmp_path: Path, path: str, why: str):
    top = _app(tmp_path / "top")
    write(top, ".ssh/id", "secret\n")
    ours = workspace_of(top, tmp_path / "w")
    done = _bring(top, ours, Folder(path, "copy"), level=CONFINED)
    assert done.brief() == ()
    assert why in _reasons(done)[path]


def test_a_folder_the_commit_tracks_is_the_commits_own(tmp_path: Path):
    top = _app(tmp_path / "top")
    run(top, "add", "-f", "node_modules/left/index.js")
    before = commit(top, "vendored")
    run(top, "rm", "-q", "--cached", "node_modules/left/index.js")
    commit(top, "no longer")
    ours = workspace_of(top, tmp_path / "w", base=before)
    done = _bring(top, ours, Folder("node_modules", "copy"))
    assert "is tracked at this session's commit" in _reasons(done)["node_modules"]
    assert not (Path(ours.path) / "node_modules/shut").exists()


def test_links_of_a_copy_never_lead_into_the_developers_files(tmp_path: Path):
    top = _app(tmp_path / "top")
    inside = top / "node_modules"
    (inside / "shop").symlink_to("../src")
    (inside / "absolute").symlink_to(top / "src")
    (inside / "system").symlink_to("/usr/bin/env")
    (inside / "beside").symlink_to("../../beside")
    (tmp_path / "w").mkdir()
    ours = workspace_of(top, tmp_path / "w/deep/one")
    done = _bring(top, ours, Folder("node_modules", "copy"))
    there = Path(ours.path) / "node_modules"
    assert (there / "shop").readlink() == Path("../src")
    assert (there / "absolute").readlink() == Path(ours.path) / "src"
    assert (there / "system").readlink() == Path("/usr/bin/env")
    assert (there / "beside").readlink() == tmp_path / "beside"
    assert any("2 of its links lead out of the repository" in one for one in done.said)


def test_a_repository_inside_comes_without_its_git_and_pipes_stay_behind(tmp_path: Path):
    top = _app(tmp_path / "top")
    plain(top / "node_modules/inner")
    os.mkfifo(top / "node_modules/pipe")
    ours = workspace_of(top, tmp_path / "w")
    done = _bring(top, ours, Folder("node_modules", "copy"))
    there = Path(ours.path) / "node_modules"
    assert (there / "inner/readme.md").is_file()
    assert not (there / "inner/.git").exists()
    assert not (there / "pipe").exists()
    assert "node_modules: 1 repositories in it came without their .git." in done.said


def test_a_copied_environment_runs_the_sessions_code(tmp_path: Path):
    top = _app(tmp_path / "top")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", top / ".venv"], check=True)
    [site] = (top / ".venv/lib").glob("python*/site-packages")
    write(site, "__editable__.shop-1.pth", f"{top}/src\n")
    script = f"#!{top}/.venv/bin/python\nimport shop\nprint(shop.__file__)\n"
    write(top, ".venv/bin/where", script, 0o755)
    write(top, ".venv/bin/other", f"#!{top}-other/bin/python\n", 0o755)
    ours = workspace_of(top, tmp_path / "w")
    done = _bring(top, ours, Folder(".venv", "copy"))
    assert done.copied == (".venv",)
    there = Path(ours.path)
    said = subprocess.run([there / ".venv/bin/where"], capture_output=True, text=True, check=True)
    assert said.stdout == f"{there}/src/shop.py\n"
    for name in ("activate", "where"):
        assert f"{top}/" not in (there / ".venv/bin" / name).read_text()
    assert (there / ".venv/bin/other").read_text() == f"#!{top}-other/bin/python\n"
    assert (top / ".venv/bin/where").read_text() == script
    assert any("now name this workspace" in one for one in done.said)


def test_a_linked_environment_says_what_it_cannot_do(tmp_path: Path):
    top = _app(tmp_path / "top")
    write(top, ".venv/pyvenv.cfg", "home = /usr/bin\n")
    (top / ".venv/python").symlink_to("/usr/bin/python3")
    ours = workspace_of(top, tmp_path / "w")
    said = " ".join(_bring(top, ours, Folder(".venv", "link"), level=CONFINED).said)
    assert "1 of its links lead out of it" in said
    assert "editable mode" in said


def test_a_full_disk_is_seen_before_the_copying(tmp_path: Path):
    top = _app(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w")
    with (top / "node_modules/huge").open("wb") as file:
        file.truncate(shutil.disk_usage(tmp_path).free + 1)
    done = _bring(top, ours, Folder("node_modules", "copy"))
    assert "make room, or ask for a link" in _reasons(done)["node_modules"]


def test_the_size_of_a_large_folder_is_said_before_the_copying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("steerdeck_agents.workspace.dependencies.LARGE", 20)
    top = _app(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w")
    heard: list[str] = []
    _bring(top, ours, Folder("node_modules", "copy"), heard=heard)
    assert heard[0].startswith("copying node_modules: 4 files, ")


def test_when_it_is_cancelled_no_half_of_a_folder_is_left(tmp_path: Path):
    top = _app(tmp_path / "top")
    for number in range(3000):
        write(top, f"node_modules/many/{number % 30}/{number}.js", "x\n")
    ours = workspace_of(top, tmp_path / "w")
    before = contents(Path(ours.path))

    async def main() -> None:
        begun = asyncio.Event()
        folders = (Folder("node_modules", "copy"),)
        work = asyncio.create_task(
            bring_folders(
                await find(top), ours, folders, level=BARE, progress=lambda line: begun.set()
            )
        )
        await begun.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(main())
    assert contents(Path(ours.path)) == before
    assert not list(Path(ours.path).glob(".steerdeck-*"))
