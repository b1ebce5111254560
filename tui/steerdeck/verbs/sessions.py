"""`sessions` and `show`: what there is, and one of it closely."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import click
import msgspec

from steerdeck.verbs import reach, standing
from steerdeck.verbs.asked import wish
from steerdeck.verbs.printing import err, out, out_json, out_table
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.cut_off import CutOff
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.overlap import shared_words
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.facts.shore_page import ShoreLine
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.wire_shore import Shores

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
    onto: str
    """The branch the developer stands on, where a runtime could look."""
    ahead: int | None
    """Commits that branch has not; none where nobody could look."""
    behind: int | None
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
    parent: str
    """The session whose helper it is."""
    goal: str
    checks: str
    """`green`, `old`, `red`; `unknown` until a round ended, and none without checks."""
    claims: bool
    """It says that its work is done, and nobody has looked."""
    shells: tuple[str, ...]
    ports: tuple[int, ...]
    """On which its shell sessions listen."""
    servers: dict[str, str]
    """State by name."""
    setup: str
    warnings: tuple[str, ...]
    tags: tuple[str, ...] = ()
    plan_waits: bool = False
    """Its plan needs a yes."""


def line_of(state: SessionState, shore: ShoreLine | None = None) -> SessionLine:
    known = shore if shore is not None and not shore.problem else None
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
        onto=known.branch if known is not None else "",
        ahead=known.ahead if known is not None else None,
        behind=known.behind if known is not None else None,
        workspace=state.workspace.path,
        created_ms=state.created_ms,
        changed_ms=state.changed_ms,
        files=len(state.files),
        added=sum(file.added for file in state.files),
        removed=sum(file.removed for file in state.files),
        tokens=state.usage.tokens,
        approvals=tuple(asked.id for asked in state.approvals),
        questions=tuple(asked.id for asked in state.questions),
        plan_waits=state.plan.offer is not None,
        archived=state.archived,
        landed=state.landed,
        parent=state.parent or "",
        goal=state.goal.goal.objective if state.goal is not None else "",
        checks=(state.verify.judged or "unknown") if state.verify.checks else "",
        claims=state.verify.claim is not None,
        shells=tuple(shell.id for shell in state.shells),
        ports=tuple(port for shell in state.shells for port in shell.ports),
        servers={server.name: server.status for server in state.servers},
        setup=state.setup.status,
        warnings=tuple(drift.text for drift in state.drifts),
        tags=state.tags,
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
    states, shores = asyncio.run(_listing(everything))
    if as_json:
        out_json([line_of(state, shores.get(state.id)) for state in states])
    elif not states:
        err("There are no sessions. Start one with `steerdeck run TASK`, or open the deck.")
    else:
        names = {state.id: state.name for state in states}
        rows = [_row(state, names, shores.get(state.id)) for state in states]
        out_table(rows, right=frozenset({3}))


async def _listing(everything: bool) -> tuple[list[SessionState], dict[SessionId, ShoreLine]]:
    """The sessions, and how each stands to its branch where a runtime can look."""
    where = reach.here()
    states = await reach.listing(where, archived=everything)
    async with reach.running(where) as client:
        if client is None:
            return states, {}
        lines = await client.ask(Shores(), list[ShoreLine])
        return states, {line.session: line for line in lines}


def _stands(shore: ShoreLine | None) -> str:
    """How far it is ahead of its branch and behind it; nothing where it is neither."""
    if shore is None or shore.problem or not (shore.ahead or shore.behind):
        return ""
    ahead = f" +{shore.ahead}" if shore.ahead else ""
    return f"{shore.branch or 'HEAD'}{ahead}{f' -{shore.behind}' if shore.behind else ''}"


def _row(
    state: SessionState, names: Mapping[SessionId, str], shore: ShoreLine | None
) -> tuple[str, ...]:
    status = state.archived or state.status.replace("_", " ")
    added = sum(file.added for file in state.files)
    removed = sum(file.removed for file in state.files)
    count = counted(len(state.files), "file")
    files = f"{count} +{added} -{removed}" if state.files else ""
    words = one_line(state.reason or state.last_words, 60)
    parent = names.get(state.parent, state.parent) if state.parent else ""
    short = standing.short(state, parent)
    told = f"[{one_line(short, 100)}] {words}".rstrip() if short else words
    age = standing.age(state.since_ms)
    return state.name, state.id, status, files, _stands(shore), age, told


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
    states = asyncio.run(reach.listing(reach.here(), archived=True))
    state = reach.find(states, session)
    if as_json:
        out_json(state)
        return
    parent = next((one.name for one in states if one.id == state.parent), "a session that is gone")
    for line in told(state, parent, {one.id: one.name for one in states}):
        out(line)


def told(state: SessionState, parent: str, names: Mapping[SessionId, str]) -> list[str]:
    """The session in lines, the most urgent last, where the eye is; `names` of the others."""
    facts = {
        "session": f"{state.name} ({state.id})",
        "status": f"{state.archived or state.status.replace('_', ' ')} {state.reason}".strip(),
        "way out": state.way_out,
        "tags": " ".join(state.tags),
        "task": one_line(state.task, 200),
        "model": f"{state.model}, mode {state.mode}, sandbox: {state.level.title}",
        "repository": state.workspace.repository,
        "branch": state.workspace.branch,
        "workspace": state.workspace.path,
        "tokens": f"{state.usage.tokens:,}" if state.usage.tokens else "",
        "cost": f"{state.usage.dollars:.2f} $" if state.usage.priced else "",
        "landed": state.landed,
        "undo it": state.way_back,
        "queued": f"to land ({state.in_line.how})" if state.in_line is not None else "",
    }
    lines = [f"{label:<11} {text}" for label, text in facts.items() if text]
    lines += standing.aspects(state, parent)
    lines += ["plan"] if state.plan.steps else []
    lines += [f"  [{_mark(step)}] {one_line(step.text)}" for step in state.plan.steps]
    lines += ["files"] if state.files else []
    lines += [f"  {file.path} +{file.added} -{file.removed}" for file in state.files]
    lines += [
        f"overlap     {file.path} with {names.get(met.other, met.other)}: {shared_words(file)}"
        for met in state.overlaps
        for file in met.files
    ]
    lines += [f"waits       {message.text}" for message in state.queue]
    for asked in state.approvals:
        lines += [f"asks        {wish(asked)} ({asked.id}):", *_below(asked.what)]
        lines += _below(f"because (it says): {asked.why}") if asked.why else []
    if state.plan.offer is not None:
        lines.append(f"asks        for a yes to its plan: steerdeck plan {state.name}")
    for question in state.questions:
        lines += [f"asks        ({question.id})", *_below(question.text)]
        lines += _below("choices: " + " / ".join(question.choices)) if question.choices else []
    lines += _cut_off(state.cut_off)
    lines += [f"in doubt    {call.title} ({call.id})" for call in state.calls if call.unknown]
    return lines


def _cut_off(cut: CutOff | None) -> list[str]:
    """What a crash broke off, and how to go on."""
    if cut is None:
        return []
    kept = datetime.fromtimestamp(cut.last_ms / 1000).strftime("%Y-%m-%d %H:%M:%S")
    return [
        f"cut off     {cut.why} while it worked",
        f"kept to     {cut.last} (event {cut.last_seq}, {kept})",
        *(f"in flight   {one.what}" for one in cut.in_flight),
        "answers     resume, with --done, --failed or --again for a call in doubt; stop gives up",
    ]


def _mark(step: Step) -> str:
    return "-" if step.struck else _MARKS[step.status]


def _below(text: str) -> list[str]:
    return [f"            {line}" for line in text.split("\n")]
