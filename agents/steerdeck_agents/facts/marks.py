"""Lines of a transcript beside words and calls: shells, checks, goals, set-up, servers.

Each is a text and its level: `info`, `done`, `warning` or `error`.
"""

from collections.abc import Collection

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import CheckResult, Evidence
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.reviewing import TakenBack

Told = tuple[str, str]
BEFORE = "before it began"
"""What is said of the baseline, which is not the agent's doing."""


def told(event: e.Event) -> Told | None:
    """The line of an event, where it has one of these."""
    own = _conscience(event) or _plan(event) or _review(event)
    return own or _shore(event) or _surroundings(event)


def _conscience(event: e.Event) -> Told | None:
    match event:
        case e.CheckEnded():
            return check_words(event.result, event.round), _check_level(event)
        case e.DoneRefused():
            return f"not done: {event.reason}", "warning"
        case e.DoneClaimed():
            return claim_words(event.evidence), "done"
        case e.GoalSet():
            return f"goal: {event.goal.objective}", "info"
        case e.GoalCheckedIn():
            return event.text, "info"
        case e.GoalEnded():
            return f"goal {event.how} after {counted(event.turns, 'turn')}", "done"
        case e.DriftFound():
            return event.drift.text, "warning"
        case _:
            return None


def _plan(event: e.Event) -> Told | None:
    match event:
        case e.PlanEdited():
            return f"you changed the plan: {event.words}", "info"
        case e.PlanOffered():
            return "the plan waits for your yes", "info"
        case e.PlanDecided(decision="approve"):
            mode = f"; mode: {event.mode}" if event.mode else ""
            return f"you approved the plan{mode}", "done"
        case e.PlanDecided():
            return "you sent the plan back", "info"
        case _:
            return None


def _review(event: e.Event) -> Told | None:
    match event:
        case e.LinesTakenBack():
            return taken_words(event.taken), "info"
        case e.LinesPutBack():
            return "you put back what you had taken back", "info"
        case e.LinesAccepted():
            what = "hunk or line" if len(event.keys) == 1 else "hunks or lines"
            how = "accepted" if event.accepted else "no longer accept"
            return f"you {how} {len(event.keys)} {what} of {event.path}", "info"
        case e.CommentMade():
            anchor = event.anchor
            return f"you commented on {anchor.path}:{anchor.line}: {event.text}", "info"
        case e.ReviewSent():
            return f"you sent a review with {counted(len(event.comments), 'comment')}", "info"
        case _:
            return None


def _shore(event: e.Event) -> Told | None:
    match event:
        case e.LandingQueued():
            return f"queued to land ({event.how})", "info"
        case e.LandingLeft():
            return f"no longer queued to land: {event.reason}", "info"
        case e.MergeChecked():
            said = check_words(event.result)
            level = "info" if event.result.good or event.old else "error"
            return f"on the merged result: {said}{f', as {BEFORE}' if event.old else ''}", level
        case e.WorkHandedBack():
            names = ", ".join(event.files)
            why = f"conflict in {names}" if names else "merge, but then checks fail"
            return f"handed back: its work and {event.branch} {why}", "warning"
        case _:
            return None


def taken_words(taken: TakenBack) -> str:
    """What the developer took back, in a line."""
    return (
        f"you took back {counted(taken.added + taken.removed, 'changed line')} at"
        f" {taken.path}:{taken.line}"
    )


