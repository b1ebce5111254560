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


@click.group(
    cls=Verbs,
    name="steerdeck",
    epilog="\b\n" + EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("-C", "folder", type=click.Path(file_okay=False), help="Work in that folder.")
@click.option("--ascii", is_flag=True, help="Draw with plain letters and signs only.")
@click.option("--lines", is_flag=True, help="Line mode, for screen readers.")
@click.option("--version", is_flag=True, help="Print the version.")
def group(**_: object) -> None:
    """Steer several coding agents from one deck.

    The door takes these options away before a verb is carried out: only a shell that completes
    asks for them here.
    """
