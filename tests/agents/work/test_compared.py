"""Pages of a review, verdicts on lines, and what a rejection leaves of a file."""

import random
from collections.abc import Sequence

import pytest

from steerdeck_agents.facts.anchoring import anchored, place
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.reviewing import (
    Anchor,
    Comment,
    CommentId,
    LineKey,
    Reviewing,
    Selection,
    Viewed,
)
from steerdeck_agents.work.compared import NO_END, Compared, Version, page_of, row_of
from steerdeck_agents.work.reviewing import merged, rejected, taken_back
from steerdeck_agents.workspace.within import FileState

OLD = [f"line {n}\n" for n in range(1, 31)]


def changed(*edits: tuple[int, int, list[str]]) -> list[str]:
    """OLD with the lines from..to (counted from 1, to not among them) replaced."""
    new = list(OLD)
    for first, last, lines in sorted(edits, reverse=True):
        new[first - 1 : last - 1] = lines
    return new


def version(lines: list[str] | None, mode: int = 0o644) -> Version:
    return Version(None if lines is None else FileState(mode, "".join(lines).encode()))


def compared(old: list[str] | None, new: list[str] | None, path: str = "a.txt") -> Compared:
    return Compared(path, version(old), version(new), ignore_space=False)


def hunk(of: Compared, number: int) -> Selection:
    """The selection of a whole hunk."""
    chosen = of.hunks[number]
    inside = [row for row in of.rows[chosen.first : chosen.last + 1] if not row.same]
    old = [row.old + 1 for row in inside if row.old is not None]
    new = [row.new + 1 for row in inside if row.new is not None]
    return Selection(
        of.path,
        of.after.digest,
        (min(old), max(old)) if old else (0, 0),
        (min(new), max(new)) if new else (0, 0),
    )


TWO = changed((5, 6, ["five\n", "five and a half\n"]), (20, 22, []))


def test_a_rejected_hunk_is_as_before_and_the_other_one_stays():
    of = compared(OLD, TWO)
    assert len(of.hunks) == 2
    assert of.without(hunk(of, 0)) == changed((20, 22, []))
    assert of.without(hunk(of, 1)) == changed((5, 6, ["five\n", "five and a half\n"]))


def test_one_line_of_a_hunk_can_be_rejected():
    of = compared(OLD, TWO)
    only = Selection("a.txt", of.after.digest, new=(6, 6))
    assert of.without(only) == changed((5, 6, ["five\n"]), (20, 22, []))
    back = Selection("a.txt", of.after.digest, old=(20, 20))
    assert "".join(of.without(back)) == "".join(
        changed((5, 6, ["five\n", "five and a half\n"]), (21, 22, []))
    )


@pytest.mark.parametrize("seed", range(40))
def test_rejecting_every_hunk_one_by_one_gives_the_old_file(seed):
    dice = random.Random(seed)
    new = list(OLD)
    for _ in range(dice.randrange(1, 7)):
        at = dice.randrange(len(new) + 1)
        new[at : at + dice.randrange(3)] = [f"new {dice.random()}\n"] * dice.randrange(3)
    if dice.random() < 0.3 and new:
        new[-1] = new[-1].rstrip("\n")
    while (of := compared(OLD, new)).hunks:
        count = len(of.hunks)
        new = of.without(hunk(of, dice.randrange(count)))
        assert len(compared(OLD, new).hunks) < count
    assert new == OLD


def test_a_new_file_that_is_rejected_whole_is_gone_and_a_removed_one_comes_back():
    added = compared(None, ["one\n", "two\n"])
    assert rejected(added, hunk(added, 0)) is None
    gone = compared(["one\n", "two\n"], None)
    assert rejected(gone, hunk(gone, 0)) == FileState(0o644, b"one\ntwo\n")


def test_what_is_taken_back_is_told_with_its_signs():
    of = compared(OLD, TWO)
    taken = taken_back(of, hunk(of, 0))
    assert (taken.line, taken.added, taken.removed) == (5, 2, 1)
    assert taken.quote == ("-line 5", "+five", "+five and a half")


def test_a_rejection_is_put_back_after_the_agent_went_on():
    with_it = TWO
    without = changed((20, 22, []))
    assert merged(with_it, without, without) == with_it
    later = ["first\n", *without[:-1], "last\n"]
    assert merged(with_it, without, later) == ["first\n", *with_it[:-1], "last\n"]
    assert merged(with_it, without, [line for line in without if line != "line 4\n"]) is None
    assert merged(["a\n"], [], []) == ["a\n"]
    assert merged(["a\n"], [], ["b\n"]) is None


def test_an_accepted_hunk_is_open_again_when_it_is_changed_again():
    of = compared(OLD, TWO)
    review = Reviewing(accepted=of.keys_of(hunk(of, 0)))
    assert of.accepted(review) == [True, False]
    again = compared(OLD, changed((5, 6, ["five!\n", "five and a half\n"]), (20, 22, [])))
    assert again.accepted(review) == [False, False]
    moved = compared(OLD, ["zero\n", *TWO])
    assert moved.accepted(review)[1] is True


def test_a_hunk_that_was_taken_back_is_known_when_it_is_made_again():
    of = compared(OLD, TWO)
    taken = taken_back(of, hunk(of, 0))
    review = Reviewing(taken=(taken,))
    assert [mark.again for mark in page_of(of, review).hunks] == [True, False]
    other = compared(OLD, changed((5, 6, ["fünf\n"])))
    assert [mark.again for mark in page_of(other, review).hunks] == [False]