def _surroundings(event: e.Event) -> Told | None:
    match event:
        case e.ShellEnded():
            return _shell_end(event), "info"
        case e.ShellPrompted(text=str(asked)) if asked:
            return f"{event.shell} waits for input: {asked}", "warning"
        case e.PortOpened():
            return (
                f"http://127.0.0.1:{event.at} leads to port {event.port} of {event.shell}",
                "info",
            )
        case e.ShellTyped():
            return f"you typed into {event.shell}", "info"
        case e.NetworkUsed():
            return network_words(event), "info" if event.allowed and not event.why else "warning"
        case e.SetupStarted():
            return f"{event.kind} script: {event.command}", "info"
        case e.SetupEnded():
            text = f"{event.kind} script {event.status}: {event.reason}".rstrip(": ")
            return text, "error" if event.status == "failed" else "info"
        case e.ServerChanged():
            calm = event.status in ("ready", "starting", "gone")
            text = f"server {event.server}: {event.status}. {event.reason}".rstrip(". ")
            return text, "info" if calm else "warning"
        case e.HelperStarted():
            return f"helper {event.name} started", "info"
        case e.HelperReported():
            return f"helper reported: it is {event.status}", "info"
        case e.SessionArchived():
            ways = {"stopped": "archived", "landed": "archived, its work is landed"}
            return ways.get(event.reason, event.reason), "info"
        case e.SessionReopened():
            return "reopened", "info"
        case e.SessionConfigured(mode=str(mode)):
            return f"mode {mode}", "info"
        case _:
            return None


def check_words(result: CheckResult, round: int = 1) -> str:
    """How one check ended, in a line; of the baseline, round 0, it says first that it is one."""
    when = "" if round else f"{BEFORE}: "
    said = f"{when}check {result.check} {result.status} in {result.duration_ms / 1000:.1f} s"
    counts = [
        f"{number} {what}"
        for number, what in (
            (result.passed, "passed"), (result.failed, "failed"), (result.skipped, "skipped")
        )
        if number
    ]  # fmt: skip
    said += f" ({', '.join(counts)})" if counts else ""
    return f"{said}: {result.problem}" if result.problem else said


def network_words(event: e.NetworkUsed) -> str:
    """One connection of a command, in a line."""
    where = f"{event.host}:{event.port}" if event.port else event.host or "an unreadable request"
    if event.why:
        return f"network {where} {'failed' if event.allowed else 'refused'}: {event.why}"
    return f"network {where}: {counted(event.sent, 'byte')} sent, {event.received:,} received"


def claim_words(evidence: Evidence) -> str:
    """What a claim that work is done rests on, in a line."""
    files = counted(evidence.files, "file")
    said = f"done: {_checks(evidence)}, {files} +{evidence.added} −{evidence.removed}"
    marked = f", {counted(len(evidence.marks), 'test')} weakened" if evidence.marks else ""
    paid = f", ${evidence.dollars:.2f}" if evidence.dollars >= 0.005 else ""
    return f"{said}{paid}{marked}"


def was_before(result: CheckResult, old: Collection[str]) -> bool:
    """Whether all that fails in it failed before the agent began."""
    return result.status == "failed" and bool(result.failures) and set(result.failures) <= set(old)


def _check_level(event: e.CheckEnded) -> str:
    """What failed before it began warns of nothing that it did."""
    if event.result.good:
        return "done"
    return "warning" if event.round else "info"


def _checks(evidence: Evidence) -> str:
    bad = [result for result in evidence.checks if not result.good]
    red = [result for result in bad if not was_before(result, evidence.old)]
    if red:
        return f"{len(red)} of {counted(len(evidence.checks), 'check')} red"
    if bad:
        return f"{counted(len(evidence.checks), 'check')} green but for what failed before"
    return f"{counted(len(evidence.checks), 'check')} green"


def _shell_end(event: e.ShellEnded) -> str:
    code = "" if event.exit_code is None else f" with exit {event.exit_code}"
    how = {
        "exited": "ended by itself", "stopped": "was ended", "developer": "was ended by you",
        "session": "ended with its session", "runtime": "ended with the runtime",
        "capped": "was ended: it printed too much",
        "crowded": "was ended: it had too many processes",
        "memory": "was ended: it took too much memory", "lost": "was lost in a crash",
    }[event.how]  # fmt: skip
    return f"{event.shell} {how}{code}"
