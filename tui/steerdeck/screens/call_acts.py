"""What can be done with a call in hand: read it whole, copy it, run it again, go to its place."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

import msgspec

from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.outside import EditorError, pager, read, to_read
from steerdeck.screens.call_log import CallLog
from steerdeck.screens.reading import Reads
from steerdeck_agents.facts.call_page import CallLine, CallPage
from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.wire_calls import CallOf

T = TypeVar("T")
Act = Callable[[CallPage], Coroutine[None, None, None]]


class _Command(msgspec.Struct):
    command: str


class CallActs(Reads[T], Generic[T]):
    """A screen with a call in hand."""

    def line_in_hand(self) -> CallLine | None:
        raise NotImplementedError

    def can_call_copy(self) -> bool:
        return self.line_in_hand() is not None

    def do_call_copy(self) -> None:
        self._with_page(self._copy)

    async def _copy(self, page: CallPage) -> None:
        self.copy(command_of(page) or page.line.title or page.arguments)

    def can_call_pager(self) -> bool:
        return self.line_in_hand() is not None

    def do_call_pager(self) -> None:
        self._with_page(self._in_pager)

    async def _in_pager(self, page: CallPage) -> None:
        text = await self.helm.whole_output(page)
        try:
            command = pager()
            folder = await asyncio.to_thread(to_read, f"{text}\n")
            read(self.app, folder, command)
        except EditorError as error:
            self.helm.say(str(error), bad=True)

    # again

    def can_call_again(self) -> bool:
        """Commands alone: what other tools do is an agent's to ask for."""
        line = self.line_in_hand()
        return line is not None and line.tool == "shell" and self._living(line) is not None

    def do_call_again(self) -> None:
        self._with_page(self._again)

    def can_call_edit(self) -> bool:
        return self.can_call_again()

    def do_call_edit(self) -> None:
        self._with_page(self._edit)

    async def _again(self, page: CallPage) -> None:
        """Through the gate, confined as the agent is; what can't be undone is asked for first."""
        state, script = self._living(page.line), command_of(page)
        if state is None or not script:
            self.helm.say("The exact command is not on record, so it can't be run again.", bad=True)
            return
        self.model.take(state.id)
        self.model.target = "one"
        await self.helm.run_by_hand(state, f"!{script}", sure=False)
        if self.helm.written.danger[0] == (state.id, script):
            self._write(state)
        else:
            self.helm.say(f"{state.name}: running it again; it stands in the log when it ends")

    async def _edit(self, page: CallPage) -> None:
        state, script = self._living(page.line), command_of(page)
        if state is None or not script:
            self.helm.say("The exact command is not on record; write it behind !.", bad=True)
            return
        self.model.take(state.id)
        self.model.target = "one"
        if self.model.drafts.get(state.id):
            self.helm.say(f"{state.name} has a draft already: send or clear that first.", bad=True)
            return
        self.model.give_back(state.id, f"!{script}")
        self._write(state)

    def _write(self, state: SessionState) -> None:
        self.model.face = "composer"
        self.open(Open("zoom", state.id))

    def _living(self, line: CallLine) -> SessionState | None:
        state = self.model.states.get(line.session)
        return state if state is not None and not state.archived else None

    # where it was

    def can_call_replay(self) -> bool:
        return self.line_in_hand() is not None

    def do_call_replay(self) -> None:
        if (line := self.line_in_hand()) is not None:
            self.open(Open("replay", line.session, str((line.ended_seq or line.seq) + 1)))

    def can_call_open(self) -> bool:
        return self.line_in_hand() is not None

    def do_call_open(self) -> None:
        if (line := self.line_in_hand()) is not None:
            self.open(Open("call", line.session, line.call))

    def _with_page(self, act: Act) -> None:
        if (line := self.line_in_hand()) is not None:
            self.helm.go(self._closely(line, act))

    async def _closely(self, line: CallLine, act: Act) -> None:
        await act(await self.helm.bridge.page(CallOf(line.session, line.call), CallPage))


def command_of(page: CallPage) -> str:
    """The command as it ran: as it was edited, by hand, or in the input of the shell."""
    if page.line.tool != "shell":
        return ""
    if page.edited or page.line.by_hand:
        return page.edited or page.arguments
    try:
        return msgspec.json.decode(page.arguments.encode(), type=_Command).command
    except UNREADABLE:
        return ""


class LogActs(CallActs[T], Generic[T]):
    """A screen with a tool log: moving in it, its filter, its order."""

    def call_log(self) -> CallLog:
        raise NotImplementedError

    def on_call_log_told(self) -> None:
        self.show(Dirty(everything=True))

    def do_call_filter(self) -> None:
        self.call_log().filter.focus()

    def can_complete(self) -> bool:
        return self.call_log().filter.has_focus and bool(self.call_log().offers()[1])

    def do_complete(self) -> None:
        self.call_log().complete()

    def do_call_down(self) -> None:
        self.call_log().move(1)

    def do_call_up(self) -> None:
        self.call_log().move(-1)

    def do_call_first(self) -> None:
        self.call_log().to_first()

    def do_call_last(self) -> None:
        self.call_log().to_last()

    def do_call_sort(self) -> None:
        self.call_log().next_order()
