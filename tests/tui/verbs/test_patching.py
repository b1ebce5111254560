"""`patch apply`: the tool's engine on a folder of the developer's own."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from kit.made_patches import File
from kit.patch_cases import GOOD, REFUSED, add, envelope, grow, update
from kit.patch_trees import taken
from steerdeck import cli
from steerdeck.verbs.entry import run


def carry_out(*words: str) -> int:
    return run(["patch", "apply", *words], lambda _: 0)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    top.mkdir()
    grow(top)
    return top


def written(tmp_path: Path, text: str) -> str:
    (tmp_path / "asked.patch").write_bytes(text.encode())
    return str(tmp_path / "asked.patch")


def test_a_good_patch_is_applied_and_its_files_are_told(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = envelope(
        "*** Add File: new/x.txt", "+x", "*** Delete File: docs/a.md",
        "*** Update File: app.py", "-import os", "+import sys",
    )  # fmt: skip
    assert carry_out("--root", str(tree), written(tmp_path, text)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "A new/x.txt +1 −0", "D docs/a.md +0 −3", "M app.py +1 −1",
    ]  # fmt: skip
    assert (tree / "new/x.txt").read_text() == "x\n" and not (tree / "docs/a.md").exists()
    assert (tree / "app.py").read_text().startswith("import sys\n")


def test_json_tells_the_files_or_the_reason(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--root", str(tree), "--json"]
    assert carry_out(*root, written(tmp_path, add("new.txt"))) == 0
    assert json.loads(capsys.readouterr().out) == {
        "applied": True, "reason": "",
        "files": [{"path": "new.txt", "change": "added", "added": 1, "removed": 0}],
    }  # fmt: skip
    assert carry_out(*root, written(tmp_path, update("app.py", "-import oz", "+x"))) == 1
    told = capsys.readouterr()
    said = json.loads(told.out)
    assert not said["applied"] and said["files"] == [] and said["reason"] in told.err
    assert "nearest is line 1 of the file `import os`" in said["reason"]


@pytest.mark.parametrize("text", [*REFUSED[:30:3], *REFUSED[30::9]])
def test_a_refused_patch_ends_with_one_and_changes_nothing(
    text: str, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = taken(tree)
    assert carry_out("--root", str(tree), written(tmp_path, text)) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.strip().endswith(".")
    assert taken(tree) == before


@pytest.mark.parametrize(("text", "expected"), GOOD[::5])
def test_what_the_tool_takes_is_taken_here(
    text: str, expected: dict[str, bytes | None], tree: Path, tmp_path: Path
) -> None:
    before = {name: file.data for name, file in taken(tree).items()}
    assert carry_out("--root", str(tree), written(tmp_path, text)) == 0
    wanted = {name: data for name, data in (before | expected).items() if data is not None}
    assert {name: file.data for name, file in taken(tree).items()} == wanted


def test_a_patch_is_read_from_the_standard_input(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(add("in.txt").encode())))
    assert carry_out("--root", str(tree), "-") == 0
    assert taken(tree)["in.txt"] == File(b"x\n")


def test_bytes_that_are_no_text_are_refused_in_words(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for data, said in [(b"\xff\xfe", "not UTF-8"), (b"a\0b", "NUL"), (b"x" * 600_000, "too long")]:
        (tmp_path / "bad.patch").write_bytes(data)
        assert carry_out("--root", str(tree), str(tmp_path / "bad.patch")) == 1
        assert said in capsys.readouterr().err


def test_wrong_words_are_a_usage_error(tree: Path, tmp_path: Path) -> None:
    good = written(tmp_path, add("new.txt"))
    for words in [
        [], [good], ["--root", str(tree)], ["--root", str(tree / "nowhere"), good],
        ["--root", good, good], ["--root", str(tree), str(tree / "nowhere")],
        ["--root", str(tree), "--jsn", good], ["--root", str(tree), good, good],
    ]:  # fmt: skip
        assert carry_out(*words) == 2
    assert not (tree / "new.txt").exists()


def test_the_help_shows_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert carry_out("--help") == 0
    assert "steerdeck patch apply --root . fix.patch" in capsys.readouterr().out


def test_new_files_are_open_to_whom_the_developer_s_own_are(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["patch", "apply", "--root", str(tree), written(tmp_path, add("new.txt"))]
    monkeypatch.setattr(sys, "argv", ["steerdeck", *words])
    before = os.umask(0o022)
    try:
        assert cli.main() == 0
    finally:
        os.umask(before)
    assert (tree / "new.txt").stat().st_mode & 0o777 == 0o644


def test_the_folder_may_be_reached_through_a_link(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(tree)
    assert carry_out("--root", str(tmp_path / "way"), written(tmp_path, add("new.txt"))) == 0
    assert (tree / "new.txt").exists()
