"""Facts about what the developer is asked and what was decided: approvals, questions."""

from typing import Literal

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import ApprovalId, Sha
from steerdeck_agents.facts.outline import Outline
from steerdeck_agents.facts.places import FileChange

Kind = Literal["command", "patch", "network", "input", "tool", "helper", "server", "tools", "setup"]
"""What an approval allows: to run a command, type into a shell session (`input`), call a server's
tool, start a helper. `server` and `setup` are consents to start programs a configuration or a
repository names, `tools` is one to what a server offers now; these three belong to no call."""
WISHES: dict[Kind, str] = {
    "command": "to run", "patch": "to change files", "network": "for the network",
    "input": "to type into a shell session", "tool": "to call a server's tool",
    "helper": "to start a helper", "server": "to start a server",
    "tools": "to take other tools of a server than those you allowed",
    "setup": "to run a script of its repository",
}  # fmt: skip
"""What is asked for, after the word `asks`."""
Scope = Literal["once", "turn", "session", "repository", "everywhere"]
"""All but `once` make a rule. Of a consent, `everywhere` is remembered by its hash, for every
session of this home."""


class ApprovalRequested(Fact, frozen=True, kw_only=True, tag="approval.requested"):
    """Committed before the question is drawn."""

    approval: ApprovalId
    kind: Kind
    what: str
    """The complete text that would run, or the patch as a unified diff."""
    binding: Sha
    why: str = ""
    """The agent's reason: a claim."""
    reasons: tuple[str, ...] = ()
    """Why the gate asks."""
    folder: str = "."
    level: str = ""
    files: tuple[FileChange, ...] = ()
    title: str = ""
    """What asks, where that is no call: a server's name, `set-up`."""
    danger: str = ""
    """Why it could destroy what nobody can bring back; it then takes two keys, and no rule."""
    outline: Outline = Outline()
    taint: tuple[str, ...] = ()
    """Sources nobody vouches for that the agent had read by then."""
    kept: str = ""
    """As what a command goes on after its call, such as `shell session`; empty: it ends with it."""


BY_POLICY = "--approve all"
"""Who allowed a call where a policy did."""


class ApprovalDecided(Fact, frozen=True, kw_only=True, tag="approval.decided"):
    approval: ApprovalId
    decision: Literal["allow", "reject"]
    scope: Scope = "once"
    words: str = ""
    shown: Sha = Sha("")
    """Hash of what the developer was shown."""
    unattended: bool = False
    """A policy stated beforehand answered: nobody saw the question."""


class ApprovalExpired(Fact, frozen=True, kw_only=True, tag="approval.expired"):
    approval: ApprovalId
    reason: str


class QuestionAsked(Fact, frozen=True, kw_only=True, tag="question.asked"):
    question: ApprovalId
    text: str
    choices: tuple[str, ...] = ()
    asker: str = ""
    """Who asks where it is not the agent: `checks`, or the name of a server."""


class QuestionAnswered(Fact, frozen=True, kw_only=True, tag="question.answered"):
    question: ApprovalId
    text: str


class QuestionExpired(Fact, frozen=True, kw_only=True, tag="question.expired"):
    question: ApprovalId
    reason: str


AskingFact = (
    ApprovalRequested | ApprovalDecided | ApprovalExpired
    | QuestionAsked | QuestionAnswered | QuestionExpired
)  # fmt: skip


def patch_words(files: tuple[FileChange, ...]) -> str:
    """The files of a patch with its counts, as its row in a transcript has them."""
    added = sum(file.added for file in files)
    removed = sum(file.removed for file in files)
    paths = ", ".join(file.path for file in files)
    if len(files) == 1:
        return f"{paths} +{added} −{removed}"
    return f"{counted(len(files), 'file')} +{added} −{removed}: {paths}"
