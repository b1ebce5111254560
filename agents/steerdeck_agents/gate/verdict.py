"""May this call take effect? One pure function, the strictest answer wins.

A command is automatic when it is wholly understood and only reads, or when a rule covers it; one
that can't be taken back asks whatever the rules say. Reads inside the workspace are automatic in
every mode, since reading is what a plan needs.
"""

import posixpath
from collections.abc import Sequence

from steerdeck_agents.facts.action import (
    Action,
    ApplyPatch,
    AskDeveloper,
    CallServer,
    Delegate,
    ListFiles,
    ReadFile,
    ReadSkill,
    RunCommand,
    SearchFiles,
    SetPlan,
    UseShell,
)
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import inert
from steerdeck_agents.facts.outline import Outline
from steerdeck_agents.facts.places import Level, Mode, Workspace
from steerdeck_agents.facts.verdict import Ask, Auto, Deny, Rule, Verdict, alarm
from steerdeck_agents.gate.protected import inside, is_git_path, why_protected
from steerdeck_agents.gate.rules import matching
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.gate.shell.classify import classify
from steerdeck_agents.gate.shell.danger import danger_of
from steerdeck_agents.gate.shell.places import Ground
from steerdeck_agents.gate.shell.writes import lasting

LONGEST_COMMAND = 100_000
"""Bytes of a script; the system refuses an argument over 128 KiB."""
MOST_REASONS = 8
"""Reasons told of one command; more of them tell nothing more."""


def verdict(
    action: Action,
    *,
    mode: Mode,
    rules: Sequence[Rule],
    session: SessionId,
    workspace: Workspace,
    level: Level,
    ground: Ground | None = None,
) -> Verdict:
    """Whether `action` runs, asks the developer, or never runs, and why in sentences.

    `rules` are the lasting ones and those of the session together; `ground` answers where paths
    of a command lead; while it is not given, no command counts as one that only reads.
    """
    match action:
        case RunCommand():
            return _command(action, mode, rules, session, workspace, level, ground)
        case ApplyPatch():
            return _patch(action, mode, workspace)
        case ReadFile(path=path):
            return _read(path, workspace)
        case ListFiles(folder=folder) | SearchFiles(folder=folder):
            return _read(folder, workspace)
        case SetPlan():
            return Auto("a plan changes no file")
        case AskDeveloper():
            return Auto("a question changes no file")
        case ReadSkill():
            return Auto("a skill was named to the model to be read")
        case UseShell():
            return _shell(action, mode)
        case CallServer():
            return _tool(action, mode, rules, session, workspace)
        case Delegate():
            return _helper(action, mode)


def _shell(action: UseShell, mode: Mode) -> Verdict:
    if not action.text:
        return Auto("ends its own shell session" if action.stop else "looks at its shell session")
    if mode == "plan":
        return Deny(
            "plan mode: nothing is typed into a program until the developer leaves it.", "plan mode"
        )
    reasons = ["what is typed into a running program can do anything that program can"]
    if _hides(action.text.replace("\n", " ")):
        reasons.append("it holds control or invisible characters, shown as marks")
    return Ask(tuple(reasons))


def _tool(
    action: CallServer, mode: Mode, rules: Sequence[Rule], session: SessionId, workspace: Workspace
) -> Verdict:
    if mode == "plan":
        return Deny(
            "plan mode: no tool of a server is called until the developer leaves it.", "plan mode"
        )
    name = f"{action.server} {action.tool}"
    rule = matching(rules, name, workspace.repository, session, "tool")
    if rule is not None:
        return Auto("a rule names this tool for this session", rule=rule.id)
    return Ask((f"what {action.server}.{action.tool} does, only the server {action.server} knows",))


def _helper(action: Delegate, mode: Mode) -> Verdict:
    if not action.writes:
        return Auto("a helper that only reads")
    if mode == "plan":
        return Deny("plan mode: a helper may only read until the developer leaves it.", "plan mode")
    if mode == "auto":
        return Auto("each call of the helper passes the gate itself")
    return Ask(("mode ask: a helper that may change files",))


def _read(path: str, workspace: Workspace) -> Verdict:
    place = inside(path, workspace.path)
    if place is None:
        return Deny(f"{path!r} is outside the workspace; only files inside it can be read.")
    if is_git_path(place):
        return Deny(f"{path!r} belongs to git; ask git through a command instead.")
    if is_secret_path(place):
        return Deny(f"{path!r} is on the secret list; ask the developer for what you need of it.")
    return Auto("reads inside the workspace")


