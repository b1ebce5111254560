"""apply_patch: reads a patch into the whole result of every file, before anything is written.

What the developer approves is that result, bound to the bytes it was computed on; `patch_write`
then only puts it in place. A patch that doesn't fit somewhere is refused as a whole.

Where a model takes freeform tools the patch is the call's whole input, held to the form by a
grammar; elsewhere it is the one argument of a function. A patch never begins like a JSON object, so
a call is read by what it is, whichever way it was offered.
"""

import msgspec

from steerdeck_agents.facts.action import Action, ApplyPatch, PatchedFile
from steerdeck_agents.facts.errors import PatchError
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.arguments import parse, plain
from steerdeck_agents.tools.outcome import Outcome, fit
from steerdeck_agents.tools.patch_draft import Draft
from steerdeck_agents.tools.patch_parse import parse_patch
from steerdeck_agents.tools.patch_write import write
from steerdeck_agents.tools.tool import freeform_tool, function_tool

_MOST_FILES = 200


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    patch: str


class Patch:
    """The tool `apply_patch`."""

    name = "apply_patch"
    parallel = False

    def spec(self) -> dict[str, object]:
        return function_tool(self.name, "patch", {"patch": {"type": "string"}}, ("patch",))

    def freeform(self) -> dict[str, object]:
        """The same tool where its input may be plain text."""
        return freeform_tool(self.name, "patch")

    def read(self, arguments: str, workspace: Workspace) -> ApplyPatch:
        """Reads the files too, so it blocks a little; raises BadArguments and PatchError."""
        if arguments.lstrip()[:1] in ("{", "[", '"', ""):
            text = parse(self.name, _Arguments, arguments).patch
        else:
            text = plain(self.name, arguments)
        return compute(text, workspace)

    def title(self, action: Action) -> str:
        match action:
            case ApplyPatch(files=(file,)):
                return one_line(f"{file.path} {_counts(action)}")
            case ApplyPatch(files=files):
                names = ", ".join(file.path for file in files[:3])
                return one_line(f"{len(files)} files {_counts(action)}: {names}", 200)
        raise TypeError(f"not for {self.name}: {action!r}")


def compute(text: str, workspace: Workspace) -> ApplyPatch:
    """The result of a patch on the workspace as it is now; raises BadArguments and PatchError."""
    asked = parse_patch(text)
    if len(asked) > _MOST_FILES:
        raise PatchError(f"A patch changes at most {_MOST_FILES} files; send it in parts.")
    try:
        draft = Draft(workspace.path)
        for one in asked:
            draft.take(one)
        changes = draft.changes()
    except OSError as problem:
        raise PatchError(
            f"The files can't be read: {problem.strerror} ({one_line(str(problem.filename), 200)})."
        ) from problem
    if not changes:
        raise PatchError("The patch changes nothing: the files already read like that.")
    files = tuple(
        PatchedFile(
            path=change.path,
            base=None if change.before is None else sha_of(change.before),
            result=change.result,
            added=change.added,
            removed=change.removed,
            executable=change.executable,
        )
        for change in changes
    )
    return ApplyPatch(text=text, files=files, diff="".join(change.diff for change in changes))


def perform(action: ApplyPatch, workspace: Workspace) -> Outcome:
    """Writes the patch; blocks, so it runs in a thread. Raises PatchError and OSError."""
    write(workspace, action)
    text = "\n".join(["The patch was applied:", *rows(action)])
    return Outcome("done", fit(text), summary=_counts(action))


def rows(action: ApplyPatch) -> list[str]:
    """One line a file: what became of it, its path, the lines that came and went."""
    return [f"{letter(file)} {file.path} +{file.added} −{file.removed}" for file in action.files]


def letter(file: PatchedFile) -> str:
    """What becomes of a file: added, modified or deleted."""
    if file.result is None:
        return "D"
    return "A" if file.base is None else "M"


def _counts(action: ApplyPatch) -> str:
    added = sum(file.added for file in action.files)
    removed = sum(file.removed for file in action.files)
    return f"+{added} −{removed}"
