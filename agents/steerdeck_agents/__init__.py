"""The engine: sessions, tools, git and the journal; it never draws.

Floors, lowest first; a folder imports only from folders above it in this list:

facts       what can be true: events, orders, descriptions, and the fold that makes state of them
settings    where things live, and what the developer configured
journal     the SQLite database, its one writer and its readers
models      who answers prompts: the Responses API through the openai SDK, and the scripted model
gate        may this call take effect? verdicts, rules, binding
sandbox     how a command is confined, started and killed
workspace   the private clone of a session: git, checkpoints, the live diff
tools       what a model may call, one file a tool, its text for the model beside it
work        what is done with the work of a session: overlaps, landing and its line, undo, discard
loop        one turn: prompt, stream, calls, results
adapters    who runs turns: our own loop today
share       exports, and the labelled text of line mode
session.py  one session alive;  fleet.py  all of them
demo        the scripted project and its four sessions
doctor      is this machine fit, said in sentences
runtime     the background process: server, client, wire, lifecycle
library.py  the engine as a library: `attach`, and a session driven to its end in eight lines

One word per idea: a *session* is one agent on one task in one *workspace* (a private clone); a
*turn* runs from a delivered message until the agent stops asking for tools; a *call* is one tool
call with exactly one result; an *approval* is asked before a call may take effect; an *event* is a
fact in the *journal*; an *order* is what a developer tells the *runtime* to do; a *checkpoint* is
the files of a workspace at one event; a *window* is the prompt between two compactions; a *host* is
another machine whose runtime a deck shows over a *line*.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steerdeck_agents.library import Link, attach

__all__ = ["Link", "attach"]


def __getattr__(name: str) -> object:
    """The library's names, loaded when they are asked for: importing the package costs nothing."""
    if name in __all__:
        from steerdeck_agents import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
