"""What a client may ask for of the way of work home."""

import msgspec

from steerdeck_agents.facts.ids import SessionId


class Shores(msgspec.Struct, frozen=True, tag="shores", tag_field="ask"):
    """Ahead and behind of every living session: list[ShoreLine]."""


class ShoreOf(msgspec.Struct, frozen=True, tag="shore", tag_field="ask"):
    """What a landing of one session would come to, tried now: ShorePage."""

    session: SessionId


ShoreQuery = Shores | ShoreOf
