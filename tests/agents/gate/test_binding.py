"""A decision is bound to everything that changes the effect, and to nothing else."""

from pathlib import Path

from kit.repositories import commit, plain, run, write
from steerdeck_agents.facts.action import Action, ApplyPatch, PatchedFile, ReadFile, RunCommand
from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.gate.binding import Stand, bind, head_of, stand_of

PLACE = Workspace(path="/w/clone", repository="/r", branch="b", base="c")
OTHER = Workspace(path="/w/other", repository="/r", branch="b", base="c")
STAND = Stand("1:2 1:3", "c0")
CONFINED = Level(name="bubblewrap", files=True, network=True, processes=True)


def sha(
    action: Action,
    *,
    workspace: Workspace = PLACE,
    environment: dict[str, str] | None = None,
    level: Level = CONFINED,
    stand: Stand = STAND,
) -> Sha:
    return bind(
        action,
        workspace=workspace,
        environment={"PATH": "/bin", "HOME": "/h"} if environment is None else environment,
        level=level,
        stand=stand,
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
        sha(command, stand=Stand("1:2 1:3", "c1")),
        sha(command, stand=Stand("1:2 1:4", "c0")),
        sha(command, stand=Stand("1:2 1:3", "c0", (("run.sh", "x"),))),
        sha(RunCommand("make", folder="src", hosts=("pypi.org",))),
        sha(RunCommand("make", folder="src", hosts=("pypi.org", "example.org"))),
    ]
    assert len(set(hashes)) == len(hashes)


def test_what_changes_nothing_voids_nothing() -> None:
    once = sha(RunCommand("make", folder="src", why="because"))
    assert once == sha(RunCommand("make", folder="./src/", why="another reason"))
    assert once == sha(RunCommand("make", folder="src"), environment={"HOME": "/h", "PATH": "/bin"})
    asked = [RunCommand("make", hosts=hosts) for hosts in (("a.org", "b.org"), ("b.org", "a.org"))]
    assert sha(asked[0]) == sha(asked[1])


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
    assert sha(ApplyPatch("p", (one, two)), stand=Stand(head="c9"), level=Level()) == hashes[0]


def test_every_other_action_is_bound_to_all_it_says() -> None:
    assert sha(ReadFile("a")) == sha(ReadFile("a"))
    assert len({sha(ReadFile("a")), sha(ReadFile("b")), sha(ReadFile("a", first=2))}) == 3


def test_a_command_stands_in_its_folders_at_its_commit_with_the_files_it_runs(
    tmp_path: Path,
) -> None:
    top = plain(tmp_path / "top")
    write(top, "sub/go.sh", "echo 1\n")
    ours = Workspace(path=str(top), repository="/r", branch="b", base="c")
    script = "bash go.sh && ../run.sh; cat ../readme.md; python /etc/hostname missing.py"

    def stand() -> Stand:
        return stand_of(script, ours, "sub")

    first = stand()
    assert [name for name, _ in first.files] == ["go.sh", "../run.sh"]
    assert first.head == run(top, "rev-parse", "HEAD")
    write(top, "readme.md", "changed\n")
    assert stand() == first
    write(top, "run.sh", "#!/bin/sh\necho other\n", 0o755)
    assert stand().files != first.files
    (top / "sub").rename(top / "was")
    (top / "sub").symlink_to("was")
    assert stand().folder == first.folder, "the same folder by another way"
    (top / "sub").unlink()
    (top / "sub").mkdir()
    assert stand().folder != first.folder


def test_head_is_read_as_git_reads_it_or_differs_whenever_it_does(tmp_path: Path) -> None:
    top = plain(tmp_path / "top")
    commit_id = run(top, "rev-parse", "HEAD")
    assert head_of(top) == commit_id
    run(top, "pack-refs", "--all")
    assert not (top / ".git/refs/heads/main").exists()
    assert head_of(top) == commit_id
    run(top, "symbolic-ref", "refs/heads/other", "refs/heads/main")
    run(top, "symbolic-ref", "HEAD", "refs/heads/other")
    assert head_of(top) == commit_id
    run(top, "checkout", "-q", "--detach", "HEAD~1")
    assert head_of(top) == run(top, "rev-parse", "HEAD") != commit_id
    odd = []
    for text in (
        "ref: ../../../etc/passwd",
        "ref: refs/heads/new",
        "ref: refs/heads/../x",
        "x",
        "",
    ):
        (top / ".git/HEAD").write_text(text)
        odd.append(head_of(top))
    assert len(set(odd)) == len(odd)
    (top / ".git/HEAD").write_text("ref: refs/heads/a")
    (top / ".git/refs/heads/a").write_text("ref: refs/heads/a")
    assert "too many" in head_of(top)
    assert commit(plain(tmp_path / "again")) != commit_id


def test_a_folder_named_like_a_program_to_run_is_no_file_of_it(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    ours = Workspace(path=str(tmp_path), repository="/r", branch="b", base="c")
    assert stand_of("python3 -m unittest tests", ours, ".").files == ()
