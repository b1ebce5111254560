"""What the deck knows: states folded from the same events as in the runtime, and what is in hand.

Pure and without a terminal: the bridge feeds it, screens draw from it, tests drive it. Nothing here
decides what is true of a session; that is `reduce` alone.
"""

from typing import TYPE_CHECKING, Literal

import msgspec

from steerdeck.arrangement import Arrangement, in_view
from steerdeck.awaited import Awaited
from steerdeck.hosts.stands import HostStands, named
from steerdeck.lasting import holding
from steerdeck.output.pacing import Reading
from steerdeck.waiting import InboxItem as InboxItem
from steerdeck.waiting import approval_id as approval_id
from steerdeck.waiting import call_id as call_id
from steerdeck.waiting import news_id
from steerdeck_agents.facts.events import (
    DoneReviewed,
    Event,
    RuntimeEnded,
    RuntimeStarted,
    Streamed,
)
from steerdeck_agents.facts.ids import ApprovalId, SessionId
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_agents.runtime.wire import GaugeLine, Outlook, Storage
from steerdeck_agents.runtime.wire_rules import RuleStands

if TYPE_CHECKING:
    from steerdeck_agents.gate.rule_propose import Proposal

Face = Literal["composer", "deck"]
Target = Literal["one", "several", "all"]
_PLAIN = Arrangement()


class Dirty(msgspec.Struct):
    """What changed since the last drawing."""

    sessions: set[SessionId] = msgspec.field(default_factory=set)
    text: set[SessionId] = msgspec.field(default_factory=set)
    """Sessions of which only streamed text arrived."""
    everything: bool = False

    def __bool__(self) -> bool:
        return bool(self.everything or self.sessions or self.text)


class ShownDiff(msgspec.Struct, frozen=True):
    """The unified diff of one changed file, as of the event `seq`."""

    path: str
    seq: int
    text: str


class Together(msgspec.Struct, frozen=True):
    """What was said to more than one at once, and to whom."""

    text: str = ""
    sessions: frozenset[SessionId] = frozenset()


