"""The frame about the place of the journal."""

import msgspec


class Storage(msgspec.Struct, frozen=True, tag="storage", tag_field="frame"):
    """How that place is, whenever it changes; all empty: as it should be."""

    problem: str = ""
    """Why nothing can be kept just now: agents are paused."""
    notes: tuple[str, ...] = ()
    """What is worth knowing of it."""
    read_only: str = ""
    """Why orders are refused: this journal is only shown."""
