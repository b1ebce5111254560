"""What a client may ask for to look back: calls, one of them closely, hits."""

import msgspec

from steerdeck_agents.facts.call_page import Order
from steerdeck_agents.facts.ids import CallId, SessionId


class Calls(msgspec.Struct, frozen=True, tag="calls", tag_field="ask"):
    """Calls that pass a filter (`facts.sieve`), with what they add up to: CallsPage.

    Of one session, or with an empty id of all.
    """

    session: SessionId = SessionId("")
    filter: str = ""
    order: Order = "newest"
    first: int = 0
    limit: int = 200
    without: tuple[str, ...] = ()
    """Tools whose calls are left out, unless the filter asks for tools."""


class CallOf(msgspec.Struct, frozen=True, tag="call_of", tag_field="ask"):
    """One call with its evidence and the first page of its output: CallPage."""

    session: SessionId
    call: CallId


class OutputOf(msgspec.Struct, frozen=True, tag="output_of", tag_field="ask"):
    """A page of a call's whole output: OutputPart. A negative `first` counts from the end."""

    session: SessionId
    call: CallId
    first: int = 0
    limit: int = 500


class Search(msgspec.Struct, frozen=True, tag="search", tag_field="ask"):
    """Full text over all sessions, narrowed by keys (`facts.sieve`): list[Hit]."""

    query: str
    limit: int = 50


CallsQuery = Calls | CallOf | OutputOf | Search
