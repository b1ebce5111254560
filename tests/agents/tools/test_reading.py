import os
from pathlib import Path

import pytest

from steerdeck_agents.facts.action import ListFiles, ReadFile, SearchFiles
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools import list as list_tool
from steerdeck_agents.tools import read, search
from steerdeck_agents.tools.outcome import LIMIT, Outcome


def searched(pattern: str, workspace: Workspace, names: list[str], folder: str = ".") -> Outcome:
    action = SearchFiles(pattern=pattern, folder=folder)
    return search.perform(action, workspace, names, stopped=lambda: False)


def test_lines_are_read_with_their_numbers(top: Path, workspace: Workspace) -> None:
    (top / "a.txt").write_text("one\ntwo\nthree\n")
    whole = read.perform(ReadFile("a.txt"), workspace)
    assert whole == Outcome("done", "a.txt lines 1–3 of 3\n1\tone\n2\ttwo\n3\tthree", summary="1–3")
    part = read.perform(ReadFile("a.txt", first=2, last=9), workspace)
    assert part.text == "a.txt lines 2–3 of 3\n2\ttwo\n3\tthree"
    with pytest.raises(BadArguments, match="has only 3 lines"):
        read.perform(ReadFile("a.txt", first=4), workspace)


def test_a_long_file_comes_in_pages_of_whole_lines(top: Path, workspace: Workspace) -> None:
    (top / "long").write_text("".join(f"number {n} {'x' * 90}\n" for n in range(1, 5001)))
    page = read.perform(ReadFile("long"), workspace)
    assert len(page.text.encode()) <= LIMIT
    last = page.summary.removeprefix("1–")
    assert f"go on with first={int(last) + 1};" in page.text
    assert page.text.split("\n")[-2] == f"{last}\tnumber {last} {'x' * 90}"


def test_one_endless_line_is_cut_with_a_mark(top: Path, workspace: Workspace) -> None:
    (top / "min.js").write_text("x" * 3_000_000)
    text = read.perform(ReadFile("min.js"), workspace).text
    assert "[… 2,998,000 more characters …]" in text and "no newline at the end" in text


@pytest.mark.parametrize(
    ("data", "shown", "note"),
    [
        (b"a\r\nb\r\n", "1\ta\n2\tb", "(CRLF)"),
        ("\ufeffä\n".encode(), "1\tä", "(UTF-8 with a mark)"),
        ("ä\n".encode("utf-16"), "1\tä", "(UTF-16)"),
        ("caf\xe9\n".encode("latin-1"), "1\tcafé", "(Latin-1)"),
        ("äöü\n".encode() + b"\xff\n", "1\täöü\n2\t\ufffd", "(UTF-8 with stray bytes)"),
        (b"a\x0cb\x85\n", "1\ta\x0cb\x85", "(Latin-1)"),
    ],
)
def test_other_encodings_are_read_and_named(
    data: bytes, shown: str, note: str, top: Path, workspace: Workspace
) -> None:
    (top / "f").write_bytes(data)
    head, _, text = read.perform(ReadFile("f"), workspace).text.partition("\n")
    assert text == shown and head.endswith(note)


def test_what_is_no_text_file_is_named(top: Path, workspace: Workspace) -> None:
    (top / "b.png").write_bytes(b"\x89PNG\0\0")
    (top / "folder").mkdir()
    (top / "empty").touch()
    os.mkfifo(top / "pipe")
    with (top / "huge").open("wb") as file:
        file.truncate(200_000_000)
    for name, said in [
        ("b.png", "binary file of 6 bytes"), ("folder", "list_files"), ("pipe", "regular file"),
        ("huge", "200,000,000 bytes"), ("b.pgn", "Near names in `.`: b.png"),
        ("b.png/x", "is a file, not a folder"), ("nowhere/x", "there is no `nowhere`"),
    ]:  # fmt: skip
        with pytest.raises(BadArguments, match=said):
            read.perform(ReadFile(name), workspace)
    assert read.perform(ReadFile("empty"), workspace).summary == "empty"


