"""What the agent sends as its plan, merged with what the developer made of the one before.

The agent's words and order hold, except where the developer spoke: what was struck stays struck,
their wording stays where the agent sends its own old one, and steps they added stay in. What the
model could not know of when it wrote its plan stays also in its place. Runs in the runtime only,
which compares texts; decks get the result as a fact.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from msgspec.structs import replace

from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan import MOST_STEPS, Plan, Step, numbered

_ALIKE = 0.65
"""From which likeness on other words are taken for the same step."""
_QUOTED = 80


class Merged(NamedTuple):
    """The plan from now on, and what the agent must know of it."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]


def merge(plan: Plan, sent: Sequence[Step], *, unknown: bool) -> Merged:
    """Merge a plan; `unknown`: the developer changed it after the model last heard of it."""
    of = _matched(plan.steps, sent)
    notes: list[str] = []
    kept: list[Step] = []
    for step, before in zip(sent, of, strict=True):
        kept.append(step if before is None else _one(before, step, plan.told, notes, unknown))
    known = {step.id for step in kept if step.id}
    for at, step in enumerate(plan.steps):
        if step.id in known or not (step.struck or step.own):
            continue
        if step.own and not step.struck:
            notes.append(f"{_quoted(step)} is a step of the developer's and was kept.")
        kept.insert(_behind(plan.steps[:at], kept), step)
    if unknown:
        kept = _in_order(plan.steps, kept)
    made, _ = numbered(_few(kept), plan.last_id)
    return Merged(made, tuple(notes))


def _one(before: Step, sent: Step, told: int, notes: list[str], unknown: bool) -> Step:
    """A step that was there before, as the agent sends it now."""
    now = replace(before, status=sent.status)
    if before.struck:
        if sent.status != "completed":
            notes.append(
                f"{_quoted(before)} was struck by the developer and stays so; leave it out."
            )
        return now
    if sent.text in (before.text, before.before):
        if sent.text == before.before:
            notes.append(f"The developer's words for “{_short(sent.text)}” are: {before.text}")
        return now
    if unknown and (before.before or before.own):
        notes.append(f"The developer's words for “{_short(sent.text)}” are: {before.text}")
        return now
    heard = before.comment_seq <= told
    return replace(
        now,
        text=sent.text,
        before="",
        comment="" if heard else before.comment,
        comment_seq=0 if heard else before.comment_seq,
    )


def _matched(old: Sequence[Step], new: Sequence[Step]) -> list[Step | None]:
    """For each new step the old one it is: by its words, else by words much like them."""
    found: list[Step | None] = [None] * len(new)
    free = list(old)
    for exact in (True, False):
        for at, step in enumerate(new):
            if found[at] is not None:
                continue
            match = _same(step, free) if exact else _alike(step, free)
            if match is not None:
                found[at] = match
                free.remove(match)
    return found


def _same(step: Step, among: Sequence[Step]) -> Step | None:
    return next((one for one in among if step.text in (one.text, one.before)), None)


def _alike(step: Step, among: Sequence[Step]) -> Step | None:
    words = step.text.casefold().split()
    best, found = _ALIKE, None
    for one in among:
        for text in (one.text, one.before):
            likeness = SequenceMatcher(None, words, text.casefold().split(), False).ratio()
            if likeness >= best and likeness > 0:
                best, found = likeness, one
    return found


def _behind(before: Sequence[Step], kept: Sequence[Step]) -> int:
    """The place behind the nearest step that stood before it and is still there."""
    places = {step.id: at for at, step in enumerate(kept) if step.id}
    for step in reversed(before):
        if step.id in places:
            return places[step.id] + 1
    return 0


def _in_order(old: Sequence[Step], kept: Sequence[Step]) -> list[Step]:
    """Known steps in the order of the plan before; new ones stay behind what they stood behind."""
    order = {step.id: at for at, step in enumerate(old)}
    known = sorted((step for step in kept if step.id in order), key=lambda step: order[step.id])
    made, last = list(known), 0
    for step in kept:
        if step.id in order:
            last = made.index(step) + 1
        else:
            made.insert(last, step)
            last += 1
    return made


def _few(steps: Sequence[Step]) -> list[Step]:
    """So many that a state stays small: of too many, struck ones are forgotten first."""
    left = len(steps) - MOST_STEPS
    few: list[Step] = []
    for step in steps:
        if left > 0 and step.struck:
            left -= 1
            continue
        few.append(step)
    return few[: 2 * MOST_STEPS]


def _quoted(step: Step) -> str:
    return f"“{_short(step.text)}”"


def _short(text: str) -> str:
    return one_line(text, _QUOTED)
