"""Tests that were deleted, skipped or weakened by a piece of work, as marks a developer looks at.

A mark is a question and no verdict: taking a test away may be right. Moved and renamed tests are
found by what they say, so they are not taken for deleted.
"""

import asyncio
import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from steerdeck_agents.facts.checks import Weakening
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.work import marks_patterns, marks_python
from steerdeck_agents.work.marks_settings import is_settings, left_out
from steerdeck_agents.work.marks_test import OneTest, holds_tests
from steerdeck_agents.workspace.checkpoint import base_file
from steerdeck_agents.workspace.within import FileState, read_file

MOST = 40
"""Marks at most."""
_MOST_ALIKE = 4
"""Of one kind in one file; more become one mark."""
_MOST_FILES = 200
_LARGEST = 1024 * 1024
_LIKE = 0.6
_MOST_COMPARED = 1500


class Change(msgspec.Struct, frozen=True):
    """A file before and after; None where it is not there."""

    path: str
    before: str | None
    after: str | None


class _Found(NamedTuple):
    path: str
    test: OneTest


def marks(changes: Sequence[Change]) -> tuple[Weakening, ...]:
    """All marks, by path and line. Takes a while for many files: call it in a thread."""
    before: list[_Found] = []
    after: list[_Found] = []
    unread: set[str] = set()
    for change in changes:
        if not holds_tests(change.path):
            continue
        old, new = (_tests(change.path, text) for text in (change.before, change.after))
        if old is None or new is None:
            unread.add(change.path)
            continue
        before += [_Found(change.path, one) for one in old]
        after += [_Found(change.path, one) for one in new]
    found = [
        *_compared(changes, before, after),
        *(_excluded(one) for one in _settings(changes)),
    ]
    return tuple(_grouped(sorted(found, key=lambda mark: (mark.path, mark.line, mark.kind))))[:MOST]


async def changes_of(workspace: Workspace, paths: Iterable[str]) -> tuple[Change, ...]:
    """The changed files of a workspace that `marks` looks at, against its base."""
    wanted = [path for path in paths if holds_tests(path) or is_settings(path)][:_MOST_FILES]
    found = []
    for path in wanted:
        base = await base_file(workspace, path)
        now = await asyncio.to_thread(_read, workspace.path, path)
        found.append(Change(path, _text(base), _text(now)))
    return tuple(found)


def _read(root: str, path: str) -> FileState | None:
    try:
        return read_file(root, path, _LARGEST)
    except OrderRefused:
        return None


def _text(state: FileState | None) -> str | None:
    if state is None or state.link is not None or len(state.data) > _LARGEST:
        return None
    return state.data.decode(errors="replace")


def _tests(path: str, text: str | None) -> tuple[OneTest, ...] | None:
    if text is None:
        return ()
    return (
        marks_python.tests_of(text) if path.endswith(".py") else marks_patterns.tests_of(path, text)
    )


def _compared(
    changes: Sequence[Change], before: list[_Found], after: list[_Found]
) -> Iterator[Weakening]:
    now = {(one.path, one.test.name): one for one in after}
    then = {(one.path, one.test.name) for one in before}
    gone = [one for one in before if (one.path, one.test.name) not in now]
    fresh = [one for one in after if (one.path, one.test.name) not in then]
    for one in before:
        if kept := now.get((one.path, one.test.name)):
            yield from _weaker(one.test, kept)
    taken = dict.fromkeys(range(len(fresh)), 0)
    deleted: dict[str, list[OneTest]] = {}
    for one in gone:
        index = _moved_to(one, fresh, taken)
        if index is None:
            deleted.setdefault(one.path, []).append(one.test)
        else:
            taken[index] += 1
            if fresh[index].test.cases == 1:
                yield from _weaker(one.test, fresh[index])
    for lone in fresh:
        if lone.test.only:
            yield _only(lone)
    removed = {change.path for change in changes if change.after is None}
    for path, tests in deleted.items():
        if path in removed:
            number = f"{len(tests)} tests" if len(tests) > 1 else "one test"
            yield Weakening(path, 0, "deleted file", f"The file was deleted, with {number}.")
        else:
            yield from (
                Weakening(path, test.line, "deleted", f"The test {_called(test)} was deleted.")
                for test in tests
            )


