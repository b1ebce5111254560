"""Hostile words in every fact of a yard of sessions, and every screen of the deck looked at.

The deck runs in this process, so what is looked at is what its widgets draw, before the guard at
the output: nothing foreign may have come even that far, and no screen may fall over it.
"""

import asyncio
import random

import msgspec

from agents.test_sanitiser import CORPUS, foreign
from kit.desk import Feed, deck, told, until
from kit.yard import yard
from prove.claim import Counted, Tally
from steerdeck_agents.facts.events import KnownEvent

WORDS = frozenset(
    {"name", "task", "text", "title", "what", "why", "reason", "way_out", "result", "summary"}
    | {"words", "allowed_by", "model", "path", "danger", "excerpt", "explanation", "objective"}
)
LISTS = frozenset({"tags", "taint", "reasons", "choices", "paths"})
COURSE = """
1 | i | j | j | j | pagedown | escape | p | escape | t | escape | / a enter | escape | escape
| l | escape | R | escape | P | escape | enter | o | c | e | v | s | t | escape | r | right | right
| escape | O | escape | ? | escape | escape | w | escape | S | escape | ctrl+x q | escape
"""
"""Keys in groups; after each the screen is looked at. Which screens that were is told."""


def dirty(event: KnownEvent, luck: random.Random, texts: list[str]) -> KnownEvent:
    """The same fact with hostile words behind each of its own."""
    changed: dict[str, object] = {}
    for field in type(event).__struct_fields__:
        value = getattr(event, field)
        if field in WORDS and isinstance(value, str) and value:
            changed[field] = f"{value} {''.join(luck.choices(texts, k=3))}"
        elif field in LISTS and isinstance(value, tuple):
            changed[field] = tuple(
                one + luck.choice(texts) if isinstance(one, str) else one for one in value
            )
    return msgspec.structs.replace(event, **changed)


async def _walked(seed: int, tally: Tally) -> set[str]:
    # The runtime takes no lone surrogates: they are marks before they become facts.
    texts = [text.encode("utf-8", "replace").decode() for part in CORPUS.values() for text in part]
    texts += ["[/nope]", "[b]bold", "[@click=app.quit]x[/]"]
    luck = random.Random(seed)
    seen: set[str] = set()
    app = deck(Feed([dirty(event, luck, texts) for event in yard().events]), face="deck")
    async with app.run_test(size=(160, 48)) as pilot:
        await until(pilot, lambda: app.model.attached)
        for keys in COURSE.split("|"):
            await pilot.press(*keys.split())
            for _ in range(3):
                await pilot.pause(0.03)
            place = app.screen.id or ""
            seen.add(place)
            tally.see(not (found := foreign(told(app))), f"{place} ({seed}): {found[:6]}")
    return seen


def through_every_screen(seeds: int = 4) -> Counted:
    tally = Tally()
    seen: set[str] = set()
    for seed in range(seeds):
        seen |= asyncio.run(_walked(seed, tally))
    return tally.done(f"{len(seen)} screens: {', '.join(sorted(seen))}")