def test_links_are_followed_inside_the_workspace_only(
    top: Path, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("out of reach")
    (top / "real").mkdir()
    (top / "real" / "f").write_text("fine\n")
    (top / "real" / ".env").write_text("KEY=1\n")
    (top / ".git").mkdir()
    (top / ".git" / "config").write_text("[core]")
    for name, target in [
        ("in", "real/f"), ("folder", "real"), ("absolute", str(top / "real" / "f")),
        ("round", "folder/../real/f"), ("out", "../secret"), ("away", str(tmp_path / "secret")),
        ("loop", "loop"), ("up", "real/../../secret"), ("env", "real/.env"), ("git", ".git/config"),
    ]:  # fmt: skip
        (top / name).symlink_to(target)
    for good in ("in", "folder/f", "absolute", "round"):
        assert "1\tfine" in read.perform(ReadFile(good), workspace).text
    for bad in ("out", "away", "loop", "up", "env", "git", ".git/config"):
        with pytest.raises(BadArguments):
            read.perform(ReadFile(bad), workspace)
    names = ["in", "out", "away", "env", "git", "real/f", "real/.env"]
    found = searched("fine|reach|KEY|core", workspace, names)
    assert found.text.startswith("in:1: fine\nreal/f:1: fine\n[") and found.summary == "2 hits"


def test_files_are_listed_by_folder_and_glob(top: Path, workspace: Workspace) -> None:
    names = ["b.py", "a.md", "src/x.py", "src/deep/y.py", "gone.py", "sub/.git/config"]
    for name in names[:4]:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()
    assert list_tool.perform(ListFiles(), workspace, names).text.split("\n") == [
        "a.md", "b.py", "src/deep/y.py", "src/x.py",
    ]  # fmt: skip
    below = list_tool.perform(ListFiles("src", "*.py"), workspace, names)
    assert below == Outcome("done", "src/deep/y.py\nsrc/x.py", summary="2 files")
    assert list_tool.perform(ListFiles("src", "deep/*"), workspace, names).summary == "1 file"
    assert list_tool.perform(ListFiles(".", "*.rs"), workspace, names).summary == "0 files"
    with pytest.raises(BadArguments, match="there is no `nope`"):
        list_tool.perform(ListFiles("nope"), workspace, names)


def test_too_many_files_are_counted_by_folder(top: Path, workspace: Workspace) -> None:
    names = [f"pkg{n % 3}/m{n}.py" for n in range(600)] + ["top.py", "odd\udcff.py"]
    for name in names:
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).touch()
    outcome = list_tool.perform(ListFiles(), workspace, names)
    assert outcome.summary == "602 files"
    assert outcome.text.split("\n")[1:] == [
        "odd\ufffd.py", "pkg0/  200 files", "pkg1/  200 files", "pkg2/  200 files", "top.py",
    ]  # fmt: skip


def test_search_finds_lines_and_says_what_it_left_out(top: Path, workspace: Workspace) -> None:
    (top / "a.py").write_text("def run(x):\r\n    return x\n")
    (top / "b.py").write_bytes("# l\xe4uft: def run(\n".encode("latin-1"))
    (top / "wide.txt").write_text("def run(".rjust(100) + "\n", encoding="utf-16")
    (top / "bin").write_bytes(b"def run(\0")
    (top / ".env").write_text("def run(=1")
    (top / "big").write_bytes(b"def run(\n" * 600_000)
    names = ["a.py", "b.py", "wide.txt", "bin", ".env", "big", "gone"]
    outcome = searched(r"def run\(", workspace, names)
    assert outcome.summary == "3 hits"
    assert outcome.text.split("\n") == [
        "a.py:1: def run(x):",
        "b.py:1: # läuft: def run(",
        "wide.txt:1: " + "def run(".rjust(100),
        "[1 file not searched, binary (with the pattern in it): bin]",
        "[1 file not searched, gone, linked or not readable: gone]",
        "[1 file not searched, larger than 4 MB: big]",
        "[1 file not searched, may hold secrets: .env]",
    ]
    assert searched("return", workspace, names, "a.py").summary == "1 hit"
    assert searched("nothing here", workspace, ["a.py"]).text == "No line matches in 1 file."


def test_many_hits_are_all_counted_and_the_first_shown(top: Path, workspace: Workspace) -> None:
    (top / "many").write_text("hit\n" * 1000)
    outcome = searched("hit", workspace, ["many"])
    assert outcome.summary == "1,000 hits" and outcome.text.count("many:") == 200
    assert "1,000 lines match in 1 file, the first 200 are shown; narrow it" in outcome.text


def test_very_long_lines_are_searched_as_far_as_is_safe(top: Path, workspace: Workspace) -> None:
    (top / "min.js").write_text("a" * 50_000 + "!\nb!\n")
    outcome = searched(r"\w+!", workspace, ["min.js"])
    assert outcome.text.startswith("min.js:2: b!\n[lines longer than")


def test_of_a_long_line_the_match_is_shown(top: Path, workspace: Workspace) -> None:
    (top / "min.js").write_text("a" * 5_000 + "needle" + "b" * 5_000 + "\n")
    (top / "end.js").write_text("a" * 5_000 + "needle\nneedle" + "b" * 500 + "\n")
    assert searched("needle", workspace, ["min.js", "end.js"]).text.split("\n") == [
        "end.js:1: […] " + "a" * 294 + "needle",
        "end.js:2: needle" + "b" * 294 + " […]",
        "min.js:1: […] " + "a" * 80 + "needle" + "b" * 214 + " […]",
    ]


def test_a_name_takes_one_line_whatever_it_holds(top: Path, workspace: Workspace) -> None:
    odd = "a\nb.py:1: x\x1b[2J\u202e"
    (top / odd).write_text("hit\n")
    told = "a\\nb.py:1: x\\x1b[2J\\u202e"
    assert searched("hit", workspace, [odd]).text == f"{told}:1: hit"
    assert list_tool.perform(ListFiles(), workspace, [odd]).text == told


def test_a_search_ends_with_the_developer_or_with_its_budget(
    top: Path, workspace: Workspace
) -> None:
    for name in "abc":
        (top / name).write_text("hit\n")
    action = SearchFiles("hit")
    stopped = search.perform(action, workspace, ["a", "b", "c"], stopped=lambda: True)
    assert "[Stopped by the developer; 1 of 3 files searched]" in stopped.text
    times = iter([0.0, 1.0, search.BUDGET_S + 1, 99.0])
    late = search.perform(
        action, workspace, ["a", "b", "c"], stopped=lambda: False, clock=lambda: next(times)
    )
    assert (
        late.summary == "2 hits, not all"
        and "[Stopped after 15 s; 2 of 3 files searched]" in late.text
    )
