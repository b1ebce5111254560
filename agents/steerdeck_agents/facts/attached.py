"""What goes along with the developer's words: pictures, named by the hash of their bytes."""

import msgspec

from steerdeck_agents.facts.ids import Sha


class Attached(msgspec.Struct, frozen=True):
    """One picture; its bytes are a blob."""

    sha: Sha
    name: str
    """The file's name, for people."""
    media_type: str
    words: str
    """`PNG, 640 × 480 pixels`."""
