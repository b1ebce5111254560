"""`why`: which session, call and decision wrote a file or one of its lines."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import DONE, FAILED, USAGE, Ending
from steerdeck.verbs.printing import err, out, out_json
from steerdeck_agents.facts.asking import BY_POLICY
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import level_words
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.share.why import Why
from steerdeck_agents.share.why import why as written_by
from steerdeck_agents.share.why_call import Card, Effect

_CARD_LINES = 12
_SCOPES = {
    "turn": "for the turn",
    "session": "for the session",
    "repository": "for the repository",
}


@click.command()
@click.argument("file", metavar="FILE[:LINE]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every card whole.")
def why(file: str, as_json: bool) -> int:
    """Say which session, call and decision wrote a file, or one line of it.

    The file may stand in your repository, landed or not, or in the workspace of a session. Told are
    the task, the words of the model just before, the request, who allowed it, and how long it took.

    \b
    Examples:
      steerdeck why src/shop/prices.py
      steerdeck why src/shop/prices.py:42
    """
    where = reach.here()
    path, line = _place(file)
    top = _top(path)
    if not where.journal.exists():
        err("Nothing is recorded in this home yet.")
        return FAILED
    below = path.relative_to(top).as_posix()
    found = asyncio.run(written_by(JournalReader(where.journal), top, below, line))
    if line is not None and line > found.lines:
        raise Ending(f"{below} has {counted(found.lines, 'line')}.", USAGE)
    if as_json:
        out_json(found)
    else:
        _tell(found, line)
    return DONE if found.written else FAILED


def _place(words: str) -> tuple[Path, int | None]:
    name, colon, number = words.rpartition(":")
    line = int(number) if colon and number.isascii() and number.isdigit() else None
    path = Path(words if line is None or Path(words).exists() else name)
    line = None if Path(words).exists() else line
    if line == 0:
        raise Ending("Lines are counted from 1.", USAGE)
    if not path.is_file():
        raise Ending(f"{path} is not a file.")
    # The last name may be a link; the folders around it are taken as they really stand.
    return path.parent.resolve() / path.name, line


def _top(path: Path) -> Path:
    """The folder around a file that has a `.git`."""
    for folder in path.parents:
        if os.path.lexists(folder / ".git"):
            return folder
    raise Ending(f"{path} is in no repository, so no session can have written it.")


def _tell(found: Why, line: int | None) -> None:
    what = found.path if line is None else f"{found.path}:{line}"
    if not found.written:
        out(f"{what}: not written by a session of this home, as far as its journal goes.")
        return
    for place, one in enumerate(found.written):
        if place:
            out("")
        head = what if line is not None else f"{found.path} {_ranges(one.lines)}"
        out(f"{head}: session {one.name} ({one.session}), {_time(one.at_ms)}")
        if one.effect is None:
            out(f"  by        no call: changed outside of calls (checkpoint {one.reason!r})")
        else:
            tell_effect(one.effect)


def tell_effect(effect: Effect) -> None:
    """All that is on record of a call, a row each."""
    rows = [
        ("by", f"{effect.tool} {one_line(effect.title, 160)} ({effect.status})"),
        ("call", f"{effect.call}, event {effect.seq}, turn {effect.turn}"),
        ("request", effect.request or "not on record"),
        ("task", one_line(effect.task, 300)),
        ("it said", one_line(effect.words, 300)),
        ("allowed", _allowed(effect)),
        ("sandbox", level_words(effect.level)),
        ("took", _took(effect)),
    ]
    for label, text in rows:
        if text:
            out(f"  {label:<9} {text}")
    for text in effect.network[:_CARD_LINES]:
        out(f"  {'network':<9} {text}")
    if len(effect.network) > _CARD_LINES:
        out(f"  {'':<9} … {len(effect.network) - _CARD_LINES} more connections; --json has them")
    if effect.card is not None:
        _tell_card(effect.card)


def _tell_card(card: Card) -> None:
    """The card as it was shown: what it was about, why it was asked, and what was read of it."""
    lines = card.what.split("\n")
    out(f"  {'card':<9} asked because: {'; '.join(card.reasons) or 'everything is asked for'}")
    for text in lines[:_CARD_LINES]:
        out(f"  {'':<9} │ {text}")
    if len(lines) > _CARD_LINES:
        out(f"  {'':<9} … {counted(len(lines) - _CARD_LINES, 'more line')}; --json has them")
    outline = card.outline
    programs = list(dict.fromkeys(one.program for one in outline.commands))
    files = [f"{one.path} +{one.added} -{one.removed}" for one in card.files]
    rows = [
        ("why", [f"“{one_line(card.why, 300)}”"] if card.why.strip() else []),
        ("danger", [card.danger] if card.danger else []),
        ("does", programs),
        ("reads", outline.reads),
        ("writes", outline.writes),
        ("network", outline.network),
        ("files", files),
        ("had read", card.taint),
        ("folder", [card.folder]),
        ("sandbox", [level_words(card.level)] if card.level else []),
    ]
    for label, told in rows:
        if told:
            more = f" and {len(told) - _CARD_LINES} more" if len(told) > _CARD_LINES else ""
            out(f"  {'':<9} {label:<9} {', '.join(told[:_CARD_LINES])}{more}")


def _took(effect: Effect) -> str:
    """`0.2 s; it waited 47.0 s before that`."""
    if not effect.started_ms:
        return "it was not started"
    took = _seconds(effect.ended_ms - effect.started_ms) if effect.ended_ms else "not known"
    return f"{took}; it waited {_seconds(effect.started_ms - effect.requested_ms)} before that"


def _allowed(effect: Effect) -> str:
    """Who allowed it and how: `by the developer, once, after 3.2 s (mode ask)`."""
    card = effect.card
    by = "by nobody on record"
    if effect.allowed_by == "developer":
        by = "by the developer"
    elif effect.allowed_by == BY_POLICY:
        by = f"by {BY_POLICY}, with nobody there to ask"
    elif effect.allowed_by:
        by = f"without a question: {effect.allowed_by}"
    if effect.rule and effect.rule not in by:
        by += f", rule {effect.rule}"
    if card is not None and card.decided_ms:
        words = f", saying “{one_line(card.words, 100)}”" if card.words else ""
        told = "" if card.decision == "allow" else "rejected "
        by += f", {told}{_SCOPES.get(card.scope, card.scope)}{words}"
        by += f", after {_seconds(effect.waited_ms)}"
    return by if f"mode {effect.mode}" in by else f"{by} (mode {effect.mode})"


def _ranges(lines: Sequence[int]) -> str:
    """Numbers as ranges: `lines 1–3, 7`."""
    parts: list[list[int]] = []
    for line in lines:
        if parts and parts[-1][1] == line - 1:
            parts[-1][1] = line
        else:
            parts.append([line, line])
    told = [str(a) if a == b else f"{a}–{b}" for a, b in parts]
    more = f" and {len(told) - 20} more places" if len(told) > 20 else ""
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(told[:20])}{more}"


def _seconds(ms: int) -> str:
    return f"{max(0, ms) / 1000:.1f} s"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
