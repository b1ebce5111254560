"""The budgets of a session as options, the same wherever a verb takes them."""

from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

import click

from steerdeck_agents.facts.limits import Limits

_P = ParamSpec("_P")
_R = TypeVar("_R")

_OPTIONS = (
    click.option("--budget", type=click.FloatRange(0), metavar="DOLLARS",
                 help="Pause when this is spent in all; 0 is no limit, here and below."),
    click.option("--tokens", type=click.IntRange(0), metavar="N",
                 help="Pause after so many tokens, input and output."),
    click.option("--minutes", type=click.FloatRange(0), metavar="N",
                 help="Pause after so many minutes of work; waiting for you is none."),
    click.option("--turns", type=click.IntRange(0), metavar="N", help="Pause after so many turns."),
)  # fmt: skip


def budgets(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Give a command the options `limits_of` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def limits_of(given: Mapping[str, float | None]) -> Limits:
    """The budgets of these options."""
    tokens, minutes, turns = given["tokens"], given["minutes"], given["turns"]
    return Limits(
        dollars=given["budget"],
        tokens=None if tokens is None else int(tokens),
        seconds=None if minutes is None else minutes * 60,
        turns=None if turns is None else int(turns),
    )
