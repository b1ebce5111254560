"""The gate's answer with the developer's rules: what forbids first, what allows last.

`verdict` knows what an action is and rules that name an exact text; here stand rules with patterns,
rules that deny or ask, and what no rule may ever allow. The strictest answer wins.
"""

import posixpath
from collections.abc import Sequence

from msgspec.structs import replace

from steerdeck_agents.facts.action import (
    Action,
    ApplyPatch,
    CallServer,
    Delegate,
    RunCommand,
    UseShell,
)
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Level, Mode, Workspace
from steerdeck_agents.facts.verdict import Ask, Auto, Deny, Rule, Verdict
from steerdeck_agents.gate.protected import inside, is_git_path, why_protected
from steerdeck_agents.gate.rule_cover import covering
from steerdeck_agents.gate.rule_deny import met
from steerdeck_agents.gate.rule_hosts import speaks_of, through
from steerdeck_agents.gate.rule_terms import in_words, reaches
from steerdeck_agents.gate.rule_words import path_glob
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.gate.shell.places import Disk, Ground
from steerdeck_agents.gate.verdict import verdict


def judge(
    action: Action,
    *,
    mode: Mode,
    rules: Sequence[Rule],
    session: SessionId,
    workspace: Workspace,
    level: Level,
    ground: Ground | None = None,
) -> Verdict:
    """Whether `action` runs, asks the developer, or never runs.

    `rules` are those that hold now, lasting ones and the session's together. `ground` answers where
    paths lead; without it the disk is asked as it is now, and no command counts as one that only
    reads, but beside one that a rule covers.
    """
    here = [rule for rule in rules if reaches(rule, workspace.repository, session)]
    keep = isinstance(action, RunCommand) and action.keep
    allows = [rule for rule in here if rule.decision == "allow" and (rule.keep or not keep)]
    first = verdict(
        action,
        mode=mode,
        rules=[rule for rule in allows if rule.pattern is None],
        session=session,
        workspace=workspace,
        level=level,
        ground=ground,
    )
    if isinstance(first, Deny):
        return first
    sure = isinstance(first, Auto) and first.rule is None
    if (strict := _strict(action, here, workspace, sure)) is not None:
        if isinstance(strict, Ask) and isinstance(first, Ask):
            return replace(first, reasons=(*strict.reasons, *first.reasons))
        return strict
    if isinstance(first, Auto):
        return first
    if first.danger:
        return first
    if isinstance(action, RunCommand) and action.hosts:
        counting = [rule for rule in allows if mode == "auto" or rule.session]
        let_out = through(counting, action.hosts)
        alone = judge(
            replace(action, hosts=()), mode=mode, rules=rules, session=session,
            workspace=workspace, level=level, ground=ground,
        ) if let_out else first  # fmt: skip
        if not isinstance(alone, Auto):
            return first
        named = ", ".join(dict.fromkeys(in_words(rule) for rule in let_out))
        ids = tuple(dict.fromkeys((*alone.rests_on, *(rule.id for rule in let_out))))
        return Auto(f"{alone.because}; a rule lets it reach {named}", rule=ids[0], rules=ids)
    covered = _covered(action, mode, allows, workspace, level, ground)
    if not covered:
        return _ending_only(first, action, here, mode, session, workspace, level, ground)
    named = "; ".join(f"{in_words(rule)} ({rule.scope})" for rule in covered)
    ids = tuple(rule.id for rule in covered)
    return Auto(f"a rule allows {named}", rule=ids[0], rules=ids)


def _ending_only(
    first: Ask,
    action: Action,
    here: Sequence[Rule],
    mode: Mode,
    session: SessionId,
    workspace: Workspace,
    level: Level,
    ground: Ground | None,
) -> Ask:
    """The same question; it names the rules that allow the command where it ends with its call."""
    if not (isinstance(action, RunCommand) and action.keep):
        return first
    ends = judge(
        replace(action, keep=False, tty=False), mode=mode, rules=here, session=session,
        workspace=workspace, level=level, ground=ground,
    )  # fmt: skip
    if not isinstance(ends, Auto) or not ends.rests_on:
        return first
    why = f"rule {', '.join(ends.rests_on)} allows it only where it ends with its call"
    return replace(first, reasons=(*first.reasons, why))


def _strict(
    action: Action, here: Sequence[Rule], workspace: Workspace, sure: bool
) -> Deny | Ask | None:
    """What rules that deny or ask say; `sure` is an action known to read only."""
    asks: list[str] = []
    for rule in here:
        if rule.decision == "allow":
            continue
        if rule.kind == "every":
            if isinstance(action, RunCommand | ApplyPatch | CallServer | UseShell | Delegate):
                asks.append(rule.why)
            continue
        found = _met(rule, action, workspace)
        if found == "yes" and rule.decision == "deny":
            why = f": {rule.why}" if rule.why else ""
            return Deny(f"the developer's rule {rule.id} forbids {in_words(rule)}{why}.", "a rule")
        if found == "yes" or (found == "perhaps" and not sure):
            asks.append(f"the rule {rule.id} about {in_words(rule)} may speak of this")
    return Ask(tuple(asks)) if asks else None


def _met(rule: Rule, action: Action, workspace: Workspace) -> str:
    match rule.kind, action:
        case "command", RunCommand(script=script):
            return met(rule, script)
        case "patch", ApplyPatch(files=files):
            places = [inside(file.path, workspace.path) for file in files]
            named = (p for p in places if p and any(path_glob(g).fullmatch(p) for g in rule.paths))
            return "yes" if any(named) else "no"
        case "tool", CallServer(server=server, tool=tool):
            return "yes" if rule.command in (f"{server} {tool}", server) else "no"
        case "network", RunCommand(hosts=hosts):
            return "yes" if any(speaks_of(rule.command.lower(), host) for host in hosts) else "no"
    return "no"


def _covered(
    action: Action,
    mode: Mode,
    allows: Sequence[Rule],
    workspace: Workspace,
    level: Level,
    ground: Ground | None,
) -> tuple[Rule, ...]:
    """The rules with patterns that allow an action which would be asked for."""
    counting = [rule for rule in allows if mode == "auto" or rule.session]
    match action:
        case RunCommand(script=script, folder=folder) if mode != "plan":
            patterns = [rule for rule in counting if rule.kind == "command" and rule.pattern]
            if not patterns:
                return ()
            place = ground or Disk(workspace.path)
            return covering(
                script,
                patterns,
                folder=posixpath.normpath(posixpath.join(place.root, folder)),
                ground=place,
                confined=level.name != "none" and level.files,
                tame_git=ground is not None,
                danger="",
            )
        case ApplyPatch(files=files) if mode != "plan":
            chosen = []
            for file in files:
                rule = _patching(file.path, counting, workspace)
                if rule is None:
                    return ()
                chosen.append(rule)
            return tuple({rule.id: rule for rule in chosen}.values())
    return ()


def _patching(path: str, rules: Sequence[Rule], workspace: Workspace) -> Rule | None:
    """The rule that allows to patch a file; one that runs later must be named by its very name."""
    place = inside(path, workspace.path)
    if place is None or is_git_path(place) or is_secret_path(place):
        return None
    guarded = why_protected(place) is not None
    for rule in rules:
        if rule.kind != "patch":
            continue
        if place in rule.paths:
            return rule
        if not guarded and any(path_glob(glob).fullmatch(place) for glob in rule.paths):
            return rule
    return None
