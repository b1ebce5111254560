"""The page of a prompt: what each item weighs, what of it is cached, where the cache was lost."""

import itertools
from collections.abc import Sequence

import msgspec

from steerdeck_agents.facts.events import WindowCompacted, decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import compaction_words
from steerdeck_agents.journal.reader import JournalReader, StoredItem, StoredRequest
from steerdeck_agents.loop import window
from steerdeck_agents.runtime.wire import PromptLine, WindowMark


class _Fields(msgspec.Struct, frozen=True):
    """What of a request's parameters stands before its items, or decides what is cached."""

    model: str = ""
    tools: msgspec.Raw = msgspec.Raw(b"[]")
    reasoning: msgspec.Raw = msgspec.Raw(b"null")


def prompt_lines(items: Sequence[StoredItem], state: SessionState) -> list[PromptLine]:
    """The items of the newest window, with what the last request's counts say of each."""
    sizes = [window.tokens([item.text]) for item in items]
    counted = window.overhead() + sum(sizes[: state.measured_items])
    # The server counts tokens, we count bytes: both are taken as parts of the same whole.
    cached = state.cached * counted / state.measured if state.measured else 0.0
    lines: list[PromptLine] = []
    end = window.overhead()
    for item, size in zip(items, sizes, strict=True):
        end += size
        lines.append(
            PromptLine(item.index, item.kind, item.origin, item.text, item.sha, size, end <= cached)
        )
    return lines


def marks(reader: JournalReader, session: SessionId) -> list[WindowMark]:
    """Every place where the beginning of the prompt changed, in order."""
    found = [
        WindowMark(fact.seq, fact.new, "compaction", f"{fact.reason}: {compaction_words(fact)}")
        for text in reader.of_type(session, "window.compacted")
        if isinstance(fact := decode(text), WindowCompacted)
    ]
    requests = reader.requests(session)
    for before, after in itertools.pairwise(requests):
        if before.fields != after.fields:
            found.append(_changed(before, after))
    return sorted(found, key=lambda mark: mark.seq)


def _changed(before: StoredRequest, after: StoredRequest) -> WindowMark:
    old, new = (msgspec.json.decode(one.fields, type=_Fields) for one in (before, after))
    if old.model != new.model:
        return WindowMark(after.seq, after.window, "model", f"model {old.model} → {new.model}")
    if bytes(old.tools) != bytes(new.tools):
        return WindowMark(after.seq, after.window, "tools", "the tools changed")
    if bytes(old.reasoning) != bytes(new.reasoning):
        return WindowMark(after.seq, after.window, "effort", "the reasoning effort changed")
    return WindowMark(after.seq, after.window, "parameters", "a parameter changed")
