"""What a client may ask for while a transcript is read: hits, ends of an output, syntax."""

import msgspec

from steerdeck_agents.facts.ids import SessionId, Sha


class Matching(msgspec.Struct, frozen=True, tag="matching", tag_field="ask"):
    """Where the words stand in one session, letter for letter but for case: list[Match].

    In the order of the transcript, each entry once.
    """

    session: SessionId
    words: str
    limit: int = 5_000


class OutputEnds(msgspec.Struct, frozen=True, tag="output_ends", tag_field="ask"):
    """Both ends of a large output: Ends."""

    sha: Sha
    lines: int
    """Lines of each end."""


class InkOf(msgspec.Struct, frozen=True, tag="ink_of", tag_field="ask"):
    """The syntax of a piece of source text: Inked."""

    language: str
    """As it stands behind a fence: a name, or a file's."""
    lines: tuple[str, ...]
    """Without their ends."""


ReadingQuery = Matching | OutputEnds | InkOf


class Match(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry of a transcript in which the words stand."""

    seq: int
    """Of the first event of it that has them."""
    entry: str


class Ends(msgspec.Struct, frozen=True):
    """The beginning and the end of an output; `tail` is empty where `head` is all of it."""

    head: tuple[str, ...]
    tail: tuple[str, ...]
    lines: int
    """Of the whole output."""


class Inked(msgspec.Struct, frozen=True):
    """What the syntax makes of each line."""

    lines: tuple[tuple[tuple[int, int, int], ...], ...] = ()
    """Start, end, and index in `kinds`."""
    kinds: tuple[str, ...] = ()
