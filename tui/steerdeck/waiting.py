"""What waits for the developer in one session: computed from its state, and from nothing else.

Each thing has an id that stays as long as it waits, so a card, a bell and "seen" mean the same.
"""

import posixpath
from typing import Literal

import msgspec

from steerdeck.programs import program_of
from steerdeck_agents.facts.asking import patch_words
from steerdeck_agents.facts.checks import Evidence
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.ids import ApprovalId, CallId, SessionId, Sha
from steerdeck_agents.facts.marks import was_before
from steerdeck_agents.facts.plan import Plan
from steerdeck_agents.facts.ruling import RuleReview
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.gate.rule_terms import in_words

Waiting = Literal[
    "approval", "question", "hidden", "unknown", "parked", "held", "claim", "drift", "resting",
    "failed", "done", "passed", "plan",
]  # fmt: skip
"""`hidden`: a shell asks for what is not echoed; `held`: a goal that does not go on by itself;
`claim`: done, with evidence; `resting`: parked with a clock, so that it goes on by itself;
`passed`: a temporary rule ended, and what it let pass is to be looked at; `plan`: in plan mode, a
plan that needs a yes."""

_ALIKE = ("command", "patch", "tool", "network")
"""Kinds that may be decided for several sessions at once."""
_CLAIMS = ("approval", "question", "hidden", "unknown", "parked", "plan")
"""What keeps an agent waiting; the rest of the inbox is news that stands until it was seen."""
_RANKS = {"claim": 1, "held": 2, "drift": 2}
"""News that comes before all other, which has rank 3."""


class InboxItem(msgspec.Struct, frozen=True):
    """One thing that waits for the developer."""

    kind: Waiting
    session: SessionId
    id: str
    """Stable as long as it waits: id of the approval, the question or the call."""
    since_ms: int
    text: str

    @property
    def claims(self) -> bool:
        """Whether an agent stands still because of it."""
        return self.kind in _CLAIMS

    @property
    def rank(self) -> int:
        """What holds an agent up is first, then what there is to judge, then other news."""
        return 0 if self.claims else _RANKS.get(self.kind, 3)


def waiting(state: SessionState) -> list[InboxItem]:
    items = [
        InboxItem("approval", state.id, asked.id, asked.at_ms, first_words(asked, state))
        for asked in state.approvals
    ]
    items += [InboxItem("question", state.id, q.id, q.at_ms, q.text) for q in state.questions]
    items += [
        InboxItem("hidden", state.id, hidden_id(s), s.prompted_ms, f"{program(s)} asks: {s.prompt}")
        for s in state.shells
        if s.hidden
    ]
    items += [
        InboxItem("unknown", state.id, call.id, state.changed_ms, call.title)
        for call in state.calls
        if call.unknown
    ]
    offer = state.plan.offer
    if offer is not None:
        text = plan_text(state.plan)
        items.append(InboxItem("plan", state.id, plan_id(state), offer.at_ms, text))
    if state.parked:
        kind: Waiting = "parked" if state.parked_until_ms is None else "resting"
        items.append(InboxItem(kind, state.id, news_id(state), state.changed_ms, state.reason))
    elif not items:
        items += _ended(state)
    paused = state.parked and any(drift.pauses for drift in state.drifts)
    items += [
        InboxItem("drift", state.id, drift_id(state.id, drift), state.changed_ms, drift.text)
        for drift in state.drifts
        if not (paused and drift.pauses)
    ]
    items += [
        InboxItem("passed", state.id, review_id(state.id, one), one.at_ms, passed_text(one))
        for one in state.rule_reviews
    ]
    return items


def plan_id(state: SessionState) -> str:
    """A plan that was changed is another thing that waits: its hash stands at the end."""
    return f"{state.id}:plan:{state.plan.binding}"


def plan_of(item: InboxItem) -> Sha:
    """The binding of the plan that an item shows."""
    return Sha(item.id.rpartition(":")[2])


def plan_text(plan: Plan) -> str:
    """A plan in a line: how many steps, and the first words of the one to begin with."""
    hand = plan.in_hand
    first = f": {hand.text}" if hand is not None else ""
    return f"{counted(len(plan.live), 'step')}{first}"


def review_id(session: SessionId, review: RuleReview) -> str:
    return f"{session}:passed:{review.rule.id}"


def passed_text(review: RuleReview) -> str:
    """An ended rule in a line."""
    times = "once" if review.used == 1 else f"{review.used} times"
    return f"passed {times} by a rule that ended: {in_words(review.rule)}"


def folder_of(approval: OpenApproval, state: SessionState) -> str:
    """Where it would run, below the workspace; empty is its top."""
    root = state.workspace.path or "/"
    found = posixpath.relpath(posixpath.join(root, approval.folder), root)
    return "" if found == "." else found


Likeness = tuple[str, str, str, str, str]
"""What two approvals must have in common, letter by letter, to be decided at once."""


