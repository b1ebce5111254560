"""One session followed to its end: what it asks is answered by a stated policy, or left waiting."""

from typing import Literal

from steerdeck.verbs import reach
from steerdeck.verbs.asked import shown, steps, sure
from steerdeck.verbs.deciding import chosen
from steerdeck.verbs.ending import DONE, FAILED, WAITS
from steerdeck.verbs.follow import follow
from steerdeck.verbs.printing import ask, err, out, out_stored
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.share.lines import LineTeller

NOBODY = (
    "Nobody is there to ask: this session runs without a developer, and no rule allows this. "
    "Do without it, or say at the end what you would have needed."
)
NOBODY_TWICE = (
    "This can't be taken back, and nobody is there to say yes to it twice, so it is refused. "
    "Do without it, or say at the end what you would have needed."
)


class Errand:
    """Follows one session and decides what it asks, by `approve`."""

    def __init__(
        self,
        client: Client,
        session: SessionId,
        *,
        approve: Literal["ask", "rules", "all"],
        as_json: bool,
    ) -> None:
        self.session = session
        self.state: SessionState | None = None
        self._client = client
        self._approve = approve
        self._as_json = as_json
        self._teller = LineTeller(lambda _: self.state.name if self.state else "")
        self._words = ""

    async def follow(self, after: int) -> int:
        """Follow it until its turn has ended or only a human can go on; the exit code."""
        async for text, event in follow(self._client, self.session, after):
            self.state = state = reduce(self.state, event)
            self._tell(text, event)
            code = await self._meet(state, event)
            if code is not None:
                return code
        raise AssertionError("facts are followed without end")

    def _tell(self, text: str, event: e.Event) -> None:
        if isinstance(event, e.ItemEnded) and event.kind == "message":
            self._words = event.text
        if self._as_json:
            out_stored(text)
            return
        for line in self._teller.tell(event):
            err(line)

    async def _meet(self, state: SessionState, event: e.Event) -> int | None:
        """What to do about one fact; an exit code when the errand is over."""
        match event:
            case e.ApprovalRequested():
                asked = next((a for a in state.approvals if a.id == event.approval), None)
                if asked is not None:
                    await self._decide(state, asked)
                return None
            case e.QuestionAsked():
                return await self._question(state, event)
            case e.SessionParked():
                err(f"{state.name} waits: {event.reason} {event.way_out}".rstrip())
                err(f"Go on with `steerdeck resume {state.id}`.")
                return WAITS
            case e.ShellPrompted(hidden=True, text=str(asked)) if asked:
                err(f"Type it with `steerdeck type {state.id} {event.shell} --hidden`.")
                return None
            case e.CallLost():
                err(
                    f"Nobody saw how a call of {state.name} ended; see `steerdeck show {state.id}`."
                )
                return WAITS
            case e.TurnEnded(status="completed"):
                works = state.goal is not None and not state.goal.held
                if state.may_start or works:
                    return None
                if state.mode == "plan" and state.plan.live and not self._as_json:
                    err(f"Its plan waits for you: `steerdeck plan {state.name}`.")
                return self._done()
            case e.TurnEnded():
                err(f"{state.name}: {event.status} {event.error} {event.way_out}".rstrip())
                return FAILED
            case e.SessionArchived():
                err(f"{state.name} was archived ({event.reason}).")
                return FAILED
            case _:
                return None

    def _done(self) -> int:
        if not self._as_json:
            out(self._words.strip())
        return DONE

    async def _decide(self, state: SessionState, asked: OpenApproval) -> None:
        match self._approve:
            case "all":
                allow, words = not asked.danger, NOBODY_TWICE
            case "rules":
                allow, words = False, NOBODY
            case "ask":
                allow, words = await self._asked(state, asked)
        order = o.Decide(
            id=reach.new_order(),
            session=state.id,
            approval=asked.id,
            allow=allow,
            shown=asked.binding,
            words="" if allow else words.strip(),
            unattended=self._approve != "ask",
        )
        try:
            await self._client.give(order)
        except OrderRefused as refused:
            # Somebody else decided first, or what would run has changed and is asked anew.
            err(str(refused))

    async def _asked(self, state: SessionState, asked: OpenApproval) -> tuple[bool, str]:
        """What somebody types at the card: whether it may happen, and words for a no."""
        for line in shown(state, asked, await steps(self._client, state, asked)):
            err(line)
        said = await ask("Allow it? y, or n with words [n]")
        answer, _, words = said.partition(" ")
        if answer.lower() in ("y", "yes"):
            return await sure(asked, ask), ""
        return False, words if answer.lower() in ("n", "no") else said

    async def _question(self, state: SessionState, event: e.QuestionAsked) -> int | None:
        if self._approve != "ask":
            err(f"{state.name} asks: {event.text}")
            if event.choices:
                err(f"Choices: {' / '.join(event.choices)}")
            err(f"It waits; answer with `steerdeck answer {state.id} TEXT`.")
            return WAITS
        choices = f" ({' / '.join(event.choices)})" if event.choices else ""
        text = ""
        while not text:
            text = chosen(event.choices, await ask(f"{event.text}{choices}"))
            if not text:
                err(f"It waits; answer with `steerdeck answer {state.id} TEXT`.")
                return WAITS
        order = o.Answer(id=reach.new_order(), session=state.id, question=event.question, text=text)
        try:
            await self._client.give(order)
        except OrderRefused as refused:
            err(str(refused))
        return None
