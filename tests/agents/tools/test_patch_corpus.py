"""Patches a model may send, hostile, broken and good, against one small tree."""

import os
from pathlib import Path

import pytest

from kit.patch_cases import GOOD, REFUSED, grow, move, update
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools import patch


@pytest.fixture
def tree(top: Path) -> Path:
    grow(top)
    return top


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder: mode, and bytes or where a link points."""
    found = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        if path.is_symlink():
            found[str(path)] = (mode, str(path.readlink()).encode())
        else:
            found[str(path)] = (mode, path.read_bytes() if path.is_file() else b"")
    return found


@pytest.mark.parametrize("text", REFUSED)
def test_a_patch_that_must_not_apply_changes_nothing(
    text: str, tree: Path, workspace: Workspace, tmp_path: Path
) -> None:
    before = snapshot(tmp_path)
    with pytest.raises((PatchError, BadArguments)) as refusal:
        patch.compute(text, workspace)
    said = str(refusal.value)
    assert said.endswith(".") and said.isprintable() and len(said) < 1200
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_a_good_patch_changes_exactly_what_it_says(
    text: str,
    expected: dict[str, bytes | None],
    tree: Path,
    workspace: Workspace,
    tmp_path: Path,
) -> None:
    before = snapshot(tmp_path)
    action = patch.compute(text, workspace)
    assert snapshot(tmp_path) == before
    assert {file.path: file.result for file in action.files} == expected
    assert patch.perform(action, workspace).status == "done"
    after = snapshot(tmp_path)
    touched = {str(tree / name) for name in expected}
    folders = {str(parent) for name in touched for parent in Path(name).parents}
    assert {n: v for n, v in after.items() if n not in touched | folders} == {
        n: v for n, v in before.items() if n not in touched | folders
    }
    for name, data in expected.items():
        assert (tree / name).exists() == (data is not None)
        assert data is None or (tree / name).read_bytes() == data


def test_a_hard_linked_file_is_replaced_and_not_written_through(
    tree: Path, workspace: Workspace, tmp_path: Path
) -> None:
    patch.perform(patch.compute(update("linked.txt", "-shared", "+mine"), workspace), workspace)
    assert (tmp_path / "other-name.txt").read_text() == "shared\n"


def test_modes_are_kept_and_changed_only_when_said(tree: Path, workspace: Workspace) -> None:
    (tree / "app.py").chmod(0o640)
    texts = [
        update("script.sh", "-echo a", "+echo b"), move("script.sh", "bin.sh"),
        update("app.py", "-import os", "+import sys"),
        "diff --git a/docs/a.md b/docs/a.md\nold mode 100644\nnew mode 100755\n",
        "diff --git a/new.sh b/new.sh\nnew file mode 100755\n--- /dev/null\n+++ b/new.sh\n"
        "@@ -0,0 +1 @@\n+x\n",
    ]  # fmt: skip
    for text in texts:
        patch.perform(patch.compute(text, workspace), workspace)
    modes = {name: (tree / name).stat().st_mode & 0o777 for name in ("app.py", "docs/a.md")}
    assert modes == {"app.py": 0o640, "docs/a.md": 0o755}
    assert all(os.access(tree / name, os.X_OK) for name in ("bin.sh", "new.sh"))
    assert not (tree / "script.sh").exists()


def test_a_misfit_tells_nothing_of_a_file_that_may_hold_secrets(
    tree: Path, workspace: Workspace
) -> None:
    (tree / ".env").write_text("TOKEN=hunter2\nDEBUG=1\n")
    with pytest.raises(PatchError) as refusal:
        patch.compute(update(".env", "-TOKEN=hunter1", " DEBUG=1"), workspace)
    assert "hunter2" not in str(refusal.value)


def test_a_missing_file_is_told_with_the_name_that_is_near(
    tree: Path, workspace: Workspace
) -> None:
    for path, near in [("docs/b.md", "; near is `docs/a.md`"), ("dosc/a.md", "; near is `docs`"),
                       ("zzz.qqq", "no such file. ")]:  # fmt: skip
        with pytest.raises(PatchError) as refusal:
            patch.compute(update(path, "-a", "+b"), workspace)
        assert near in str(refusal.value)


def test_the_corpus_is_large_enough() -> None:
    assert len(REFUSED) + len(GOOD) >= 150
