"""The landing dialog in lines: what a merge would come to, and each way with its key."""

from collections.abc import Mapping, Sequence

from steerdeck.glyphs import glyphs
from steerdeck.keymap import Keymap
from steerdeck.text import Line, Span, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.shore_page import ShorePage
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

_NAMED = 3
_SELDOM = ("branch", "patch", "push", "pull_request")


def look_lines(state: SessionState, page: ShorePage | None, *, queued: bool) -> list[Line]:
    """How it stands to the branch, whether it merges, what is in the way, what comes first."""
    if page is None:
        return [_line("stands", "the merge is being tried", "t2")]
    if page.line.problem:
        return [Line((Span("stands".ljust(9), "t2"), foreign(page.line.problem, "t1")), wrap=True)]
    lines = [_stands(page)]
    g = glyphs()
    if page.held:
        words = (
            f"{g.done} your branch holds this work already" if state.files else "nothing to land"
        )
        lines.append(_line("merge", words, "t1"))
    elif page.conflicts:
        files = _named(page.conflicts)
        lines.append(_line("merge", f"{g.failed} conflicts in {files}", "failed"))
    elif page.tried:
        lines.append(_line("merge", f"{g.done} no conflict", "done"))
    else:
        lines.append(_line("merge", "not tried: that needs git 2.38", "t1"))
    if page.blocked:
        files = _named(page.blocked)
        words = f"{files}: yours and uncommitted; commit or stash, then land"
        lines.append(_line("way", words, "t1"))
    if state.turn is not None:
        words = "it is still at work: it can be landed when the turn has ended"
        lines.append(_line("now", words, "t1"))
    if state.in_line is not None:
        words = f"queued to land ({state.in_line.how})"
        lines.append(_line("now", words, "t1"))
    if queued and state.verify.checks:
        names = ", ".join(check.name for check in state.verify.checks)
        lines.append(_line("checks", f"{names}, on the merged result", "t1"))
    if state.way_back:
        lines.append(_line("undo", state.way_back, "t2"))
    return lines


def in_the_way(state: SessionState, page: ShorePage | None) -> str:
    """Why it can't come onto the branch now, as a sentence; empty where it can."""
    if state.turn is not None:
        return "It is still at work: it can be landed when the turn has ended."
    if state.in_line is not None:
        return "It is queued to land already."
    if page is None:
        return "The merge is being tried."
    if page.held:
        return (
            "Your branch holds this work already." if state.files else "There is nothing to land."
        )
    if page.conflicts:
        return f"It conflicts in {_named(page.conflicts)}: hand it back, or land it as a branch."
    if page.blocked:
        return (
            f"Your own changes in {_named(page.blocked)} are not committed: commit or stash them."
        )
    return ""


def _stands(page: ShorePage) -> Line:
    line = page.line
    if not line.branch:
        return _line("stands", "your HEAD is on no branch: land it as a branch or a patch", "t1")
    ahead = f"{counted(line.ahead, 'commit')} ahead" if line.ahead else ""
    more = "its work uncommitted" if page.uncommitted else ""
    behind = f"{counted(line.behind, 'commit')} behind" if line.behind else ""
    words = ", ".join(word for word in (ahead, more, behind) if word) or "level with it"
    return _line("stands", f"{line.branch}: {words}", "t1")


def _line(label: str, words: str, tone: Token) -> Line:
    return Line((Span(label.ljust(9), "t2"), foreign(words, tone)), wrap=True, hang=9)


def _named(paths: Sequence[str]) -> str:
    left = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {left} more" if left > 0 else "")


def way_lines(
    keymap: Keymap, ways: Sequence[tuple[str, str]], verbs: Mapping[str, str], *, low: bool
) -> list[Line]:
    """Each way with its key; in a low terminal those used seldom stand in one row.

    `verbs` are those that differ from the table's now.
    """
    lines = []
    short: list[Span] = []
    for id, about in ways:
        verb = verbs.get(id, keymap.by_id[id].verb)
        if low and id in _SELDOM:
            short += [
                Span(keymap.shown(id), "accent", id=f"do:{id}"),
                Span(f" {verb}   ", "t1", id=f"do:{id}"),
            ]
            continue
        lines.append(
            Line(
                (
                    Span(keymap.shown(id).ljust(4), "accent", id=f"do:{id}"),
                    Span(verb.ljust(16), "t0", id=f"do:{id}"),
                    foreign(about, "t2"),
                )
            )
        )
    return [*lines, Line(tuple(short))] if short else lines
