"""`patch`: applies a patch to a folder as the tool of the agents does, whole or not at all."""

import os
import sys
from pathlib import Path

import click

from steerdeck.verbs.ending import DONE, FAILED
from steerdeck.verbs.family import Family
from steerdeck.verbs.printing import err, out, out_json
from steerdeck_agents.facts.action import ApplyPatch
from steerdeck_agents.facts.errors import PatchError, SteerdeckError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools import patch as tool
from steerdeck_agents.tools.arguments import LIMIT, plain


@click.group(cls=Family)
def patch() -> None:
    """Apply a patch to a folder, whole or not at all."""


@patch.command("apply")
@click.option(
    "--root",
    required=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder paths in the patch are relative to; it need not be a repository.",
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))  # fmt: skip
def apply(root: Path, as_json: bool, file: str) -> int:
    """Apply the patch in FILE; `-` reads it from the standard input.

    It is read in the form agents write (`*** Begin Patch`) or as a unified diff. Names that lead
    out of the folder, through a link or into `.git` are refused. Ends with 0 and the changed files,
    or with 1, the reason and a folder in which nothing has changed.

    \b
    Examples:
      steerdeck patch apply --root . fix.patch
      git diff | steerdeck patch apply --root ../copy -
      steerdeck patch apply --root . --json fix.patch
    """
    try:
        changed = _applied(root, _read(file))
    except (SteerdeckError, OSError) as problem:
        reason = str(problem)
        if isinstance(problem, OSError):
            reason = f"The patch failed ({problem.strerror or problem}). Nothing was changed."
        if as_json:
            out_json({"applied": False, "reason": reason, "files": []})
        err(reason)
        return FAILED
    if as_json:
        files = [
            {
                "path": file.path,
                "change": {"A": "added", "M": "changed", "D": "removed"}[tool.letter(file)],
                "added": file.added,
                "removed": file.removed,
            }
            for file in changed.files
        ]
        out_json({"applied": True, "reason": "", "files": files})
        return DONE
    for row in tool.rows(changed):
        out(row)
    return DONE


def _read(file: str) -> str:
    """The text of the patch; raises PatchError and BadArguments where it is none."""
    if file == "-":
        data = sys.stdin.buffer.read(LIMIT + 1)
    else:
        with Path(file).open("rb") as source:
            data = source.read(LIMIT + 1)
    try:
        return plain("apply_patch", data.decode())
    except UnicodeDecodeError:
        raise PatchError("The patch is not UTF-8 text. Nothing was changed.") from None


def _applied(root: Path, text: str) -> ApplyPatch:
    folder = os.path.realpath(root)
    workspace = Workspace(path=folder, repository=folder, branch="", base="")
    changed = tool.compute(text, workspace)
    tool.perform(changed, workspace)
    return changed
