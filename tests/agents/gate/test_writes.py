"""What a command writes by its own words, however they name it."""

from pathlib import Path

import pytest

from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rule_cover import covering
from steerdeck_agents.gate.rule_ground import Names
from steerdeck_agents.gate.shell.places import Disk
from steerdeck_agents.gate.shell.writes import lasting, written

AGENTS = "AGENTS.md is protected: it instructs agents"
EDITORS = ".vscode is protected: editors run what it holds"
INSIDE = ".vscode/a.json is protected: editors run what it holds"
SHELL = ".envrc is protected: the shell runs it"


@pytest.mark.parametrize(
    ("script", "folder", "told"),
    [
        ("echo x > AGENTS.md", "", AGENTS),
        ("echo x > ../AGENTS.md", "sub", AGENTS),
        ("echo x > sub/../AGENTS.md", "", AGENTS),
        ("echo x > /w/sub/../AGENTS.md", "", AGENTS),
        ("cp a sub/../AGENTS.md", "", AGENTS),
        ("cp AGENTS.md ..", "sub", AGENTS),
        ("tee ../../AGENTS.md", "sub/deep", AGENTS),
        ("cd sub && echo x > ../AGENTS.md", "", f"../{AGENTS}"),
        ("cd a/b && tee ../../.vscode/a.json", "", f"../../{INSIDE}"),
        ("echo x > link/../../AGENTS.md", "", f"link/../../{AGENTS}"),
    ],
)
def test_a_way_back_hides_no_file_that_instructs_later(script: str, folder: str, told: str) -> None:
    assert lasting(script, f"/w/{folder}".rstrip("/"), "/w") == (told,)


@pytest.mark.parametrize("script", ["> ../a.txt", "> ../../a", "cat AGENTS.md > ../a", "mkdir .."])
def test_a_way_back_to_a_plain_file_needs_no_reason(script: str) -> None:
    assert lasting(script, "/w/sub", "/w") == ()


def test_a_link_hides_no_file_that_runs_later(tmp_path: Path) -> None:
    place = tmp_path / "clone"
    (place / ".vscode" / "deep").mkdir(parents=True)
    (place / "link").symlink_to(".vscode")
    (place / "inner").symlink_to(".vscode/deep")
    (place / "notes.txt").symlink_to("AGENTS.md")
    ground, root = Disk(str(place)), str(place)
    assert lasting("> link/a.json", root, root, ground) == (INSIDE,)
    assert lasting("> inner/../a.json", root, root, ground) == (INSIDE,)
    assert lasting("> notes.txt", root, root, ground) == (AGENTS,)
    assert lasting("> plain.txt", root, root, ground) == ()
    assert lasting("> $'a\\0b' && > $'\\ud800'", root, root, ground) == ()


@pytest.mark.parametrize("program", ["cp", "mv", "ln", "install"])
@pytest.mark.parametrize(
    "words",
    [
        "--target-directory=.vscode a.json",
        "--target-directory .vscode a.json",
        "--targ=.vscode a.json",
        "--t=.vscode a.json",
        "-t.vscode a.json",
        "-t .vscode a.json",
        "-vt.vscode a.json",
        "-vft .vscode a.json",
        "-S .old -t.vscode a.json",
        "a.json -t.vscode",
    ],
)
def test_a_folder_that_an_option_names_is_written_in(program: str, words: str) -> None:
    assert {EDITORS, INSIDE} <= set(lasting(f"{program} {words}", "/w", "/w"))
    assert written(program, words.split(), ()) == (".vscode",)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("cp -T a AGENTS.md", (AGENTS,)),
        ("cp -rT a .vscode", (EDITORS, ".vscode/a is protected: editors run what it holds")),
        ("cp -t. new/AGENTS.md", (AGENTS,)),
        ("ln -s /somewhere/AGENTS.md", (AGENTS,)),
        ("install -m 755 -d .vscode out", (EDITORS,)),
        ("install -m755 -t.vscode a.json", (EDITORS, INSIDE)),
        ("rsync -a new/AGENTS.md .", (AGENTS,)),
        ("rsync -a --remove-source-files AGENTS.md out", (AGENTS,)),
        ("rsync -a --log-file=.envrc a out", (SHELL,)),
        ("chmod -x .envrc", (SHELL,)),
        ("chmod -R -x .envrc", (SHELL,)),
        ("chmod +x .envrc", (SHELL,)),
        ("chmod -v 644 .envrc", (SHELL,)),
        ("chmod --reference=a .envrc", (SHELL,)),
        ("chown --reference=a .envrc", (SHELL,)),
        ("chown -h me .envrc", (SHELL,)),
    ],
)
def test_each_program_s_own_way_to_name_a_file_is_read(script: str, told: tuple[str, ...]) -> None:
    found = lasting(script, "/w", "/w")
    assert [one for one in found if one in told] == list(told)


@pytest.mark.parametrize(
    "script",
    [
        "rsync -at .vscode/a.json out",
        "cp -S .t .vscode/a.json out",
        "cp --suffix=.t .vscode/a.json out",
        "chmod +x run.sh",
        "chmod -x run.sh",
        "cp -t out a.json",
    ],
)
def test_what_is_only_read_needs_no_reason(script: str) -> None:
    assert lasting(script, "/w", "/w") == ()


def test_a_word_that_is_no_folder_is_not_told_as_one() -> None:
    assert written("cp", ["-S.tmp", "a", "b"], ()) == ("b",)
    assert written("install", ["-mot", "-gtest", "a", "b"], ()) == ("b",)
    assert written("rsync", ["-at", "a", "b"], ()) == ("b",)
    assert written("cp", ["a", "-t"], ()) == ("a",)
    assert written("chmod", ["-x", "a"], ()) == ("a",)
    assert written("chmod", ["-R", "u+x", "a"], ()) == ("a",)


@pytest.mark.parametrize("option", ["-t.vscode", "--target-directory=.vscode", "-vt.vscode"])
def test_a_rule_that_names_such_a_folder_in_an_option_covers_it(option: str) -> None:
    def covers(*options: str, words: tuple[str, ...] = ("a.json",)) -> bool:
        pattern = Pattern(("cp",), options, words, ("**",))
        rule = Rule(id="r", pattern=pattern, everywhere=True)
        ground = Names("/w")
        script = f"cp {option} a.json"
        return bool(covering(script, [rule], folder="/w", ground=ground, confined=True))

    assert covers(option)
    assert not covers()
    assert not covers(option, words=("*",))


def test_a_star_of_a_rule_names_no_such_file_behind_a_link_and_back(tmp_path: Path) -> None:
    (tmp_path / ".vscode" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "inner").symlink_to(".vscode/deep")
    (tmp_path / "plain").symlink_to("out/deep")
    rule = Rule(id="r", pattern=Pattern(("tee",), paths=("**",)), everywhere=True)
    root = str(tmp_path)

    def covers(script: str) -> bool:
        return bool(covering(script, [rule], folder=root, ground=Disk(root), confined=True))

    assert covers("tee plain/../a.json")
    assert not covers("tee inner/../a.json")
