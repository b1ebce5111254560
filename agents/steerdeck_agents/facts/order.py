"""What every order carries."""

import msgspec

from steerdeck_agents.facts.ids import OrderId


class OrderHead(msgspec.Struct, frozen=True, kw_only=True, tag_field="order"):
    """What every order carries."""

    id: OrderId
