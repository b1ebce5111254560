"""How the developer wants to be told of what waits while they look elsewhere: `[notify]`."""

import datetime as dt
import re
from typing import Annotated, Literal

import msgspec

Way = Literal["auto", "bell", "osc9", "osc777", "osc99", "off"]
"""`auto` takes what the terminal is known to show; every way rings the bell, but for `off`."""
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class Notify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table as it stands in config.toml."""

    way: Way = "auto"
    title: bool = True
    """Whether the terminal's title says how many things wait."""
    command: tuple[str, ...] = ()
    """A program and its arguments; title and text of a notice are added as two more."""
    delay: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    """Seconds something must have waited before anybody is told."""
    away: Annotated[float, msgspec.Meta(ge=0)] = 60.0
    """Seconds without a key that count as away, where the terminal does not report its focus."""
    quiet: Annotated[str, msgspec.Meta(pattern=rf"^({HOURS.pattern})?$")] = ""
    """Hours of the day without a sound, such as `22:00-07:30`."""

    def is_quiet(self, now: dt.time) -> bool:
        """Whether that time of the day lies in the quiet hours, which may go over midnight."""
        match = HOURS.fullmatch(self.quiet)
        if match is None:
            return False
        first, last, later, minute = map(int, match.groups())
        start, end, at = first * 60 + last, later * 60 + minute, now.hour * 60 + now.minute
        return start <= at < end if start <= end else at >= start or at < end
