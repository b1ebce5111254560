"""The prompt of a session's window: an ordered list of stored texts that only ever grows.

New items are staged as an event and an enclosure; they count only when the journal has committed
them. Calls and their outputs are tied here, so that no call is ever left without its one result.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import Any

import msgspec

from steerdeck_agents.facts.events import ItemAdded
from steerdeck_agents.facts.ids import CallId, SessionId, Sha, sha_of
from steerdeck_agents.journal.enclosures import NewItem
from steerdeck_agents.loop import request

CALLS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
}
"""Kinds of calls, with the kind of item that answers each."""
OUTPUTS = frozenset(CALLS.values())
PICTURE = '"type":"input_image"'
"""Stands in the text of an item with a picture and in no other: quotes within texts are escaped."""
NewText = tuple[str, str, str]
"""An item about to be staged: its exact JSON text, its origin, its kind."""


class _CallItem(msgspec.Struct, frozen=True):
    """Read with Any: a model may send anything, and a prompt must load all the same."""

    call_id: Any = ""
    name: Any = ""
    arguments: Any = ""
    input: Any = ""


class WishedCall(msgspec.Struct, frozen=True):
    """A call item of the prompt; `id` is unique in the session, `wire_id` the model's."""

    id: CallId
    wire_id: str
    tool: str
    arguments: str
    """JSON text of a function's, or the whole input of a freeform tool."""
    answer: str
    """The kind of item that answers it."""


class Held(msgspec.Struct, frozen=True):
    """One prompt item in memory."""

    sha: Sha
    text: str
    origin: str
    kind: str


class Staged(msgspec.Struct, frozen=True):
    """Items about to be appended, with what the journal needs of them."""

    items: tuple[Held, ...]
    events: tuple[ItemAdded, ...]
    enclosed: tuple[NewItem, ...]


class Prompt:
    """The items of one window in order."""

    def __init__(
        self,
        session: SessionId,
        window: int,
        held: Iterable[Held] = (),
        clean: Callable[[str], str] = lambda text: text,
    ) -> None:
        """`clean` takes secrets out of the text of an item before it is staged."""
        self.session = session
        self.window = window
        self.clean = clean
        self._items: list[Held] = []
        self._calls: dict[CallId, WishedCall] = {}
        self._answered = 0
        self.ready: dict[CallId, str] = {}
        """Items with results that are more than text, until they are in the prompt."""
        for item in held:
            self._keep(item)

    def __len__(self) -> int:
        return len(self._items)

    @property
    def items(self) -> tuple[Held, ...]:
        return tuple(self._items)

    @property
    def texts(self) -> list[str]:
        return [item.text for item in self._items]

    @property
    def shas(self) -> tuple[Sha, ...]:
        return tuple(item.sha for item in self._items)

    @property
    def pictured(self) -> bool:
        """Whether the next request holds a picture."""
        return bool(self.ready) or any(PICTURE in item.text for item in self._items)

    def sendable(self, switched: int) -> list[Held]:
        """The items to send; the first `switched` are from before a change of the model.

        Reasoning is sealed by the server that made it, and no other can read it.
        """
        if not switched:
            return self._items
        old, new = self._items[:switched], self._items[switched:]
        return [*(item for item in old if item.kind != "reasoning"), *new]

    def newest(self, origin: str) -> str | None:
        """Text of the newest item of that origin."""
        return next((i.text for i in reversed(self._items) if i.origin == origin), None)

    def stage(self, *new: NewText) -> Staged:
        """Items numbered to follow those that are there."""
        items = tuple(self._held(*one) for one in new)
        events = tuple(
            ItemAdded(
                session=self.session,
                window=self.window,
                index=len(self._items) + place,
                sha=item.sha,
                origin=item.origin,
                kind=item.kind,
            )
            for place, item in enumerate(items)
        )
        return Staged(items, events, tuple(NewItem(i.sha, i.text, i.origin) for i in items))

    def _held(self, text: str, origin: str, kind: str) -> Held:
        # A result was cleaned when the call ended, and may show what the developer allowed.
        text = text if kind in OUTPUTS else self.clean(text)
        return Held(sha_of(text.encode()), text, origin, kind)

    def keep(self, staged: Staged) -> tuple[WishedCall, ...]:
        """Take over what was committed; the calls among it, in order."""
        return tuple(call for item in staged.items if (call := self._keep(item)))

    def outputs_owed(self, results: Mapping[CallId, str]) -> list[NewText]:
        """Outputs of ended calls not yet in the prompt, in call order, ready to stage.

        They stop at the first call without a result: outputs are counted, not matched.
        """
        ended = takewhile(lambda call: call.id in results, self.unanswered())
        return [
            (
                self.ready.get(call.id)
                or request.call_output(call.wire_id, results[call.id], kind=call.answer),
                "tool",
                call.answer,
            )
            for call in ended
        ]

    def unanswered(self) -> list[WishedCall]:
        """Calls whose output is not in the prompt; outputs are appended in call order."""
        return list(self._calls.values())[self._answered :]

    def wishes(self, staged: Staged) -> tuple[WishedCall, ...]:
        """The calls that `keep` will give for these items."""
        names = set(self._calls)
        calls = []
        for item in staged.items:
            if item.kind in CALLS:
                call = _wish(item, names, self.window)
                names.add(call.id)
                calls.append(call)
        return tuple(calls)

    def _keep(self, item: Held) -> WishedCall | None:
        self._items.append(item)
        if item.kind in OUTPUTS:
            for call in self.unanswered()[:1]:
                self.ready.pop(call.id, None)
            self._answered += 1
        if item.kind not in CALLS:
            return None
        call = _wish(item, set(self._calls), self.window)
        self._calls[call.id] = call
        return call


def _wish(item: Held, taken: set[CallId], window: int) -> WishedCall:
    """The call of an item; a model that repeats a call id gets a distinct id of ours.

    Earlier windows are not known here, so in later ones the window is part of each id.
    """
    wish = msgspec.json.decode(item.text, type=_CallItem)
    given = wish.arguments if item.kind == "function_call" else wish.input
    wire_id, name, arguments = (_text(part) for part in (wish.call_id, wish.name, given))
    own = f"{wire_id}@{window}" if window else wire_id
    ours = CallId(own)
    count = 1
    while ours in taken:
        count += 1
        ours = CallId(f"{own}#{count}")
    return WishedCall(ours, wire_id, name, arguments, CALLS[item.kind])


def _text(part: object) -> str:
    return part if isinstance(part, str) else msgspec.json.encode(part).decode()
