"""Which folders a command sees, which variables it gets, and what the filter says."""

import struct
import sys
from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import seccomp
from steerdeck_agents.sandbox.bubblewrap import arguments
from steerdeck_agents.sandbox.environment import environment, make_home
from steerdeck_agents.sandbox.toolchains import toolchains

CONFINED = Level(name="bubblewrap", files=True, network=True, processes=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    for name in ("clone", "repository"):
        (tmp_path / name).mkdir()
    return Workspace(
        path=str(tmp_path / "clone"), repository=str(tmp_path / "repository"), branch="", base=""
    )


def shown(workspace: Workspace, *path: Path, virtual_env: str = "") -> set[str]:
    around = Surroundings(path=":".join(map(str, path)), virtual_env=virtual_env)
    own = set(toolchains(Surroundings(), workspace))
    return set(toolchains(around, workspace)) - own


def folders(top: Path, *names: str) -> Path:
    for name in names:
        (top / name).mkdir(parents=True)
    return top


def test_our_own_python_is_shown_where_it_lies_outside_usr(place: Workspace) -> None:
    given = toolchains(Surroundings(), place)
    for prefix in (sys.prefix, sys.base_prefix):
        assert prefix.startswith("/usr") or any(Path(prefix).is_relative_to(one) for one in given)


def test_a_version_manager_is_shown_whole(home: Path, place: Workspace) -> None:
    folders(home / ".pyenv", ".git", "shims", "bin", "versions")
    given = shown(place, home / ".pyenv" / "shims", home / ".pyenv" / "bin")
    assert given == {str(home / ".pyenv")}


@pytest.mark.parametrize(
    ("made", "entry"),
    [
        (("bin",), "bin"),
        ((".local/bin", ".local/share"), ".local/bin"),
        (("dotfiles/bin", "dotfiles/.git"), "dotfiles/bin"),
        (("tool/bin", "tool/.env"), "tool/bin"),
        (("work/scripts",), "work/scripts"),
    ],
)
def test_a_parent_that_may_hold_private_things_stays_hidden(
    made: tuple[str, ...], entry: str, home: Path, place: Workspace
) -> None:
    folders(home, *made)
    assert shown(place, home / entry) == {str(home / entry)}


def test_home_secrets_and_the_system_are_never_shown(home: Path, place: Workspace) -> None:
    folders(home, ".ssh/bin", ".aws/bin")
    (home / "link").symlink_to(home)
    own = (home, home / ".ssh/bin", home / ".aws", home.parent, home / "link", home / "missing")
    assert shown(place, *own, *map(Path, ("/", "/etc", "/tmp", "/usr/bin", "."))) == set()


def test_the_repository_of_the_developer_is_not_shown_for_its_bin_folder(
    home: Path, place: Workspace
) -> None:
    repository = folders(Path(place.repository), "bin", "node_modules/.bin")
    given = shown(place, repository / "bin", repository / "node_modules" / ".bin")
    assert given == {str(repository / "bin"), str(repository / "node_modules")}


def test_a_virtual_environment_brings_its_interpreter(home: Path, place: Workspace) -> None:
    folders(home, "venv/bin", "python/bin")
    (home / "venv" / "pyvenv.cfg").write_text(f"home = {home}/python/bin\nversion = 3.12\n")
    given = shown(place, home / "venv" / "bin", virtual_env=str(home / "venv"))
    assert given == {str(home / "venv"), str(home / "python")}


def test_the_shims_of_cargo_bring_what_they_start(home: Path, place: Workspace) -> None:
    folders(home, ".cargo/bin", ".rustup/toolchains")
    assert shown(place, home / ".cargo/bin") == {f"{home}/.cargo", f"{home}/.rustup"}
    around = Surroundings(path=f"{home}/.cargo/bin")
    assert environment(around, place, CONFINED)["RUSTUP_HOME"] == f"{home}/.rustup"
    assert "RUSTUP_HOME" not in environment(Surroundings(), place, CONFINED)


def test_temporary_folders_come_before_everything_shown(place: Workspace) -> None:
    given = arguments(place, ".", ["true"], toolchains=("/opt/x",))
    assert given[-2:] == ["--", "true"]
    last_empty = max(index for index, word in enumerate(given) if word == "--tmpfs")
    assert last_empty < given.index("/opt/x") < given.index("--bind")
    for word in ("--unshare-all", "--die-with-parent", "--new-session", "--disable-userns"):
        assert word in given
    assert "--share-net" not in given
    assert "--disable-userns" not in arguments(place, ".", [], toolchains=(), nested=True)


def test_git_is_protected_after_the_workspace_is_bound(workspace: Workspace) -> None:
    given = arguments(workspace, ".", ["true"], toolchains=())
    top = given.index(workspace.path)
    order = [given.index(f"{workspace.path}/.git{part}") for part in ("", "/objects", "/config")]
    assert [top, *order] == sorted([top, *order])
    assert given[given.index(f"{workspace.path}/.git/commondir") - 1] == "--ro-bind"
    assert given[given.index(workspace.borrows[0]) - 1] == "--ro-bind-try"


def test_a_workspace_that_is_gone_is_a_sentence(place: Workspace) -> None:
    Path(place.path).rmdir()
    with pytest.raises(SteerdeckError, match="is gone"):
        arguments(place, ".", ["true"], toolchains=())


def test_the_environment_is_the_same_each_time(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = Surroundings(path="/a/bin:./b:relative::/usr/bin", virtual_env="/a")
    first = environment(around, place, CONFINED)
    monkeypatch.setenv("PATH", "/elsewhere")
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    assert environment(around, place, CONFINED) == first
    assert first["PATH"] == "/a/bin:/usr/bin"
    assert first["VIRTUAL_ENV"] == "/a"
    assert first["HOME"] == "/home/agent"


def test_each_workspace_has_a_home_of_its_own_outside_it(place: Workspace) -> None:
    other = Workspace(path="/elsewhere", repository="", branch="", base="")
    homes = [environment(Surroundings(), one, Level())["HOME"] for one in (place, other)]
    assert len(set(homes)) == 2
    assert not any(home.startswith(place.path) for home in homes)


def test_a_home_that_others_may_write_is_refused(place: Workspace) -> None:
    home = Path(environment(Surroundings(), place, Level())["HOME"])
    make_home(place)
    try:
        assert home.stat().st_mode & 0o777 == 0o700
        home.chmod(0o777)
        with pytest.raises(SteerdeckError, match="remove it"):
            make_home(place)
    finally:
        home.rmdir()


@pytest.mark.parametrize(
    ("machine", "arch", "socket", "ioctl"),
    [("x86_64", 0xC000003E, 41, 16), ("aarch64", 0xC00000B7, 198, 29)],
)
def test_the_filter_answers_each_call_as_meant(
    machine: str, arch: int, socket: int, ioctl: int
) -> None:
    code = seccomp.program(machine)
    assert code is not None
    allow, refuse, missing = 0x7FFF0000, 0x00050001, 0x00050026
    expected = [
        ((arch, 0, 0, 0), allow),
        ((arch, socket, 1, 0), refuse),
        ((arch, socket, 2, 0), allow),
        ((arch, socket, 10, 0), allow),
        ((arch, socket, 16, 0), allow),
        ((arch, socket, 17, 0), refuse),
        ((arch, socket, 40, 0), refuse),
        ((arch, socket, 1 | 1 << 32, 0), refuse),
        ((arch, ioctl, 0, 0x5412), refuse),
        ((arch, ioctl, 0, 0x5412 | 1 << 32), refuse),
        ((arch, ioctl, 0, 0x541C), refuse),
        ((arch, ioctl, 0, 0x5401), allow),
        ((arch, 425, 0, 0), missing),
        ((0x40000003, 0, 0, 0), refuse),
    ]
    assert [answer(code, *call) for call, _ in expected] == [wanted for _, wanted in expected]


def test_a_filter_for_who_stays_in_the_namespaces_of_the_machine_refuses_more() -> None:
    code = seccomp.program("x86_64", alone=True, shut=True)
    assert code is not None
    arch, allow, refuse, missing = 0xC000003E, 0x7FFF0000, 0x00050001, 0x00050026
    clone, unshare, setns, clone3 = 56, 272, 308, 435
    expected = [
        ((arch, 41, 2, 0), refuse),
        ((arch, 41, 10, 0), refuse),
        ((arch, 41, 16, 0), refuse),
        ((arch, 53, 1, 0), allow),
        ((arch, clone3, 0, 0), missing),
        ((arch, clone, 0x10000011, 0), refuse),
        ((arch, clone, 0x11, 0), allow),
        ((arch, unshare, 0x10000000, 0), refuse),
        ((arch, unshare, 0x400, 0), allow),
        ((arch, setns, 5, 0), refuse),
        ((arch, 302, 0, 7), allow),
        ((arch, 302, 77, 7), refuse),
        ((arch, 141, 0, 0), allow),
        ((arch, 141, 0, 77), refuse),
        ((arch, 141, 2, 0), refuse),
        ((arch, 16, 0, 0x5412), refuse),
        ((arch, 0, 0, 0), allow),
    ]
    assert [answer(code, *call) for call, _ in expected] == [wanted for _, wanted in expected]


def test_the_second_calling_convention_of_x86_is_refused() -> None:
    code = seccomp.program("x86_64")
    assert code is not None
    assert answer(code, 0xC000003E, 0x40000000 | 41, 1, 0) == 0x00050001


def test_an_unknown_machine_has_no_filter() -> None:
    assert seccomp.program("riscv64") is None


def answer(code: bytes, arch: int, number: int, first: int, second: int) -> int:
    """What the kernel's interpreter of these instructions would return."""
    data = struct.pack("<IIQQQ", number, arch, 0, first, second)
    steps = list(struct.iter_unpack("<HBBI", code))
    at = loaded = 0
    while True:
        kind, hit, miss, value = steps[at]
        at += 1
        match kind:
            case 0x20:
                (loaded,) = struct.unpack_from("<I", data, value)
            case 0x15:
                at += hit if loaded == value else miss
            case 0x45:
                at += hit if loaded & value else miss
            case 0x35:
                at += hit if loaded >= value else miss
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(kind)