def likeness(asked: OpenApproval, state: SessionState) -> Likeness | None:
    """Kind, text, place in a workspace, level and end of it; None for what is like nothing else.

    That is what is dangerous, and a text whose secrets are not shown: it may be another each time.
    """
    if asked.kind not in _ALIKE or asked.danger or "⟨secret " in asked.what:
        return None
    return asked.kind, asked.what, folder_of(asked, state), asked.level, asked.kept


def alike_together(items: list[InboxItem], likes: dict[str, Likeness]) -> list[InboxItem]:
    """The same order, but each thing stands right after the first one like it."""
    first: dict[Likeness, int] = {}
    places = []
    for place, item in enumerate(items):
        like = likes.get(item.id)
        places.append(place if like is None else first.setdefault(like, place))
    order = sorted(range(len(items)), key=lambda place: (places[place], place))
    return [items[place] for place in order]


def _ended(state: SessionState) -> list[InboxItem]:
    """What is left of a turn that ended: a claim with its evidence outranks a plain end."""
    verify, goal = state.verify, state.goal
    if verify.claim is not None:
        id = f"{state.id}:claim:{verify.claimed_seq}"
        text = claim_text(verify.claim)
        return [InboxItem("claim", state.id, id, verify.claimed_ms, text)]
    if state.status == "failed":
        return [InboxItem("failed", state.id, news_id(state), state.changed_ms, state.reason)]
    if goal is not None and goal.held and state.turn is None:
        text = f"{goal.goal.objective} ({goal.turns} turns)"
        return [
            InboxItem("held", state.id, f"{state.id}:held:{goal.turns}", state.changed_ms, text)
        ]
    if state.status != "done" or state.landed or verify.judged in ("green", "old"):
        return []
    text = counted(len(state.files), "file")
    return [InboxItem("done", state.id, news_id(state), state.changed_ms, text)]


def program(shell: OpenShell) -> str:
    """The program of a shell session, by which people know it."""
    return program_of(shell.title) or shell.id


def hidden_id(shell: OpenShell) -> str:
    """Another prompt of the same shell is another thing that waits."""
    return f"{shell.id}:hidden:{shell.prompted_ms}"


def drift_id(session: SessionId, drift: Drift) -> str:
    return f"{session}:drift:{drift.kind}:{drift.key or drift.text}"


def news_id(state: SessionState) -> str:
    return f"{state.id}:{state.status}:{state.changed_ms}"


def approval_id(item: InboxItem) -> ApprovalId:
    return ApprovalId(item.id)


def call_id(item: InboxItem) -> CallId:
    return CallId(item.id)


def first_words(approval: OpenApproval, state: SessionState) -> str:
    """The wish as one text for list and dock, whose first line says most."""
    match approval.kind:
        case "tool":
            head, _, arguments = approval.what.partition("\n")
            return f"{head.replace(' ', '.', 1)}  {' '.join(arguments.split())}"
        case "input":
            shell = shell_of(approval, state)
            into = f"  into {shell.title}" if shell is not None else ""
            return f"{approval.what.strip() or 'an empty line'}{into}"
        case "tools":
            lines = approval.what.splitlines()
            more = sum(line[:1] == "+" and line[:3] != "+++" for line in lines)
            less = sum(line[:1] == "-" and line[:3] != "---" for line in lines)
            return f"{approval.title or 'a server'}: {counted(more, 'line')} new, {less} gone"
        case "server" if approval.title:
            return f"{approval.title}: {approval.what}"
        case "patch" if approval.files:
            return patch_words(approval.files)
        case _:
            return approval.what


def shell_of(approval: OpenApproval, state: SessionState) -> OpenShell | None:
    """The shell session that would be typed into, found in the call's arguments or by its name."""
    call = next((call for call in state.calls if call.id == approval.call), None)
    for shell in state.shells:
        said = (f'"{shell.id}"' in call.arguments) if call is not None else False
        if said or shell.id == approval.title:
            return shell
    return state.shells[0] if len(state.shells) == 1 else None


def is_red(evidence: Evidence) -> bool:
    """Whether the work is claimed although something fails that did not before."""
    return any(not r.good and not was_before(r, evidence.old) for r in evidence.checks)


def claim_text(evidence: Evidence) -> str:
    """A claim in a line, the worst first: weakened tests, what is red, what failed before."""
    red = [r for r in evidence.checks if not r.good and not was_before(r, evidence.old)]
    old = sum(was_before(result, evidence.old) for result in evidence.checks)
    green = len(evidence.checks) - len(red) - old
    told = [
        f"{number} {what}"
        for number, what in (
            (len(evidence.marks), "weakened"), (len(red), "red"), (green, "green"), (old, "old")
        )
        if number
    ]  # fmt: skip
    changed = f"+{evidence.added} −{evidence.removed}"
    return f"{', '.join(told) or 'no checks'}, {changed}"
