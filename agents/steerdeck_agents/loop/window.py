"""What a window holds: how many tokens, where it may be cut, and what of it a new one keeps.

Counts are the server's own where it told them; what came after is estimated from bytes.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop import request
from steerdeck_agents.loop.prompt import CALLS, OUTPUTS, PICTURE, Held, Prompt
from steerdeck_agents.tools import registry

BYTES_PER_TOKEN = 4
PICTURE_TOKENS = 1_500
"""About how many tokens a picture is, whatever its bytes."""
TAIL_SHARE = 5
"""The newest steps kept may fill one part in so many of what the model can read."""
SUMMARY = "harness.summary"
WORDS = "developer"
"""Origins of a window's summary, and of the developer's words."""
_TOLD_ANEW = "world."
_DATA = re.compile(r'"image_url":"data:[^"]*"')


class Kept(msgspec.Struct, frozen=True):
    """What of an old window stands in the new one, word for word."""

    words: tuple[Held, ...]
    """The task and other words of the developer, in order, before the steps."""
    steps: tuple[Held, ...]
    """The last steps."""
    dropped: tuple[Held, ...]


def tokens(texts: Iterable[str]) -> int:
    """About how many tokens these texts are."""
    return sum(map(_size, texts)) // BYTES_PER_TOKEN


def _size(text: str) -> int:
    """Bytes of a text that counts as text: a picture counts as its tokens do."""
    if PICTURE not in text:
        return len(text.encode())
    bare, pictures = _DATA.subn("", text)
    return len(bare.encode()) + pictures * PICTURE_TOKENS * BYTES_PER_TOKEN


def filled(state: SessionState, prompt: Prompt, waiting: Iterable[str] = ()) -> int:
    """About how many tokens the next request is, with texts that wait to go into it."""
    if state.measured and state.measured_items <= len(prompt):
        new = prompt.texts[state.measured_items :]
        return state.measured + tokens([*new, *waiting])
    return overhead() + tokens([*prompt.texts, *waiting])


def overhead() -> int:
    """About how many tokens a request is without any item."""
    return tokens([registry.specs_text(), request.fields(model="", cache_key="", tools="[]",
                                                         effort=None)])  # fmt: skip


def calls_in(items: Iterable[Held]) -> int:
    return sum(item.kind in CALLS for item in items)


def cuts(items: Sequence[Held]) -> list[int]:
    """The places before which, and from which on, each call stands with its result.

    An answer of the model is never cut in two, so reasoning stays with what it led to.
    """
    found = [0]
    open_calls = 0
    for place, item in enumerate(items, start=1):
        open_calls += (item.kind in CALLS) - (item.kind in OUTPUTS)
        inside = place < len(items) and item.origin == items[place].origin == "model"
        if not open_calls and not inside:
            found.append(place)
    return found


def fitting(items: Sequence[Held], count: int) -> Sequence[Held]:
    """The longest beginning of at most `count` items in which each call has its result."""
    return items[: max(place for place in cuts(items) if place <= max(0, count))]


def blind(items: Sequence[Held]) -> int:
    """How many items come before the first with a picture."""
    return next((at for at, item in enumerate(items) if PICTURE in item.text), len(items))


def kept(items: Sequence[Held], room: int, *, pictures: bool = True) -> Kept:
    """What a new window keeps: the last whole steps in `room` tokens, and words in half of that.

    The developer's last words are kept whatever they take, the task when it fits. Steps with
    `pictures` stay only where the model takes them.
    """
    start = _start_of_steps(items, room, 0 if pictures else _sighted(items))
    steps = tuple(item for item in items[start:] if _lasts(item))
    before = [item for item in items[:start] if item.origin == WORDS]
    words = _words(before, room // 2, steps)
    stands = {id(item) for item in (*words, *steps)}
    return Kept(
        words=words,
        steps=steps,
        dropped=tuple(item for item in items if id(item) not in stands),
    )


def _words(before: list[Held], room: int, steps: tuple[Held, ...]) -> tuple[Held, ...]:
    """The task, then the newest words that fit; the last of all unless the steps hold them."""
    chosen: set[int] = set()
    if before and not any(item.origin == WORDS for item in steps):
        chosen.add(len(before) - 1)
        room -= tokens([before[-1].text])
    # The task goes before everything but the last words.
    for place in (0, *range(len(before) - 1, 0, -1)) if before else ():
        size = tokens([before[place].text])
        if place not in chosen and size <= room:
            chosen.add(place)
            room -= size
    return tuple(before[place] for place in sorted(chosen))


def _sighted(items: Sequence[Held]) -> int:
    """The first place from which on there is no picture."""
    return max((at + 1 for at, item in enumerate(items) if PICTURE in item.text), default=0)


def _start_of_steps(items: Sequence[Held], room: int, first: int) -> int:
    """The first place, not before `first`, from which on all that lasts fits."""
    left = sum(_size(item.text) for item in items if _lasts(item))
    at = 0
    for place in cuts(items):
        left -= sum(_size(item.text) for item in items[at:place] if _lasts(item))
        at = place
        if left <= room * BYTES_PER_TOKEN and at >= first:
            break
    return at


def _lasts(item: Held) -> bool:
    """Whether it is not told anew by the new window itself."""
    return not item.origin.startswith(_TOLD_ANEW) and item.origin not in ("instructions", SUMMARY)
