"""What a shell may complete beyond verbs and options: sessions by name or id, settings by name."""

import asyncio
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

from steerdeck.verbs import reach
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState

OF_SESSIONS = frozenset(
    {"ID", "[ID]...", "APPROVAL|ID", "QUESTION|ID", "SESSION", "[SESSION]", "[PATH|SESSION|-]"}
)
"""How arguments that name a session are written in the help."""


class SessionName(click.ParamType[str]):
    """A session as somebody names it; what it means is found out by the verb."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names of living sessions, ids once one begins with `ses_`; else nothing."""
        try:
            states = asyncio.run(reach.listing(reach.here(), archived=False))
        except (SteerdeckError, OSError):
            return []
        return completed(states, incomplete)


def completed(states: Sequence[SessionState], begun: str) -> list[CompletionItem]:
    """What begins so, each with the status of its session."""
    found = []
    for state in states:
        word = state.id if begun.startswith("ses_") else state.name
        plain = word.isprintable() and not any(sign in word for sign in " \t\"'\\$`;&|<>()*?")
        if word.startswith(begun) and plain:
            found.append(CompletionItem(word, help=one_line(state.status.replace("_", " "))))
    return found


class SettingName(click.ParamType[str]):
    """The name of a setting."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from steerdeck_agents.settings.knobs import KNOBS

        return [
            CompletionItem(knob.name, help=knob.about)
            for knob in KNOBS
            if knob.name.startswith(incomplete)
        ]


def names_session(param: click.Parameter) -> bool:
    """Whether it is an argument that names a session."""
    named = param.metavar in OF_SESSIONS and param.name != "request"
    return isinstance(param, click.Argument) and named


def completes(command: click.Command) -> click.Command:
    """Let the arguments of a verb, and of verbs below it, complete sessions."""
    for param in filter(names_session, command.params):
        param.type = SessionName()
    if isinstance(command, click.Group):
        for below in command.commands.values():
            completes(below)
    return command
