"""click's view of the verbs: each module is loaded when its verb is used."""

import importlib

import click
from click.shell_completion import CompletionItem

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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """A word with a slash or a dot is a folder to open the deck in."""
        if incomplete[:1] != "-" and ("/" in incomplete or "." in incomplete):
            return [CompletionItem(incomplete, type="dir")]
        return super().shell_complete(ctx, incomplete)


# The door takes these away before a verb is carried out: only a shell that completes asks for them.
_OF_THE_DOOR = (
    click.Option(["-C", "folder"], type=click.Path(file_okay=False), help="work in that folder"),
    click.Option(["--ascii"], is_flag=True, help="draw with plain letters and signs only"),
    click.Option(["--lines"], is_flag=True, help="line mode, for screen readers"),
    click.Option(["--version"], is_flag=True, help="print the version"),
)

group = Verbs(
    name="steerdeck",
    params=[*_OF_THE_DOOR],
    help="Steer several coding agents from one deck.",
    epilog="\b\n" + EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
