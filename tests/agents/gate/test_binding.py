"""A decision is bound to everything that changes the effect, and to nothing else."""

from steerdeck_agents.facts.action import Action, ApplyPatch, PatchedFile, ReadFile, RunCommand
from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.gate.binding import bind

PLACE = Workspace(path="/w/clone", repository="/r", branch="b", base="c")
OTHER = Workspace(path="/w/other", repository="/r", branch="b", base="c")
CONFINED = Level(name="bubblewrap", files=True, network=True, processes=True)


def sha(
    action: Action,
    *,
    workspace: Workspace = PLACE,
    environment: dict[str, str] | None = None,
    level: Level = CONFINED,
    head: str = "c0",
) -> Sha:
    return bind(
        action,
        workspace=workspace,
        environment={"PATH": "/bin", "HOME": "/h"} if environment is None else environment,
        level=level,
        head=head,
    ).sha()


def test_any_difference_voids_the_decision_on_a_command() -> None:
    command = RunCommand("make", folder="src")
    hashes = [
        sha(command),
        sha(RunCommand("make ", folder="src")),
        sha(RunCommand("make", folder="lib")),
        sha(command, workspace=OTHER),
        sha(command, environment={"PATH": "/evil", "HOME": "/h"}),
        sha(command, environment={"PATH": "/bin"}),
        sha(command, level=Level()),
        sha(command, head="c1"),
    ]
    assert len(set(hashes)) == len(hashes)


def test_what_changes_nothing_voids_nothing() -> None:
    once = sha(RunCommand("make", folder="src", why="because"))
    assert once == sha(RunCommand("make", folder="./src/", why="another reason"))
    assert once == sha(RunCommand("make", folder="src"), environment={"HOME": "/h", "PATH": "/bin"})


def test_a_patch_is_bound_to_its_bases_and_its_results() -> None:
    one, two = PatchedFile("a", sha_of(b"old"), b"new"), PatchedFile("b", None, b"b")

    def of(*files: PatchedFile, text: str = "p") -> Sha:
        return sha(ApplyPatch(text, files))

    hashes = [
        of(one, two),
        of(one, two, text="q"),
        of(one),
        of(PatchedFile("a", sha_of(b"other"), b"new"), two),
        of(PatchedFile("a", None, b"new"), two),
        of(PatchedFile("a", sha_of(b"old"), b"newer"), two),
        of(PatchedFile("a", sha_of(b"old"), None), two),
        of(PatchedFile("a", sha_of(b"old"), b"new", executable=True), two),
        of(PatchedFile("c", sha_of(b"old"), b"new"), two),
        sha(ApplyPatch("p", (one, two)), workspace=OTHER),
    ]
    assert len(set(hashes)) == len(hashes)
    assert of(two, one) == of(one, two)
    assert sha(ApplyPatch("p", (one, two)), head="c9", level=Level()) == hashes[0]


def test_every_other_action_is_bound_to_all_it_says() -> None:
    assert sha(ReadFile("a")) == sha(ReadFile("a"))
    assert len({sha(ReadFile("a")), sha(ReadFile("b")), sha(ReadFile("a", first=2))}) == 3
