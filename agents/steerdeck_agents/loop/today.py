"""What all sessions together spent since midnight, read from the journal and nowhere else.

Only what came since the last look is read again, and nothing at all without a budget for the day.
"""

import asyncio
import logging
import threading
from datetime import datetime, timedelta

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.events import (
    BudgetWarned,
    CallEnded,
    RequestEnded,
    TurnEnded,
    decode,
)
from steerdeck_agents.facts.ids import Clock
from steerdeck_agents.facts.limits import Kind, Limits, Spent
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import Paths

log = logging.getLogger(__name__)


class Day(msgspec.Struct, frozen=True):
    """One day of all sessions, by the clock on the wall here."""

    begins_ms: int
    ends_ms: int
    spent: Spent = Spent()
    warned: frozenset[Kind] = frozenset()
    """Budgets of the day that were said to be spent for the most part."""
    unpriced: bool = False
    """A request was made whose price is not known."""
    unpriced_said: bool = False


class Today:
    """The day's budget and what is left of it, for all sessions of a runtime."""

    def __init__(self, paths: Paths, reader: JournalReader, clock: Clock) -> None:
        self._paths = paths
        self._reader = reader
        self._clock = clock
        self._configured: tuple[int, Limits] = (-1, Limits())
        self._day = Day(0, 0)
        self._seen = 0
        self._reading = threading.Lock()
        self.saying = asyncio.Lock()
        """Held while a warning is looked for and recorded, so that only one session says it."""

    def limits(self) -> Limits:
        """The budget of a day, read again when config.toml has changed."""
        try:
            changed = self._paths.config_file.stat().st_mtime_ns
        except OSError:
            return Limits()
        if changed != self._configured[0]:
            try:
                self._configured = (changed, load(self._paths, {}).day)
            except SettingsError as error:
                log.error("the budget of the day stays as it was: %s", error)
                self._configured = (changed, self._configured[1])
        return self._configured[1]

    async def day(self) -> Day:
        """The day so far; raises JournalError when the journal can't be read."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> Day:
        with self._reading:
            now = self._clock.now_ms()
            if not self._day.begins_ms <= now < self._day.ends_ms:
                self._day, self._seen = _around(now), 0
            texts, self._seen = self._reader.spending(self._seen, self._day.begins_ms)
            for text in texts:
                self._day = _grown(self._day, text)
            return self._day


def _around(now_ms: int) -> Day:
    midnight = datetime.fromtimestamp(now_ms / 1000).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    # Not 24 hours: twice a year a day is longer or shorter.
    next_one = midnight + timedelta(days=1)
    return Day(round(midnight.timestamp() * 1000), round(next_one.timestamp() * 1000))


def _grown(day: Day, text: str) -> Day:
    match decode(text):
        case RequestEnded(usage=usage) as ended:
            spent = msgspec.structs.replace(
                day.spent,
                dollars=day.spent.dollars + usage.dollars,
                tokens=day.spent.tokens + usage.tokens,
                seconds=day.spent.seconds + ended.duration_ms / 1000,
            )
            unknown = ended.status == "completed" and not usage.priced
            return msgspec.structs.replace(day, spent=spent, unpriced=day.unpriced or unknown)
        case CallEnded(duration_ms=took):
            seconds = day.spent.seconds + took / 1000
            spent = msgspec.structs.replace(day.spent, seconds=seconds)
            return msgspec.structs.replace(day, spent=spent)
        case TurnEnded():
            spent = msgspec.structs.replace(day.spent, turns=day.spent.turns + 1)
            return msgspec.structs.replace(day, spent=spent)
        case BudgetWarned(scope="day", unpriced=True):
            return msgspec.structs.replace(day, unpriced_said=True)
        case BudgetWarned(scope="day", kind=kind):
            return msgspec.structs.replace(day, warned=day.warned | {kind})
        case _:
            return day
