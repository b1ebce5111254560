"""`completion`: what a shell needs to complete our verbs, made by click."""

from typing import Literal

import click
from click.shell_completion import get_completion_class

from steerdeck.verbs.group import group
from steerdeck.verbs.printing import out

VARIABLE = "_STEERDECK_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: Literal["bash", "zsh", "fish"]) -> None:
    """Print completions for bash, zsh or fish.

    \b
    Examples:
      steerdeck completion bash > ~/.local/share/bash-completion/completions/steerdeck
      steerdeck completion zsh > ~/.zfunc/_steerdeck
      steerdeck completion fish > ~/.config/fish/completions/steerdeck.fish
    """
    found = get_completion_class(shell)
    assert found is not None, "click knows the three shells"
    # Filled in by hand: `source()` runs bash to see how old it is, and we start no process here.
    made = found(group, {}, "steerdeck", VARIABLE)
    out((made.source_template % made.source_vars()).rstrip("\n"))
