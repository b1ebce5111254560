"""`sessions` and `show`: what there is, and one of it closely."""

import asyncio
import time

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.printing import err, out, out_json, out_table
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState

_MARKS = {"pending": " ", "in_progress": ">", "completed": "x", "failed": "!"}


class SessionLine(msgspec.Struct, frozen=True):
    """One session in a listing as JSON."""

    id: str
    name: str
    slot: int
    status: str
    reason: str
    task: str
    model: str
    mode: str
    repository: str
    branch: str
    workspace: str
    created_ms: int
    changed_ms: int
    """When the status last changed."""
    files: int
    added: int
    removed: int
    tokens: int
    approvals: tuple[str, ...]
    questions: tuple[str, ...]
    archived: str
    landed: str


def line_of(state: SessionState) -> SessionLine:
    return SessionLine(
        id=state.id,
        name=state.name,
        slot=state.slot,
        status=state.status,
        reason=state.reason,
        task=state.task,
        model=state.model,
        mode=state.mode,
        repository=state.workspace.repository,
        branch=state.workspace.branch,
        workspace=state.workspace.path,
        created_ms=state.created_ms,
        changed_ms=state.changed_ms,
        files=len(state.files),
        added=sum(file.added for file in state.files),
        removed=sum(file.removed for file in state.files),
        tokens=state.usage.tokens,
        approvals=tuple(asked.id for asked in state.approvals),
        questions=tuple(asked.id for asked in state.questions),
        archived=state.archived,
        landed=state.landed,
    )


@click.command()
@click.option("--all", "everything", is_flag=True, help="Archived and discarded ones too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def sessions(everything: bool, as_json: bool) -> None:
    """List the sessions.

    \b
    Examples:
      steerdeck sessions
      steerdeck sessions --all --json | jq -r '.[] | select(.status == "done").name'
    """
    states = asyncio.run(reach.listing(reach.here(), archived=everything))
    if as_json:
        out_json([line_of(state) for state in states])
    elif not states:
        err("There are no sessions. Start one with `steerdeck run TASK`, or open the deck.")
    else:
        out_table([_row(state) for state in states], right=frozenset({3}))


def _row(state: SessionState) -> tuple[str, ...]:
    status = state.archived or state.status.replace("_", " ")
    added = sum(file.added for file in state.files)
    removed = sum(file.removed for file in state.files)
    count = "1 file" if len(state.files) == 1 else f"{len(state.files)} files"
    files = f"{count} +{added} -{removed}" if state.files else ""
    words = state.reason or state.last_words
    return state.name, state.id, status, files, _age(state.changed_ms), one_line(words, 60)


def _age(since_ms: int) -> str:
    seconds = max(0, time.time_ns() // 1_000_000 - since_ms) // 1000
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


@click.command()
@click.argument("session", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The whole state as JSON.")
def show(session: str, as_json: bool) -> None:
    """Show one session: plan, files, what waits for you.

    ID is an id, a name, or the beginning of one.

    \b
    Examples:
      steerdeck show fix-login
      steerdeck show fix-login --json | jq .usage
    """
    state = asyncio.run(reach.session(reach.here(), session))
    if as_json:
        out_json(state)
        return
    for line in told(state):
        out(line)


def told(state: SessionState) -> list[str]:
    """The session in lines, the most urgent last, where the eye is."""
    facts = {
        "session": f"{state.name} ({state.id})",
        "status": f"{state.archived or state.status.replace('_', ' ')} {state.reason}".strip(),
        "way out": state.way_out,
        "task": one_line(state.task, 200),
        "model": f"{state.model}, mode {state.mode}, sandbox: {state.level.title}",
        "repository": state.workspace.repository,
        "branch": state.workspace.branch,
        "workspace": state.workspace.path,
        "tokens": f"{state.usage.tokens:,}" if state.usage.tokens else "",
        "cost": f"{state.usage.dollars:.2f} $" if state.usage.priced else "",
        "landed": state.landed,
    }
    lines = [f"{label:<11} {text}" for label, text in facts.items() if text]
    lines += ["plan"] if state.plan.steps else []
    lines += [f"  [{_MARKS[step.status]}] {one_line(step.text)}" for step in state.plan.steps]
    lines += ["files"] if state.files else []
    lines += [f"  {file.path} +{file.added} -{file.removed}" for file in state.files]
    lines += [f"waits       {message.text}" for message in state.queue]
    for asked in state.approvals:
        lines += [f"asks        to run ({asked.id}):", *_below(asked.what)]
        lines += _below(f"because (it says): {asked.why}") if asked.why else []
    for question in state.questions:
        lines += [f"asks        ({question.id})", *_below(question.text)]
        lines += _below("choices: " + " / ".join(question.choices)) if question.choices else []
    lines += [f"in doubt    {call.title} ({call.id})" for call in state.calls if call.unknown]
    return lines


def _below(text: str) -> list[str]:
    return [f"            {line}" for line in text.split("\n")]
