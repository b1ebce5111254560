"""Random files and edits: a patch made from two versions leads from one to the other."""

import difflib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools import patch
from steerdeck_agents.tools.encoding import decode
from steerdeck_agents.tools.patch_lines import applied, join, split
from steerdeck_agents.tools.patch_parse import parse_patch

WORDS = st.sampled_from(
    ["a", "b", "  b", "c ", "", "-- x", "++ y", "@@ z", "\\ no", "é – ‘q’", "\t"]
)
FILES = st.lists(WORDS, max_size=14)
ENDS = st.sampled_from(["\n", "\r\n"])


def unified(old: str, new: str, context: int) -> str:
    """What `diff -u` would print, with its mark for a missing last newline."""
    rows = difflib.unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        "a/f",
        "b/f",
        n=context,
    )
    marked = (
        row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows
    )
    return "".join(marked)


@settings(max_examples=300)
@given(
    old=FILES.filter(bool),
    new=FILES.filter(bool),
    end=ENDS,
    closed=st.tuples(st.booleans(), st.booleans()),
    context=st.integers(0, 4),
)
def test_a_unified_diff_leads_exactly_to_the_new_file(
    old: list[str], new: list[str], end: str, closed: tuple[bool, bool], context: int
) -> None:
    before = end.join([*old, ""]) if closed[0] else end.join([*old, "last"])
    after = end.join([*new, ""]) if closed[1] else end.join([*new, "last"])
    text = unified(before, after, context)
    if not text:
        return
    (file,) = parse_patch(text)
    assert join(applied("f", split(before), file.chunks)) == after


@settings(max_examples=200)
@given(old=FILES, new=FILES, end=ENDS, closed=st.booleans())
def test_an_envelope_with_all_lines_leads_to_the_new_file(
    old: list[str], new: list[str], end: str, closed: bool
) -> None:
    tail = "" if closed or not old else "last"
    before, after = (end.join([*lines, tail]) for lines in (old, new))
    last = [tail] if tail else []
    changes = difflib.ndiff([*old, *last], [*new, *last])
    rows = [row[0] + row[2:] for row in changes if row[0] != "?"]
    if not rows:
        return
    text = "\n".join(["*** Begin Patch", "*** Update File: f", "@@", *rows, "*** End Patch"])
    (file,) = parse_patch(text)
    kept_end = end if old else "\n"
    expected = after.replace(end, kept_end)
    assert join(applied("f", split(before), file.chunks)) == expected


@settings(max_examples=120)
@given(old=FILES, new=FILES, end=ENDS, more=st.lists(WORDS, max_size=3), executable=st.booleans())
def test_the_diff_shown_to_people_is_the_change_itself(
    old: list[str], new: list[str], end: str, more: list[str], executable: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        before, after = end.join([*old, "x"]), end.join([*new, "y", *more])
        (top / "f").write_bytes(before.encode())
        (top / "f").chmod(0o755 if executable else 0o644)
        (top / "gone").write_bytes(after.encode())
        workspace = Workspace(path=folder, repository="", branch="", base="")
        made = unified(before, after, 3) + "--- a/gone\n+++ /dev/null\n" + "".join(
            f"{row}\n" for row in unified(after, "", 3).split("\n")[2:-1]
        )  # fmt: skip
        action = patch.compute(made + "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n", workspace)
        again = patch.compute(action.diff, workspace)
        assert again.files == action.files and again.diff == action.diff
        patch.perform(again, workspace)
        assert (top / "f").read_bytes() == after.encode()
        assert sorted(path.name for path in top.iterdir()) == ["f", "new"]


@settings(max_examples=150)
@given(data=st.binary(max_size=80) | st.text(max_size=30).map(lambda text: text.encode("utf-16")))
def test_every_file_that_is_text_is_written_back_byte_for_byte(data: bytes) -> None:
    decoded = decode(data)
    if decoded is not None:
        text, encoding = decoded
        assert encoding.encode(join(split(text))) == data


PATCH_LINES = [
    "*** Begin Patch", "*** End Patch", "*** Update File: f", "*** Add File: g", "@@", "@@ a",
    "*** Delete File: f", "*** Move to: h", "*** End of File", "+x", "-a", " b", "", "junk",
    "--- a/f", "+++ b/f", "@@ -1,2 +1,2 @@", "diff --git a/f b/f", "\\ No newline", "<<EOF",
    "EOF", "```", "--- /dev/null", "rename from f", "rename to k", "new file mode 100755",
]  # fmt: skip


@settings(max_examples=200)
@given(lines=st.lists(st.sampled_from(PATCH_LINES), max_size=14))
def test_any_order_of_patch_lines_applies_or_is_refused_in_words(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "f").write_text("a\nb\na\n")
        workspace = Workspace(path=folder, repository="", branch="", base="")
        for text in ("\n".join(lines), "\n".join(["*** Begin Patch", *lines, "*** End Patch"])):
            try:
                action = patch.compute(text, workspace)
            except (PatchError, BadArguments):
                assert [path.name for path in Path(folder).iterdir()] == ["f"]
                continue
            assert action.files and action.diff


def test_context_is_found_ever_more_forgivingly_and_keeps_the_bytes_of_the_file() -> None:
    def change(old: str, *rows: str) -> str:
        text = "\n".join(["*** Begin Patch", "*** Update File: f", *rows, "*** End Patch"])
        (file,) = parse_patch(text)
        return join(applied("f", split(old), file.chunks))

    assert change("a  \nb\n", " a", "-b", "+c") == "a  \nc\n"
    assert change("\t a\nb\n", " a", "-b", "+c") == "\t a\nc\n"
    assert change("“x” – y\xa0z\nb\n", ' "x" - y z', "-b", "+c") == "“x” – y\xa0z\nc\n"
    assert change("a \na\nb\n", "-a", "+c") == "a \nc\nb\n"  # an exact match later wins
    assert change("x\na\nx\na\n", "-x", " a", "*** End of File") == "x\na\na\n"
    assert change("a\r\nb\nc\n", "-b", "+B\r") == "a\r\nB\r\nc\n"
    assert change("a\r\nb\nc\n", " a", "+n") == "a\r\nn\nb\nc\n"


def test_a_misfit_names_the_line_and_what_is_nearest() -> None:
    old = "def run(self):\n    value = 1\n    return value\n" + "pass\n" * 40
    text = "*** Begin Patch\n*** Update File: f\n {}\n {}\n-    return valu\n+    x\n*** End Patch"
    for first, second, said in [
        (
            "def run(self):",
            "    value = 1",
            "wants `return valu` where line 3 of the file is `return value`",
        ),
        ("def stop(self):", "    stopped = 2", "nearest is line 1 of the file `def run(self):`"),
    ]:
        (file,) = parse_patch(text.format(first, second))
        try:
            applied("f", split(old), file.chunks)
        except PatchError as problem:
            assert said in str(problem)
        else:
            raise AssertionError("it should not fit")


def test_hostile_sizes_stay_cheap() -> None:
    old = split("a\n" * 200_000)
    rows = "\n".join([" a"] * 40_000 + ["-b"])
    for head in ("@@", "@@ -100000,40001 +1,1 @@", "@@ a"):
        text = f"*** Begin Patch\n*** Update File: f\n{head}\n{rows}\n*** End Patch"
        (file,) = parse_patch(text)
        try:
            applied("f", old, file.chunks)
        except PatchError as problem:
            assert "does not fit" in str(problem)
        else:
            raise AssertionError("it should not fit")
