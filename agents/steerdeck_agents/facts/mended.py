"""The journal about itself: what of it was lost, told as soon as somebody found that out."""

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import SessionId, Sha


class Stretch(msgspec.Struct, frozen=True):
    """Events in a row, by the first seq and the last."""

    first: int
    last: int


class JournalMended(Fact, frozen=True, kw_only=True, tag="journal.mended"):
    """From here on the journal is whole again; what is missing before is named, and stays so."""

    text: str
    """A sentence for people."""
    lost: tuple[Stretch, ...] = ()
    """Events that are gone."""
    doubtful: tuple[Stretch, ...] = ()
    """Events that are there, but can't be proven to be as they were written."""
    gone: tuple[Sha, ...] = ()
    """Bytes that are named by events and missing."""
    beside: tuple[str, ...] = ()
    """What of the rows beside events does not fit any more, a sentence each."""
    hurt: tuple[SessionId, ...] = ()
    kept: str = ""
    """Where the file lies as it was before."""
    back: bool = False
    """Facts are missing, so sessions may have gone further than is known here."""