def test_lines_accepted_one_by_one_make_an_accepted_hunk():
    of = compared(OLD, TWO)
    keys = [
        *of.keys_of(Selection("a.txt", of.after.digest, old=(5, 5), new=(5, 5))),
        *of.keys_of(Selection("a.txt", of.after.digest, new=(6, 6))),
    ]
    assert len(keys) == 3
    assert of.accepted(Reviewing(accepted=tuple(keys[:2]))) == [False, False]
    assert of.accepted(Reviewing(accepted=tuple(keys))) == [True, False]


def test_a_hunk_opens_again_however_it_was_accepted_and_a_line_of_it_alone():
    of = compared(OLD, TWO)
    whole, line = hunk(of, 0), Selection("a.txt", of.after.digest, new=(6, 6))
    one_by_one = Reviewing(accepted=tuple(key for keys in of.line_keys for key in keys))
    assert of.accepted(one_by_one) == [True, True]
    assert of.accepted(after(one_by_one, *of.opened(whole, one_by_one))) == [False, True]
    at_once = Reviewing(accepted=of.keys_of(whole))
    left = after(at_once, *of.opened(line, at_once))
    assert of.accepted(left) == [False, False]
    assert of.accepted(Reviewing(accepted=(*left.accepted, *of.keys_of(line))))[0] is True


def after(review: Reviewing, gone: Sequence[LineKey], kept: Sequence[LineKey]) -> Reviewing:
    return Reviewing(accepted=(*(key for key in review.accepted if key not in gone), *kept))


def anchor(lines: list[str], first: int, last: int) -> Anchor:
    return anchored("a.txt", "new", lines, first, last)


def test_a_comment_follows_its_lines_and_is_stale_when_they_are_gone():
    note = anchor(OLD, 10, 11)
    assert place(note, OLD) == 10
    assert place(note, ["new\n"] * 7 + OLD) == 17
    assert place(note, OLD[5:]) == 5
    assert place(note, changed((10, 11, ["other\n"]))) == 0
    assert place(note, []) == 0
    assert note.quote == ("line 10", "line 11")


def test_of_twins_the_one_between_the_same_neighbours_is_meant():
    lines = ["a\n", "}\n", "b\n", "}\n", "c\n"]
    note = anchor(lines, 4, 4)
    assert place(note, lines) == 4
    assert place(note, ["x\n", "}\n", *lines]) == 6
    assert place(note, ["b\n", "}\n", "c\n", "a\n", "}\n", "d\n"]) == 2


def test_a_page_holds_what_is_around_hunks_and_says_where_comments_are():
    of = compared(OLD, TWO, "a.py")
    review = Reviewing(
        comments=(Comment(CommentId("n1"), anchored("a.py", "new", TWO, 6, 6), "Why?"),),
        viewed=(),
    )
    page = page_of(of, review)
    assert [mark.line for mark in page.hunks] == [5, 21]
    assert [(one.comment, one.line) for one in page.comments] == [("n1", 6)]
    first = page.pairs[page.hunks[0].first]
    assert (first.old.text, first.new.text, first.hunk) == ("line 5", "five", 0)
    assert page.pairs[-1].gap == 30 - 21 - 8
    assert all(pair.gap == 0 for pair in page_of(of, review, whole=True).pairs)
    assert (page.added, page.removed) == (2, 3)


def test_binary_unread_and_link_are_said_and_not_compared():
    binary = Compared("a", version(OLD), Version(FileState(0o644, b"\0" * 9)), ignore_space=False)
    assert page_of(binary, Reviewing()).note.startswith("binary: ")
    unread = Compared("a", version(OLD), Version(None, "'a' is not a file."), ignore_space=False)
    page = page_of(unread, Reviewing())
    assert (page.kind, page.note) == ("unread", "not compared: 'a' is not a file.")
    assert page.pairs == ()
    run = compared(OLD, OLD)
    run = Compared("a", version(OLD), version(OLD, 0o755), ignore_space=False)
    assert page_of(run, Reviewing()).note == "it may be run now"


def test_a_missing_last_newline_is_seen():
    of = compared(["a\n"], ["a"])
    (pair,) = page_of(of, Reviewing()).pairs
    assert pair.new.text == "a" + NO_END
    assert of.without(hunk(of, 0)) == ["a\n"]


def test_a_viewed_file_counts_until_it_changes():
    of = compared(OLD, TWO)
    review = Reviewing(viewed=(Viewed("a.txt", of.after.digest),))
    assert row_of(of, review).viewed
    assert not row_of(compared(OLD, OLD[:-1]), review).viewed
    assert of.after.digest not in (Sha("gone"), version(TWO, 0o755).digest)


class Read(list[str]):
    """Lines that count how often they are read."""

    times = 0

    def __getitem__(self, at):
        self.times += 1
        return super().__getitem__(at)


def test_lines_that_stayed_are_found_without_a_look_at_the_whole_file():
    lines = Read(f"line {n}\n" for n in range(5000))
    anchor = anchored("a.txt", "new", lines, 4000, 4010)
    lines.times = 0
    assert (place(anchor, lines), lines.times < 10) == (4000, True)


@pytest.mark.parametrize("text", ["x" * 300, "why?", "caf\udce9", "", "a\r", "tail  "])
def test_moved_lines_of_any_text_are_found(text: str):
    lines = ["head\n", f"{text}\n", "two\n"]
    anchor = anchored("a.txt", "new", lines, 2, 3)
    assert place(anchor, [*OLD, *lines]) == len(OLD) + 2
