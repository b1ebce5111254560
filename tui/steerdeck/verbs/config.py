"""`config`: settings shown, set by name, or edited; every comment of the file stays."""

import os

import click

from steerdeck.verbs import reach
from steerdeck.verbs.completing import SettingName, SettingWord
from steerdeck.verbs.ending import Ending
from steerdeck.verbs.family import Family
from steerdeck.verbs.printing import out, out_json, out_table
from steerdeck_agents.settings.config import example as example_text
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.knobs import Set, knob_named, parsed, put, shown_value, values
from steerdeck_agents.settings.private_file import replace_file


@click.group(cls=Family, invoke_without_command=True)
@click.pass_context
def config(context: click.Context) -> None:
    """Show and change settings.

    \b
    Examples:
      steerdeck config
      steerdeck config set theme light
      steerdeck config set notify.command notify-send -u critical
      steerdeck config unset budget.dollars_per_day
      steerdeck config edit
      steerdeck config keys
    """
    if context.invoked_subcommand is None:
        context.invoke(show)


@config.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(as_json: bool = False) -> None:
    """Show every setting that has a name, and whether the file says so."""
    found = values(reach.here(), os.environ)
    if as_json:
        out_json({one.name: {"value": one.value, "written": one.written} for one in found})
        return
    out_table([(one.name, shown_value(one.value), _source(one), one.about) for one in found])


@config.command()
@click.argument("name", type=SettingName())
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def get(name: str, as_json: bool) -> None:
    """Print one setting."""
    knob_named(name)
    one = next(one for one in values(reach.here(), os.environ) if one.name == name)
    if as_json:
        out_json(one.value)
    else:
        out(shown_value(one.value))


@config.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("name", type=SettingName())
@click.argument("words", nargs=-1, required=True, type=SettingWord(), metavar="VALUE")
def set_(name: str, words: tuple[str, ...]) -> None:
    """Set one setting; the other lines of the file stay as they are."""
    value = parsed(knob_named(name), words)
    file = put(reach.here(), name, value)
    out(f"{name} = {shown_value(value)}, in {file}; it holds from the next start on.")


@config.command()
@click.argument("name", type=SettingName())
def unset(name: str) -> None:
    """Take one setting out of the file again."""
    put(reach.here(), name, None)
    one = next(one for one in values(reach.here(), os.environ) if one.name == name)
    out(f"{name} is {shown_value(one.value) or 'not set'}, the default.")


@config.command()
def edit() -> None:
    """Open config.toml in your editor, and check it when you come back.

    It is made, with every setting explained and nothing set, when there is none yet.
    """
    from steerdeck.outside import EditorError, edit_here

    where = reach.here()
    if not where.config_file.exists():
        where.config_file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(where.config_file, example_text().encode())
    try:
        edit_here(where.config_file)
    except EditorError as error:
        raise Ending(str(error)) from error
    load(where, os.environ)
    out(f"{where.config_file} can be read; it holds from the next start on.")


@config.command("keys")
def keys_() -> None:
    """Print a keys.toml with every key by the id of its act and nothing changed.

    What stands in yours stays: take over single lines, or append all of them, as in the example.

    \b
    Examples:
      steerdeck config keys | grep hunk
      steerdeck config keys >> ~/.config/steerdeck/keys.toml
    """
    from steerdeck.keymap import Keymap
    from steerdeck.keys.written import keys_toml

    where = reach.here()
    out(keys_toml(Keymap(flavour=load(where, os.environ).keys).keys).rstrip("\n"))


@config.command()
def path() -> None:
    """Print where the file is, or would be."""
    out(str(reach.here().config_file))


@config.command()
def example() -> None:
    """Print a file with every setting explained and nothing set."""
    out(example_text().rstrip("\n"))


def _source(one: Set) -> str:
    return "set" if one.written else "default"
