"""What a new window tells of the old one: the model's own summary, or else one made from facts."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop import planning, request
from steerdeck_agents.loop.prompt import CALLS, OUTPUTS, Held
from steerdeck_agents.loop.window import SUMMARY, calls_in

ASK = request.message(
    "user",
    "<summarize>\n"
    "The conversation has grown long and is about to be compacted: most of it is taken out of your "
    "sight, and you go on from a summary. Write that summary now, as text; do not call any tool.\n"
    "Say: what the developer wants, with every decision and limit they gave; what has been done "
    "and how it was checked; what was tried and did not work; facts worth keeping (paths, names, "
    "commands, errors, word for word); what is unfinished, and the very next step.\n"
    "The plan, the list of changed files, the developer's last words and your last steps are kept "
    "besides. Be exact and brief: 600 words at most.\n"
    "</summarize>",
)
"""The exact item that asks for a summary; always the same bytes."""

_LONGEST = 24_000
"""Characters of a model's summary that are kept."""
_MOST_CALLS = 40
_LINE = 200
_LAST_WORDS = 2_000
_TAG = re.compile(r"<(/?\s*compacted\b)", re.IGNORECASE)


class _Item(msgspec.Struct, frozen=True):
    """Read with Any: a model may send anything."""

    call_id: Any = ""
    name: Any = ""
    arguments: Any = ""
    input: Any = ""
    output: Any = ""
    content: Any = ()


def item(state: SessionState, summary: str, dropped: Sequence[Held], uncovered: str) -> str:
    """The item of the new window with the summary and the facts that must not be lost."""
    parts = [
        f"The conversation up to here was compacted: {counted(len(dropped), 'item')} with "
        f"{counted(calls_in(dropped), 'call')} were taken out of your sight. This is what counts "
        "of it; do not repeat what is done.",
        summary,
    ]
    if uncovered:
        parts.append(f"After that, and not in the summary above:\n{uncovered}")
    if state.plan.steps:
        parts.append(f"The plan:\n{planning.listed(state.plan.steps)}")
    if state.files:
        files = "\n".join(f"- {f.path} ({f.kind}, +{f.added} -{f.removed})" for f in state.files)
        parts.append(f"Files that differ from where the work began:\n{files}")
    waiting = [f"- approval: {one_line(a.what, _LINE)}" for a in state.approvals]
    waiting += [f"- question: {one_line(q.text, _LINE)}" for q in state.questions]
    if waiting:
        parts.append("Waiting for the developer:\n" + "\n".join(waiting))
    text = _TAG.sub(r"&lt;\1", "\n\n".join(part for part in parts if part))
    return request.message("user", f"<compacted>\n{text}\n</compacted>")


def bounded(text: str) -> str:
    """A model's summary, cut when it is no summary."""
    text = text.strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n[… cut …]"


def mechanical(items: Sequence[Held]) -> str:
    """A summary without a model: earlier ones, the calls with how they ended, the last words."""
    read = [(held, msgspec.json.decode(held.text, type=_Item)) for held in items]
    outputs = {str(it.call_id): _words(it.output) for held, it in read if held.kind in OUTPUTS}
    calls = [
        f"- {it.name} {one_line(str(it.arguments or it.input), _LINE)}: "
        f"{one_line(str(outputs.get(str(it.call_id), 'no result')), _LINE)}"
        for held, it in read
        if held.kind in CALLS
    ]
    before = [_said(it)[:_LONGEST] for held, it in read if held.origin == SUMMARY]
    parts = [f"An earlier summary:\n{text}" for text in before[-1:]]
    if calls:
        older = len(calls) - _MOST_CALLS
        more = [f"- and {counted(older, 'call')} before these"] if older > 0 else []
        parts.append("Your calls and how each ended:\n" + "\n".join([*more, *calls[-_MOST_CALLS:]]))
    said = [_said(it) for held, it in read if held.origin == "model" and held.kind == "message"]
    if said:
        parts.append(f"Your last words:\n{said[-1][-_LAST_WORDS:]}")
    return "\n\n".join(parts)


def _said(it: _Item) -> str:
    return _words(it.content) if isinstance(it.content, list) else ""


def _words(content: object) -> str:
    """The text of a content, without its pictures."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        part["text"]
        for part in parts
        if isinstance(part, dict) and isinstance(part.get("text"), str)
    )
