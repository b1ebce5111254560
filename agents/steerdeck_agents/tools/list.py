"""list_files: the files of a folder that git does not ignore; too many are told by folder.

The candidates come from whoever may ask git, so this file knows nothing of ignore rules.
"""

import os
from collections import Counter
from collections.abc import Sequence

import msgspec

from steerdeck_agents.facts.action import Action, ListFiles
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.glob import Glob
from steerdeck_agents.tools.outcome import Outcome, fit
from steerdeck_agents.tools.paths import below, is_git, shown
from steerdeck_agents.tools.tool import function_tool
from steerdeck_agents.tools.walk import opened

_MOST = 400


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    folder: str = "."
    glob: str = ""


class List:
    """The tool `list_files`."""

    name = "list_files"
    parallel = True

    def spec(self) -> dict[str, object]:
        properties = {"folder": {"type": "string"}, "glob": {"type": "string"}}
        return function_tool(self.name, "list", properties, ())

    def read(self, arguments: str, workspace: Workspace) -> ListFiles:
        given = parse(self.name, _Arguments, arguments)
        Glob(given.glob)
        return ListFiles(folder=below(given.folder, workspace), glob=given.glob)

    def title(self, action: Action) -> str:
        match action:
            case ListFiles(folder=folder, glob=glob):
                return one_line(f"{folder} {glob}")
        raise TypeError(f"not for {self.name}: {action!r}")


def perform(action: ListFiles, workspace: Workspace, candidates: Sequence[str]) -> Outcome:
    """Lists the candidates (paths below the workspace) that match; blocks. Raises BadArguments."""
    chosen = select(action.folder, action.glob, workspace, candidates)
    names = [path for path in chosen if os.path.lexists(f"{workspace.path}/{path}")]
    summary = counted(len(names), "file")
    if not names:
        where = f"below `{action.folder}`" + (f" matches `{action.glob}`" if action.glob else "")
        return Outcome("done", f"No file {where} (ignored files are not listed).", summary=summary)
    if len(names) <= _MOST:
        return Outcome("done", fit("\n".join(map(shown, names))), summary=summary)
    return Outcome("done", fit(_by_folder(action.folder, names)), summary=summary)


def select(folder: str, glob: str, workspace: Workspace, candidates: Sequence[str]) -> list[str]:
    """The candidates below the folder that match, sorted; BadArguments for no such folder."""
    with opened(workspace.path, folder) as found:
        top = found.path
        only = not found.is_folder
    matcher = Glob(glob)
    prefix = "" if top == "." else f"{top}/"
    inside = {path for path in candidates if path == top or path.startswith(prefix)}
    if only:
        inside = {top}
    return sorted(
        path
        for path in inside
        if (only or matcher.matches(path.removeprefix(prefix)) or matcher.matches(path))
        and not any(is_git(part) for part in path.split("/"))
    )


def _by_folder(folder: str, names: list[str]) -> str:
    """Files right in the folder, and how many each folder in it holds."""
    prefix = "" if folder == "." else f"{folder}/"
    counts = Counter(
        first + slash for first, slash, _ in (n.removeprefix(prefix).partition("/") for n in names)
    )
    rows = [
        f"{shown(prefix + name)}  {counted(count, 'file')}"
        if name.endswith("/")
        else shown(prefix + name)
        for name, count in sorted(counts.items())
    ]
    more = rows[_MOST:]
    hint = f"[{len(names):,} files, too many to list; give a folder or a glob to see them]"
    left_out = [f"[… {counted(len(more), 'more row')} …]"] if more else []
    return "\n".join([hint, *rows[:_MOST], *left_out])
