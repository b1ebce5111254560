"""What a call would read of the files that hold secrets, where the developer allowed it.

The texts of those files may then stand in the result of that one call; their values are known from
there on, so that they are found wherever else they turn up. Of a command the words that name such
a file are taken for files it reads; a command that finds its secret another way shows a mark.
"""

import re
from collections.abc import Iterator
from typing import Final

from steerdeck_agents.facts.action import Action, ApplyPatch, ReadFile, RunCommand
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import CallId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.gate.protected import inside
from steerdeck_agents.gate.secret_files import values_of
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.loop.site import Site
from steerdeck_agents.workspace.within import read_file

_LARGEST: Final = 256 * 1024
_MOST: Final = 20
_WORDS: Final = re.compile(r"[^\s;|&<>()\"'`$={}]{1,400}")


def shown(action: Action, workspace: Workspace) -> str:
    """The texts of the secret files that an action reads, together; reads them."""
    return "\n".join(filter(None, (_text(path, workspace) for path in _read(action, workspace))))


def learn(site: Site, action: Action) -> None:
    """Know the values a patch takes out of a secret file and puts into it, before it is shown."""
    if not isinstance(action, ApplyPatch):
        return
    for file in action.files:
        if is_secret_path(file.path):
            old, new = _text(file.path, site.state.workspace), file.result or b""
            site.redactor.know(values_of(old))
            site.redactor.know(values_of(new.decode(errors="replace")), sure=False)


def allow(site: Site, call: CallId, action: Action) -> None:
    """The developer allowed this very call."""
    if text := shown(action, site.state.workspace):
        site.redactor.allow(site.session, call, text)


def _read(action: Action, workspace: Workspace) -> Iterator[str]:
    match action:
        case ReadFile(path=path) if is_secret_path(path):
            yield path
        case RunCommand(script=script, folder=folder):
            named = dict.fromkeys(word for word in _WORDS.findall(script) if is_secret_path(word))
            for word in list(named)[:_MOST]:
                at = word if word.startswith("/") else f"{folder}/{word}"
                if (below := inside(at, workspace.path)) is not None:
                    yield below


def _text(path: str, workspace: Workspace) -> str:
    try:
        found = read_file(workspace.path, path, _LARGEST)
    except (OSError, OrderRefused):
        return ""
    return found.data.decode(errors="replace") if found is not None else ""
