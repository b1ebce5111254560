"""What a shell may complete beyond verbs and options.

Sessions by name or id, settings with what they can be, models that are configured, and files.
"""

import asyncio
import os
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
OF_FILES = frozenset({"FILE", "PATH", "PATHS", "FILE[:LINE]", "FILE:LINE"})
"""How files and folders are written there, or named."""


class SessionName(click.ParamType[str]):
    """A session as somebody names it; what it means is found out by the verb."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names of living sessions, ids once one begins with `ses_`; else nothing."""
        if "/" in incomplete and param.metavar == "[PATH|SESSION|-]":
            return [CompletionItem(incomplete, type="file")]
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


class SettingWord(click.ParamType[str]):
    """What the setting named before it can be."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from steerdeck_agents.settings.knobs import choices

        words = choices(reach.here(), str(ctx.params.get("name", "")))
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]


class ModelName(click.ParamType[str]):
    """A model by the name it has in config.toml."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from steerdeck_agents.settings.config import load

        try:
            models = load(reach.here(), os.environ).models
        except (SteerdeckError, OSError):
            return []
        named = [one.name for one in models if one.name.startswith(incomplete)]
        return [CompletionItem(name) for name in named if name.isprintable() and " " not in name]


class FileName(click.ParamType[str]):
    """A file or folder as a verb takes it; the shell knows which there are."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


def names_session(param: click.Parameter) -> bool:
    """Whether it is an argument that names a session."""
    named = param.metavar in OF_SESSIONS and param.name != "request"
    return isinstance(param, click.Argument) and named


def completes(command: click.Command) -> click.Command:
    """Let what a verb takes, and verbs below it, be completed as sessions or as files."""
    for param in command.params:
        if names_session(param):
            param.type = SessionName()
        elif (
            param.type is click.STRING and (param.metavar or (param.name or "").upper()) in OF_FILES
        ):
            param.type = FileName()
    if isinstance(command, click.Group):
        for below in command.commands.values():
            completes(below)
    return command
