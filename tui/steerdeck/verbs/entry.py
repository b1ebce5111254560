"""Runs one verb: whatever it ends with becomes a sentence and an exit code, never a traceback."""

import sys
from collections.abc import Callable, Sequence

import click
import msgspec

from steerdeck.verbs.berth import Berth
from steerdeck.verbs.ending import DONE, FAILED, INTERRUPTED, USAGE, Ending
from steerdeck.verbs.group import group
from steerdeck.verbs.printing import drop_output, err, make_outputs_safe
from steerdeck_agents.facts.errors import SteerdeckError

OpenDeck = Callable[[Berth], int]


class Doors(msgspec.Struct, frozen=True):
    """What the command line hands to verbs, which may not import the app themselves."""

    open_deck: OpenDeck


def run(arguments: Sequence[str], open_deck: OpenDeck) -> int:
    """Carry the verb out; its exit code."""
    make_outputs_safe()
    try:
        code = group.main(
            list(arguments), prog_name="steerdeck", standalone_mode=False, obj=Doors(open_deck)
        )
    except Ending as ending:
        if str(ending):
            err(str(ending))
        return ending.code
    except click.exceptions.NoArgsIsHelpError as error:
        err(error.format_message())
        return USAGE
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
        err(error.format_message())
        err(f"Try `{where or 'steerdeck'} --help`.")
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        drop_output(sys.stdout)
        return FAILED
    except SteerdeckError as error:
        err(str(error))
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        err(f"{where}{error.strerror or error}.")
        return FAILED
    return code if isinstance(code, int) else DONE
