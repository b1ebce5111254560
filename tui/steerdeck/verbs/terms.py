"""When a rule ends, as options, the same wherever a verb makes one."""

import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from steerdeck_agents.facts.verdict import Terms

_P = ParamSpec("_P")
_R = TypeVar("_R")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Span(click.ParamType[float]):
    """A length of time such as 90s, 30m, 2h or 7d, in seconds."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd])", str(value).strip())
        if found is None or not float(found[1]):
            self.fail(f"{value!r} is no time; write 30m, 2h or 7d.", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


_USES = click.option("--uses", type=click.IntRange(1), metavar="N",
                     help="The rule ends after N uses.")  # fmt: skip
_FOR = click.option("--for", "seconds", type=Span(), metavar="TIME",
                    help="It ends after this time: 30m, 2h, 7d.")  # fmt: skip
_UP_TO = click.option("--up-to", "dollars", type=click.FloatRange(0, min_open=True),
                      metavar="DOLLARS",
                      help="It ends when its sessions have spent so much on models.")  # fmt: skip


def terms(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Give a command the options of a rule that ends."""
    return _USES(_FOR(_UP_TO(command)))


def terms_of(uses: int | None, seconds: float | None, dollars: float | None) -> Terms:
    """The terms of these options."""
    return Terms(uses, seconds, dollars)
