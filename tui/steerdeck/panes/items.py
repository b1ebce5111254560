"""One thing of the inbox as lines: the head of the list, the band of its card, and the card."""

from collections.abc import Sequence

from steerdeck.model import DeckModel, InboxItem
from steerdeck.panes.approval import round_about, verdict_rows
from steerdeck.panes.card import band
from steerdeck.panes.evidence import claim_card, drift_card
from steerdeck.panes.plan_head import plan_card
from steerdeck.panes.question import (
    end_card,
    held_card,
    hidden_card,
    lost_card,
    parked_card,
    question_card,
    shape_of,
    title_of,
)
from steerdeck.panes.ruled import review_card
from steerdeck.panes.wish import verb_of
from steerdeck.text import Line, Span, foreign, within
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import OpenApproval, SessionState

_KINDS = (
    ("approval", "approval", "approvals"),
    ("question", "question", "questions"),
    ("hidden", "secret", "secrets"),
    ("unknown", "unknown call", "unknown calls"),
    ("plan", "plan", "plans"),
    ("parked", "parked", "parked"),
    ("claim", "done", "done"),
    ("held", "goal held", "goals held"),
    ("drift", "drift", "drifts"),
    ("resting", "with a clock", "with a clock"),
    ("failed", "error", "errors"),
    ("done", "to review", "to review"),
    ("passed", "rule ended", "rules ended"),
)


def head(model: DeckModel, items: Sequence[InboxItem], item: InboxItem, *, wide: bool) -> Line:
    """Which of how many is shown, and how many there are of each kind."""
    place = items.index(item) + 1
    left = [
        Span("inbox", "t0", bold=True),
        Span(f"   {place} of {len(items)}", "t2", id="do:scroll_down"),
    ]
    if wide:
        name = folder_name(model.repository) or "steerdeck"
        left = [foreign(name, "t0", bold=True), within(), left[0]]
    right: list[Span] = []
    first = {each.kind: shape_of(each)[0] for each in items}
    for kind, one, many in _KINDS:
        of_kind = [each for each in items if each.kind == kind]
        if of_kind:
            shape, colour = shape_of(of_kind[0])
            word = one if len(of_kind) == 1 else many
            # Without words only a shape that stands for one kind tells them apart.
            told = wide or kind == "approval" or list(first.values()).count(shape) > 1
            words = f"{len(of_kind)} {word}" if told else str(len(of_kind))
            claims = of_kind[0].claims
            right += [
                Span(f"{shape} ", colour),
                Span(words, "needs" if claims else "t1", claims),
                Span("   "),
            ]
    return Line(tuple(left), tuple(right[:-1]))


def item_band(model: DeckModel, item: InboxItem, state: SessionState, now: int) -> Line:
    """Filled for what keeps an agent waiting, plain for news."""
    approval = model.approval(item)
    verb = verb_of(approval) if approval is not None else title_of(item, state)
    shape, colour = shape_of(item)
    line = band(verb, state, item.since_ms, now, shape)
    if item.claims:
        return line
    words = (
        Span(f"{shape} ", colour),
        foreign(state.name, "t0", bold=True),
        Span(f" {verb}", "t1"),
    )
    right = tuple(Span(span.text, "t2") for span in line.right)
    return Line(words, right, bg="s2", bleed=True)


def card_of(model: DeckModel, item: InboxItem, now: int, width: int, *, armed: bool) -> list[Line]:
    """What must have been seen to its end before an answer."""
    state = model.states[item.session]
    approval, question, call = model.approval(item), model.question(item), model.lost_call(item)
    if approval is not None:
        return verdict_rows(approval, state, width, _alike(model, item))
    if question is not None:
        return question_card(question, state, armed=armed)
    if call is not None:
        return lost_card(call, state.cut_off, now)
    return _news_card(model, item, state, now, width)


def _news_card(
    model: DeckModel, item: InboxItem, state: SessionState, now: int, width: int
) -> list[Line]:
    """What is neither asked nor lost."""
    shell, drift, review = model.shell(item), model.drift(item), model.review(item)
    claim, transcript = state.verify.claim, model.transcripts.get(item.session)
    if review is not None:
        return review_card(review, now)
    if shell is not None:
        return hidden_card(shell)
    if item.kind == "claim" and claim is not None:
        return claim_card(claim, state, width)
    if drift is not None:
        return drift_card(drift, transcript, now, width)
    if item.kind == "plan":
        return plan_card(state, width)
    if item.kind == "held":
        return held_card(state)
    if item.kind in ("parked", "resting"):
        return parked_card(state, now, transcript, width)
    return end_card(item, state, width)


def around(model: DeckModel, item: InboxItem, now: int, width: int) -> list[Line]:
    """What helps to judge an approval; it may come late, below what is decided on."""
    approval = model.approval(item)
    if approval is None:
        return []
    transcript = model.transcripts.get(item.session)
    proposal = model.proposals.get(approval.id)
    state = model.states[item.session]
    lasting = model.lasting_of(state)
    return round_about(approval, state, transcript, now, width, proposal, lasting)


def _alike(model: DeckModel, item: InboxItem) -> list[tuple[OpenApproval, SessionState]]:
    """The approvals that are the same, each with its session."""
    found: list[tuple[OpenApproval, SessionState]] = []
    for one in model.alike(item):
        if (asked := model.approval(one)) is not None:
            found.append((asked, model.states[one.session]))
    return found
