from hypothesis import given
from hypothesis import strategies as st

from steerdeck.widgets.diff_view import counts, diff_line, hunk_lines
from steerdeck.widgets.unified import DiffLine, marks, parse

DIFF = """\
diff --git a/auth/session.py b/auth/session.py
index 1..2 100644
--- a/auth/session.py
+++ b/auth/session.py
@@ -44,5 +44,6 @@ class Session
     def expired(self):
-        return self.expires < time.time()
+        return self.expires < self.clock.now()
+        # and so on

     def refresh(self):
         return self
@@ -71 +72 @@
--- a comment of SQL
++++ another one
diff --git a/new.txt b/new.txt
new file mode 100644
--- /dev/null
+++ b/new.txt
@@ -0,0 +1,2 @@
+one
+two
\\ No newline at end of file
diff --git a/old name.txt b/new name.txt
similarity index 90%
rename from old name.txt
rename to new name.txt
diff --git a/x.png b/x.png
Binary files a/x.png and b/x.png differ
"""


def test_a_diff_is_read_into_files_hunks_and_numbered_lines() -> None:
    session, new, renamed, binary = parse(DIFF).files
    assert (session.path, session.added, session.removed) == ("auth/session.py", 3, 2)
    first = session.hunks[0]
    assert [(line.sign, line.number) for line in first.lines] == [
        (" ", 44), ("-", 45), ("+", 45), ("+", 46), (" ", 47), (" ", 48), (" ", 49),
    ]  # fmt: skip
    assert first.section == "class Session"
    assert (new.path, new.was, new.added, new.note) == ("new.txt", "", 2, "new file")
    assert (renamed.path, renamed.was) == ("new name.txt", "old name.txt")
    assert (binary.path, binary.note) == ("x.png", "binary")


def test_a_removed_line_that_looks_like_a_header_stays_a_line() -> None:
    second = parse(DIFF).files[0].hunks[1]
    assert [(line.sign, line.text) for line in second.lines] == [
        ("-", "-- a comment of SQL"),
        ("+", "+++ another one"),
    ]


def test_words_are_marked_only_when_enough_of_the_line_is_common() -> None:
    old, new = "return self.expires < time.time()", "return self.expires < self.clock.now()"
    (start, end), (begin, stop) = marks(old, new)
    assert old[start:end] == "time.time" and new[begin:stop] == "self.clock.now"
    (start, end), _ = marks("self.expires < time.time()", "self.expires <= clock.now()")
    assert "self.expires < time.time()"[start:end] == "time.time"
    assert marks("alpha beta", "gamma") == ((0, 0), (0, 0))
    (start, end), (begin, stop) = marks("self.expire = 1", "self.expires = 1")
    assert ("self.expire = 1"[start:end], "self.expires = 1"[begin:stop]) == ("expire", "expires")


@given(st.text("ab_. ", max_size=12), st.text("ab_. ", max_size=12))
def test_marks_leave_equal_text_on_both_sides(old: str, new: str) -> None:
    (a, b), (c, d) = marks(old, new)
    assert 0 <= a <= b <= len(old) and 0 <= c <= d <= len(new)
    if (a, b, c, d) != (0, 0, 0, 0):
        assert old[:a].rstrip() == new[:c].rstrip() and old[b:].lstrip() == new[d:].lstrip()


def test_a_diff_over_the_cap_says_how_much_is_missing() -> None:
    text = "--- a/x\n+++ b/x\n@@ -0,0 +1,99 @@\n" + "+line\n" * 99
    diff = parse(text, limit=13)
    assert diff.files[0].added == 10
    assert diff.cut == 103 - 13


@given(st.text("@-+ ,0123\nab\\/", max_size=80))
def test_no_text_is_an_error(text: str) -> None:
    parse(text)


def test_a_line_shows_number_sign_and_the_changed_word() -> None:
    line = diff_line(DiffLine("+", 49, "now = x\x1b[2J", (6, 7)))
    assert "".join(span.text for span in line.spans) == "  49 + now = x␛[2J"
    assert line.bg == "add_bg"
    assert [span.bg for span in line.spans if span.bg] == ["add_word"]
    removed = diff_line(DiffLine("-", 12, "gone"))
    assert removed.spans[0].text.strip() == "" and removed.bg == "rem_bg"


def test_a_lane_shows_the_newest_hunk_in_so_many_rows() -> None:
    hunk = parse(DIFF).files[0].hunks[0]
    assert len(hunk_lines(hunk, 9)) == 7
    short = hunk_lines(hunk, 4)
    assert len(short) == 4
    assert "more lines" in short[-1].spans[0].text


def test_counts_line_up_in_columns() -> None:
    assert [span.text for span in counts(12, 3)] == ["+12", " −3"]
    assert [span.text for span in counts(12, 0, columns=True)] == ["  +12", "   −0"]
    assert counts(12, 0)[1].fg == "t3"