def _moved_to(one: _Found, fresh: list[_Found], taken: dict[int, int]) -> int | None:
    """Where a test that is gone came back: the same words, or the same name, or much alike."""
    free = [index for index in taken if taken[index] < max(1, fresh[index].test.cases)]
    for index in free:
        if fresh[index].test.body == one.test.body:
            return index
    last = _last(one.test)
    for index in free:
        if _last(fresh[index].test) == last:
            return index
    for index in free:
        if _alike(one.test, fresh[index].test):
            return index
    return None


def _alike(gone: OneTest, new: OneTest) -> bool:
    """Much the same words; fewer do for one of several cases, or under much the same name."""
    least = _LIKE if new.cases == 1 else _LIKE / 1.5
    if difflib.SequenceMatcher(None, _last(gone), _last(new)).ratio() >= _LIKE:
        least = _LIKE / 2
    one, other = gone.body[:_MOST_COMPARED], new.body[:_MOST_COMPARED]
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < least:
        return False
    return matcher.ratio() >= least


def _weaker(old: OneTest, found: _Found) -> Iterator[Weakening]:
    """What a kept test lost."""
    path, new = found

    def mark(kind: str, sentence: str) -> Weakening:
        return Weakening(path, new.line, kind, f"The test {_called(new)} {sentence}.")

    if new.skipped != old.skipped and new.skipped and old.skipped != "always":
        yield mark("skipped", "is skipped now" if new.skipped == "always" else "may be skipped now")
    if new.only and not old.only:
        yield _only(found)
    if new.cases < old.cases:
        yield mark("deleted", f"has {new.cases} cases, {old.cases} before")
    had, has = old.exact + old.loose + old.raises, new.exact + new.loose + new.raises
    if new.empty > old.empty:
        yield mark("weakened", "has an assertion that always holds")
    elif has < had:
        yield mark(
            "weakened", f"asserts {has} things, {had} before" if has else "asserts nothing now"
        )
    elif new.exact < old.exact and new.loose > old.loose:
        yield mark("weakened", "only asks for some value where it compared with one")
    if new.wide > old.wide and new.raises <= old.raises:
        yield mark("weakened", "expects any exception where it expected one kind")
    elif new.worded < old.worded and new.raises >= old.raises:
        yield mark("weakened", "no longer looks at the words of an exception")
    if new.swallows > old.swallows:
        yield mark("weakened", "catches the failure of its own assertion")
    if _looser(old, new):
        yield mark("weakened", "allows a larger difference than before")


def _looser(old: OneTest, new: OneTest) -> bool:
    pairs = zip(old.tolerances, new.tolerances, strict=False)
    same = [kind for kind, _ in old.tolerances] == [kind for kind, _ in new.tolerances]
    return same and any(now > then for (_, then), (_, now) in pairs)


def _only(found: _Found) -> Weakening:
    sentence = f"The test {_called(found.test)} is marked to run alone, so others do not run."
    return Weakening(found.path, found.test.line, "only", sentence)


def _settings(changes: Sequence[Change]) -> Iterator[tuple[str, int, str]]:
    for change in changes:
        for line, said in left_out(change.path, change.before, change.after):
            yield change.path, line, said


def _excluded(one: tuple[str, int, str]) -> Weakening:
    path, line, said = one
    return Weakening(
        path, line, "excluded", f"This setting may leave tests out: {one_line(said, 120)}"
    )


def _grouped(found: list[Weakening]) -> Iterator[Weakening]:
    """Many alike marks of one file as one."""
    alike: dict[tuple[str, str], list[Weakening]] = {}
    for mark in found:
        alike.setdefault((mark.path, mark.kind), []).append(mark)
    for (path, kind), same in alike.items():
        if len(same) <= _MOST_ALIKE:
            yield from same
        else:
            text = f"{len(same)} tests are {kind}, the first: {same[0].text}"
            yield Weakening(path, same[0].line, kind, text)


def _called(test: OneTest) -> str:
    return one_line(test.name, 120)


def _last(test: OneTest) -> str:
    return test.name.rpartition(" > ")[2].rpartition(".")[2]
