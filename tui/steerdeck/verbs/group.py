"""click's view of the verbs: each module is loaded when its verb is used."""

import importlib

import click

from steerdeck.verbs.completing import completes
from steerdeck.verbs.names import EXAMPLES, VERBS


class Verbs(click.Group):
    """Finds a verb in the table of names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        module = importlib.import_module(f"steerdeck.verbs.{verb.module}")
        command = getattr(module, verb.command)
        assert isinstance(command, click.Command), "the table names commands only"
        return completes(command)


group = Verbs(
    name="steerdeck",
    help="Steer several coding agents from one deck.",
    epilog="\b\n" + EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
