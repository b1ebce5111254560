"""Facts about the windows of a prompt: only a recorded compaction opens a new one (law 3)."""

from typing import Literal

from steerdeck_agents.facts.fact import Fact

Reason = Literal["share", "order", "idle", "overflow"]
"""`share`: the prompt fills most of what the model can read; `overflow`: the server said that it
no longer fits; `order`: the developer wished it; `idle`: nobody needed the session meanwhile."""


class CompactionOrdered(Fact, frozen=True, kw_only=True, tag="window.compaction_ordered"):
    """The prompt is to be compacted as soon as no call is open."""

    reason: Literal["order", "idle"] = "order"


class WindowCompacted(Fact, frozen=True, kw_only=True, tag="window.compacted"):
    """A new window begins; its items follow in the same append."""

    old: int
    new: int
    reason: Reason
    summary: str
    """What the new window tells of the old one."""
    problem: str = ""
    """Why the summary is not the model's own; empty when it is."""
    kept_items: int = 0
    """Items of the old window that stand in the new one, unchanged."""
    kept_calls: int = 0
    dropped_items: int = 0
    dropped_calls: int = 0
    tokens_before: int = 0
    """About; as the server counted where it did."""
    tokens_after: int = 0
    """An estimate."""
