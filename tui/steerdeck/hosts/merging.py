"""Which host a question is for, and one page made of what several of them answer."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from steerdeck.source import decoded
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.wire_reading import OutputEnds
from steerdeck_agents.runtime.wire_shore import Shores
from steerdeck_agents.runtime.wire_words import OwnWords

Reach = Literal["one", "all", "any"]
"""`one`: the host of its session, or the one in hand; `all`: every host, and one page of what they
say; `any`: whichever has it."""


def reach_of(query: wire.Query) -> Reach:
    match query:
        case wire.Sessions() | wire.Search() | Shores() | wire.Spend() | OwnWords() | wire.Rules():
            return "all"
        case wire.Blob() | OutputEnds():
            return "any"
        case _:
            return "one"


def storages(told: Sequence[tuple[str, wire.Storage]]) -> wire.Storage:
    """How the journals of several hosts are, each named; of one alone as it said it."""
    if len(told) == 1:
        return told[0][1]
    return wire.Storage(
        " ".join(f"{host}: {one.problem}" for host, one in told if one.problem),
        tuple(f"{host}: {note}" for host, one in told for note in one.notes),
        " ".join(f"{host}: {one.read_only}" for host, one in told if one.read_only),
    )


async def joined(pages: Sequence[bytes]) -> bytes:
    """Lists one behind the other; of objects their lists, by name, and else what the first says.

    PageError: one of them is neither, as a host of another version may answer.
    """
    if len(pages) == 1:
        return pages[0]
    if all(page[:1] == b"[" for page in pages):
        return _in_row(pages)
    told = [await decoded(page, dict[str, msgspec.Raw]) for page in pages]
    whole: dict[str, msgspec.Raw] = {}
    for name, value in told[0].items():
        parts = [bytes(one[name]) for one in told if name in one]
        lists = all(part[:1] == b"[" for part in parts)
        whole[name] = msgspec.Raw(_in_row(parts)) if lists else value
    return msgspec.json.encode(whole)


def _in_row(lists: Sequence[bytes]) -> bytes:
    inner = [page.strip()[1:-1].strip() for page in lists]
    return b"[" + b",".join(part for part in inner if part) + b"]"
