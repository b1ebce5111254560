"""What every event carries."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.ids import CallId, ItemId, SessionId, TurnId

Actor = Literal["developer", "agent", "harness", "rule"]


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What every event carries; `seq` and `at_ms` are given by the writer."""

    seq: int = 0
    session: SessionId = SessionId("")
    at_ms: int = 0
    actor: Actor = "harness"
    turn: TurnId | None = None
    call: CallId | None = None
    item: ItemId | None = None