class DeckModel(Awaited):
    """All sessions, and what the developer looks at, writes and speaks to."""

    together = Together()
    """The last words to several or all, whose sessions one key picks again."""
    hosts: tuple[HostStands, ...] = ()
    """The machines whose sessions these are; none where only this one's are shown."""

    def __init__(self, folder: str = "") -> None:
        self.folder = folder
        """Where the developer stands; sessions of its repository come first."""
        self.outlook = Outlook()
        self.states: dict[SessionId, SessionState] = {}
        self.transcripts: dict[SessionId, Transcript] = {}
        self.diffs: dict[SessionId, ShownDiff] = {}
        self._in_hand = SessionId("")
        self.before = SessionId("")
        """The session that was in hand before the one that is."""
        self.arrangements: dict[str, Arrangement] = {}
        """How the decks of repositories are laid out."""
        self.face: Face = "composer"
        self.target: Target = "one"
        self.picked: set[SessionId] = set()
        self.drafts: dict[str, str] = {}
        self.returned: dict[str, str] = {}
        """Words of refused orders, on their way back into the composer (`give_back`)."""
        self.everywhere = False
        """Whether sessions of other repositories are shown too."""
        self.seen: set[str] = set()
        """Inbox items the developer put aside, for this deck only."""
        self.proposals: dict[ApprovalId, Proposal] = {}
        """The rules that would answer what waits, for those that were asked for."""
        self.undoable: list[SessionId] = []
        """Sessions this deck archived or discarded, the last one last."""
        self.notice = ""
        """A message that stands in the footer until the next key."""
        self.notice_bad = False
        self.lasting: tuple[RuleStands, ...] = ()
        """The rules of repositories and of everywhere, as the runtime told them last."""
        self.gauges: tuple[GaugeLine, ...] = ()
        """How providers are doing, while something waits at one."""
        self.line = Reading()
        """What is known of the line to the terminal."""
        self.lost = ""
        """Why the runtime can't be reached, while that is so."""
        self.attached = False
        self.storage = Storage()
        self.first_lane = 0

    # facts

    def load(self, states: list[SessionState]) -> None:
        """Take the states of a fresh listing; what is in hand stays in hand where it still is."""
        self.states = {state.id: named(state, self.hosts) for state in states}
        self._keep_in_hand()

    def put(self, state: SessionState) -> None:
        """Take one state that was read anew, unless events have already led further."""
        known = self.states.get(state.id)
        if known is None or state.seq >= known.seq:
            self.states[state.id] = named(state, self.hosts)
        self._keep_in_hand()

    def add(self, event: Event) -> Dirty:
        """Fold one event in; what it made dirty."""
        dirty = Dirty()
        if not event.session or isinstance(event, RuntimeStarted | RuntimeEnded):
            return dirty
        state = self.states.get(event.session)
        if state is not None and event.seq <= state.seq:
            return dirty
        now = self.states[event.session] = named(reduce(state, event), self.hosts)
        if isinstance(event, DoneReviewed):
            self.seen.add(news_id(now))
        transcript = self.transcripts.get(event.session)
        if transcript is not None:
            transcript.add(event)
        if isinstance(event, Streamed) and _only_text(state, now):
            dirty.text.add(event.session)
        else:
            dirty.sessions.add(event.session)
        if state is None or now.archived != state.archived:
            if now.archived and event.session == self.in_hand and self.left_by_others(now):
                how = "archived" if now.archived == "stopped" else now.archived
                self.say(f"{now.name} was {how}.")
            self._keep_in_hand()
            dirty.everything = True
        return dirty

    # what is shown

    @property
    def repository(self) -> str:
        """Top folder of the repository the developer stands in; empty when it is none."""
        return self.outlook.repository

    def sessions(self) -> list[SessionState]:
        """Live sessions of this repository first, in the developer's order, then by slot."""
        plan = self.arrangement
        live = [
            state
            for state in self.states.values()
            if not state.archived and (self.everywhere or self.is_here(state))
        ]
        return sorted(
            live,
            key=lambda s: (not self.is_here(s), plan.place_of(s.id), s.slot, s.seq),
        )

    @property
    def arrangement(self) -> Arrangement:
        """How this repository's deck is laid out."""
        return self.arrangements.get(self.repository or self.folder, _PLAIN)

    def arrange(self, plan: Arrangement) -> None:
        self.arrangements[self.repository or self.folder] = plan

    def is_here(self, state: SessionState) -> bool:
        """Whether it is of this repository; who stands in none has all sessions here.

        What the last deck left is shown before the runtime says which repository this is: a session
        of another one must not be taken in hand for that moment, since it would stay there.
        """
        of = state.workspace.repository
        if self.repository or not of:
            return of in ("", self.repository)
        return self.attached or not self.folder or f"{self.folder}/".startswith(f"{of}/")

    def starter_of(self, state: SessionState) -> str:
        """The name of the session that started this one as its helper; empty where none did."""
        starter = self.states.get(state.parent) if state.parent is not None else None
        return starter.name if starter is not None else ""

    @property
    def elsewhere(self) -> int:
        """How many live sessions belong to other repositories."""
        return sum(not s.archived and not self.is_here(s) for s in self.states.values())

    @property
    def in_hand(self) -> SessionId:
        """The session in hand, by its id; empty when there is none."""
        return self._in_hand

    @in_hand.setter
    def in_hand(self, session: SessionId) -> None:
        if session != self._in_hand:
            self.before, self._in_hand = self._in_hand, session

    @property
    def hand(self) -> SessionState | None:
        """The session in hand."""
        return self.states.get(self.in_hand)

    def take(self, session: SessionId) -> None:
        """Take a session in hand."""
        if session in self.states:
            self.in_hand = session

    def move(self, step: int) -> None:
        """Take the neighbour of the session in hand."""
        shown = self.sessions()
        if not shown:
            return
        place = next((n for n, state in enumerate(shown) if state.id == self.in_hand), 0)
        self.in_hand = shown[min(len(shown) - 1, max(0, place + step))].id

    def of_slot(self, slot: int) -> SessionState | None:
        return next((state for state in self.sessions() if state.slot == slot), None)

    def lanes(self, count: int) -> list[SessionState]:
        """The sessions whose lanes are shown, the one in hand among them unless it is folded."""
        shown, plan = self.sessions(), self.arrangement
        if count > 1:
            shown = [state for state in shown if state.id not in plan.folded]
        found, self.first_lane = in_view(shown, plan, self.in_hand, count, self.first_lane)
        return found

    def folded(self) -> list[SessionState]:
        """The sessions of which only the head is shown, where lanes stand side by side."""
        return [state for state in self.sessions() if state.id in self.arrangement.folded]

    def targets(self) -> list[SessionState]:
        """Whom the composer speaks to."""
        match self.target:
            case "all":
                return self.sessions()
            case "several":
                return [state for state in self.sessions() if state.id in self.picked]
            case _:
                return [self.hand] if self.hand is not None else []

    def said_together(self, text: str) -> None:
        """Words went to several or all: whoever writes on speaks to the one in hand again."""
        self.together = Together(text, frozenset(state.id for state in self.targets()))
        self.target = "one"

    def pick_several(self) -> None:
        """Speak to several: those one spoke to last, else the one in hand first."""
        living = {state.id for state in self.sessions()}
        self.picked = set(self.together.sessions & living) or {self.in_hand}
        self.target = "several"

    def who_heard(self, text: str) -> list[SessionState]:
        """Whom the composer speaks to, and all to whom the same words were said at once."""
        here = {state.id for state in self.targets()}
        also = self.together.sessions if self.together.text == text else frozenset()
        return [state for state in self.states.values() if state.id in here | also]

    def left_by_others(self, state: SessionState) -> bool:
        """Whether it left the deck, and not by an act of this one: who has it in hand is told."""
        return bool(state.archived) and state.id not in self.undoable

    def look_elsewhere(self) -> None:
        """Show the sessions of all repositories, or of this one; one of those is in hand."""
        self.everywhere = not self.everywhere
        shown = [state.id for state in self.sessions()]
        if self.in_hand not in shown:
            self.in_hand = shown[0] if shown else SessionId("")

    def _keep_in_hand(self) -> None:
        hand = self.states.get(self.in_hand)
        if hand is not None and not hand.archived:
            return
        shown = self.sessions()
        self.in_hand = shown[0].id if shown else SessionId("")

    # drafts

    @property
    def draft_of(self) -> str:
        """Under what name the draft of the present target is kept."""
        return self.in_hand if self.target == "one" else self.target

    def give_back(self, name: str, text: str) -> None:
        """Have words come into a draft once it is empty, behind those that come there already."""
        coming = self.returned.get(name)
        self.returned[name] = text if coming is None else f"{coming}\n\n{text}"

    # what waits

    @property
    def lined_up(self) -> bool:
        """Whether a session is in line at a provider."""
        return any(state.turn is not None and state.turn.place for state in self.states.values())

    def next_in_need(self) -> SessionState | None:
        """The next session after the one in hand that an agent or news of it waits in."""
        items = [item for item in self.inbox() if item.kind != "resting"]
        claims = {item.session for item in items if item.claims}
        wanted = claims or {item.session for item in items}
        shown = self.sessions()
        place = next((n for n, state in enumerate(shown) if state.id == self.in_hand), -1)
        ring = [*shown[place + 1 :], *shown[: place + 1]]
        return next((s for s in ring if s.id in wanted and s.id != self.in_hand), None)

    def counts(self) -> dict[str, int]:
        """How many live sessions there are of each status."""
        counts: dict[str, int] = {}
        for state in self.sessions():
            counts[state.status] = counts.get(state.status, 0) + 1
        return counts

    def lasting_of(self, state: SessionState) -> list[RuleStands]:
        """The lasting rules that hold for a session."""
        return holding(self.lasting, state)

    # messages for the developer

    def say(self, text: str, *, bad: bool = False) -> None:
        """Put a message into the footer, where it stands until the next key."""
        self.notice, self.notice_bad = text, bad


def _only_text(before: SessionState | None, after: SessionState) -> bool:
    """Whether nothing but text grew: another open item, or silence that ends, shows elsewhere."""
    return (
        before is not None and len(before.items) == len(after.items) and before.turn is after.turn
    )
