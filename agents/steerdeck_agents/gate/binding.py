"""What an allow is bound to, made in this one place (law 6).

The gate binds when it asks, the performer binds again when it performs; equal hashes mean that the
same thing happens. So everything that changes the effect must be in it, and nothing else.
"""

import posixpath
from collections.abc import Mapping

import msgspec

from steerdeck_agents.facts.action import Action, ApplyPatch, PatchedFile, RunCommand
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.facts.verdict import Binding


def bind(
    action: Action,
    *,
    workspace: Workspace,
    environment: Mapping[str, str],
    level: Level,
    head: str,
) -> Binding:
    """The binding of one action; `environment` and `head` (commit id) count for commands only.

    For a patch each of `bases` holds the path, and as one text the hash of the file the patch was
    computed on, an arrow, and the hash of the whole result.
    """
    match action:
        case RunCommand():
            kept = "shell session on a terminal" if action.tty else "shell session"
            return Binding(
                kind=kept if action.keep else "command",
                text=action.script,
                folder=posixpath.normpath(posixpath.join(workspace.path, action.folder)),
                environment=tuple(sorted(environment.items())),
                level=level.name,
                head=head,
            )
        case ApplyPatch():
            return Binding(
                kind="patch",
                text=action.text,
                folder=workspace.path,
                environment=(),
                level="",
                bases=tuple(sorted((file.path, _change(file)) for file in action.files)),
            )
        case _:
            return Binding(
                kind=str(type(action).__struct_config__.tag),
                text=msgspec.json.encode(action).decode(),
                folder=workspace.path,
                environment=(),
                level="",
            )


def _change(file: PatchedFile) -> str:
    result = "removed" if file.result is None else sha_of(file.result)
    return f"{file.base or 'absent'} -> {result}{' executable' if file.executable else ''}"
