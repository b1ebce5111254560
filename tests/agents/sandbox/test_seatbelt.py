"""The profile for macOS, compared with one that was read line by line; it was never run."""

from pathlib import Path

from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.sandbox.seatbelt import arguments, profile

GOLDEN = Path(__file__).parent / "golden" / "seatbelt.sb"
PLACE = Workspace(
    path="/Users/dev/clone",
    repository="/Users/dev/repository",
    branch="",
    base="",
    borrows=("/Users/dev/repository/.git/objects",),
    links=("/Users/dev/repository/node_modules",),
)


def test_the_profile_is_the_one_that_was_read() -> None:
    made = profile(PLACE, "/Users/dev/home", ["/Users/dev/.pyenv"])
    assert made == GOLDEN.read_text()


def test_what_is_protected_stands_after_what_is_writable() -> None:
    lines = profile(PLACE, "/Users/dev/home", []).splitlines()
    writable = lines.index('(allow file-read* file-write* (subpath "/Users/dev/clone"))')
    for name in (".git/hooks", ".envrc", ".vscode"):
        assert lines.index(f'(deny file-write* (subpath "/Users/dev/clone/{name}"))') > writable
    assert lines[-1] == "(deny network*)"


def test_the_network_is_opened_only_on_request() -> None:
    open_one = profile(PLACE, "/Users/dev/home", [], network=True)
    assert "(deny network*)" not in open_one
    assert "(allow network-outbound (remote ip))" in open_one


def test_a_path_can_not_end_the_rule_it_stands_in() -> None:
    nasty = Workspace(path='/Users/dev/a"))(allow default)', repository="", branch="", base="")
    made = arguments(nasty, "/Users/dev/home", [])
    assert made[:2] == ["/usr/bin/sandbox-exec", "-p"]
    assert '"/Users/dev/a\\"))(allow default)"' in made[2]