def _patch(action: ApplyPatch, mode: Mode, workspace: Workspace) -> Verdict:
    reasons: list[str] = []
    for file in action.files:
        place = inside(file.path, workspace.path)
        if place is None or place == ".":
            return Deny(f"{file.path!r} is outside the workspace; patches stay inside it.")
        if is_git_path(place):
            return Deny(f"{file.path!r} belongs to git; no patch may touch it.")
        why = why_protected(place)
        if why is not None:
            reasons.append(f"{place} is protected: {why}")
        elif is_secret_path(place):
            reasons.append(f"{place} is on the secret list")
    if mode == "plan":
        return Deny("plan mode: nothing is written until the developer leaves it.", "plan mode")
    if mode == "ask":
        return Ask(("mode ask: every change asks", *reasons))
    if reasons:
        return Ask(tuple(reasons))
    return Auto("patches inside the workspace, in mode auto")


def _command(
    action: RunCommand,
    mode: Mode,
    rules: Sequence[Rule],
    session: SessionId,
    workspace: Workspace,
    level: Level,
    ground: Ground | None,
) -> Verdict:
    refused = _never(action, workspace)
    if refused:
        return Deny(refused)
    danger = danger_of(action.script, workspace.path)
    doubts: tuple[str, ...] = ()
    outline = Outline()
    if ground is not None:
        read = classify(
            action.script,
            folder=posixpath.join(workspace.path, action.folder),
            ground=ground,
            confined=level.name != "none" and level.files,
        )
        if read.automatic and not (danger or action.keep or action.tty or action.hosts):
            return Auto("it only reads, and only inside the workspace")
        doubts, outline = read.reasons, read.outline
    if mode == "plan":
        return Deny(
            "plan mode: nothing that may change something runs before its end.", "plan mode"
        )
    if action.hosts and (why := _unreachable(action, level)):
        return Deny(why)
    reasons = _doubts(action, danger, doubts)
    reasons += lasting(
        action.script, posixpath.join(workspace.path, action.folder), workspace.path, ground
    )[:MOST_REASONS]
    rule = matching(rules, action.script, workspace.repository, session)
    if action.hosts:
        # Who allowed the text has not allowed what it may then send where.
        rule = None
        reasons.append(f"it asks for the network: {', '.join(action.hosts)}")
    elif danger:
        if rule is not None:
            reasons.append("no rule covers what can't be taken back")
    elif rule is None:
        reasons.append(
            "no rule names this exact command" if mode == "auto" else "mode ask: every command asks"
        )
    elif mode == "ask" and not rule.session:
        reasons.append("mode ask: lasting rules count in mode auto only")
    hidden = _hides(action.script)
    if rule is not None and not (danger or hidden or (mode == "ask" and not rule.session)):
        scope = "for this session" if rule.session else "for this repository"
        return Auto(f"a rule names this exact command {scope}", rule=rule.id)
    if level.name == "none":
        reasons.append("NO SANDBOX: it would run with your rights")
        reasons += ["without a sandbox it has the whole network anyway"] if action.hosts else []
    elif not level.network:
        reasons.append("the sandbox does not hold back its network")
    return Ask(tuple(reasons), danger, outline)


def _doubts(action: RunCommand, danger: str, doubts: tuple[str, ...]) -> list[str]:
    """What the text itself, and how long it would run, give reason to look at."""
    reasons = [alarm(danger)] if danger else []
    if action.keep:
        where = "a shell session on a terminal" if action.tty else "a shell session"
        reasons.append(f"it goes on after its call, as {where}, until it or its session ends")
    if _hides(action.script):
        reasons.append("it holds control or invisible characters, shown as marks")
        doubts = tuple(why for why in doubts if "invisible" not in why)
    return [*reasons, *doubts[:MOST_REASONS]]


def is_online(level: Level) -> bool:
    """Whether commands at this level have the network whatever they ask for."""
    return level.name == "none" or (level.name != "bubblewrap" and not level.network)


def _unreachable(action: RunCommand, level: Level) -> str:
    """Why it can't get the network it asks for; empty when it can."""
    if action.keep:
        return "only a command that ends with its call can have hosts of the network."
    if level.name == "bubblewrap" or is_online(level):
        return ""
    return (
        f"the sandbox here ({level.name}) can't let hosts through one by one, so no command has "
        "the network; ask the developer to fetch what you need."
    )


def _never(action: RunCommand, workspace: Workspace) -> str:
    """Why this command can't run at all; empty when it can."""
    script = action.script
    if not script.strip():
        return "The command is empty."
    if "\0" in script:
        return "The command holds a NUL, which no shell can run."
    try:
        size = len(script.encode())
    except UnicodeEncodeError:
        return "The command holds broken characters, so what would run can't be shown."
    if size > LONGEST_COMMAND:
        return f"The command has {size:,} bytes; write it to a file with a patch and run the file."
    place = inside(action.folder, workspace.path)
    if place is None:
        return f"The folder {action.folder!r} is outside the workspace; commands start inside it."
    if is_git_path(place):
        return f"The folder {action.folder!r} belongs to git; start in the workspace instead."
    return ""


def _hides(script: str) -> bool:
    plain = script.replace("\t", " ")
    return inert(plain) != plain
