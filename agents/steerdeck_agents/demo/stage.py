"""Where a script is played: from its beginning for every request, until a beat has no answer yet.

Like a durable workflow, a script is a plain function that asks for beats (one response each). A
beat whose calls stand answered in the conversation returns their outcomes at once; the first that
does not is the answer to this request. So nothing is remembered between requests, and a session
goes on after a crash, an interrupt or a fork as it would have. Call ids carry what is needed: the
beat, the slot, the attempt, and how many messages of the developer had been seen.
"""

import re
from collections.abc import Callable
from typing import NoReturn

import msgspec

from steerdeck_agents.demo.calls import Outcome, outcome_of, shell
from steerdeck_agents.demo.commands import ALL_TESTS
from steerdeck_agents.demo.words import kind_of, note, notes_in, quote
from steerdeck_agents.models.scripted import Call, Conversation, Part, Reply, Say, Script
from steerdeck_agents.models.scripted_memory import summary_of

_ID = re.compile(r"(?:call|msg)_\w+-(?P<beat>\w+)-(?P<slot>\w+)-(?P<attempt>\d+)-(?P<seen>\d+)\Z")
_WORDS = re.compile(r"words(\d+)to(\d+)at(\d+)\Z")
_PLAN = "update_plan"

PlanJson = list[dict[str, str]]


class _Made(msgspec.Struct, frozen=True):
    """A call of an earlier response, with what its id says."""

    beat: str
    slot: str
    attempt: int
    seen: int
    tool: str
    arguments: str
    outcome: Outcome


class _Answered(Exception):
    """Ends a playing: this is the response."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class Stage:
    """One playing of a script against one conversation."""

    def __init__(self, talk: Conversation, steps: tuple[str, ...]) -> None:
        self.steps = list(steps)
        """Texts of the plan; a script may reword steps that are not done."""
        self._talk = talk
        self._at = 0
        self._made = _made(talk)
        self._seen = self._count_seen()

    @property
    def task(self) -> str:
        return self._talk.task

    def beat(self, name: str, at: int, *parts: Part) -> tuple[Outcome, ...]:
        """Think, say and call; returns the outcomes of the calls, in order.

        `at` is the step being worked on. Interrupted calls are made again.
        """
        self._at = at
        calls = [part for part in parts if isinstance(part, Call)]
        last = [self._last(name, slot) for slot in range(len(calls))]
        outcomes = tuple(
            made.outcome
            for made in last
            if made is not None and made.outcome.status != "interrupted"
        )
        if len(outcomes) == len(calls):
            return outcomes
        self._take_words()
        talk: list[Part] = [part for part in parts if not isinstance(part, Call)]
        if any(last):
            talk = [Say("That was cut short, so I do it once more.")]
        elif self._seen < len(self._talk.said):
            talk.insert(0, Say("I go on where I was."))
        again = [
            self._named(name, slot, call)
            for slot, (call, made) in enumerate(zip(calls, last, strict=True))
            if made is None or made.outcome.status == "interrupted"
        ]
        raise self._response(name, *talk, *again)

    def finish(self, text: str) -> NoReturn:
        """Bring the plan up to date, then end the turn with these words."""
        self._at = len(self.steps)
        self._take_words()
        if self._plan() != self._last_plan():
            raise self._response("close")
        left = [quote(words) for words, (_, done) in self._taken().items() if not done]
        if left:
            text += f"\n\nNot done of what you wrote: {', '.join(left)}."
        raise self._ending(text)

    def note(self, text: str) -> Call:
        """A call that writes a line of NOTES.md."""
        return note([text], self._notes())

    def _ending(self, text: str) -> _Answered:
        name = f"msg_{self._talk.salt}-done-0-1-{len(self._talk.said)}"
        if name in self._talk.messages:
            name, text = "", "There is nothing left to do. Tell me what you would like next."
        return _Answered(Reply((Say(text, name, final=True),)))

    def _response(self, name: str, *parts: Part, doing: tuple[str, ...] = ()) -> _Answered:
        """Answer with these parts, and with the plan when it has changed."""
        plan = self._plan(doing)
        update: list[Part] = []
        if plan != self._last_plan():
            update = [self._named(name, "plan", Call(_PLAN, {"steps": plan}))]
        talk = [part for part in parts if not isinstance(part, Call)]
        calls = [part for part in parts if isinstance(part, Call)]
        return _Answered(Reply((*talk, *update, *calls)))

    def _named(self, beat: str, slot: int | str, call: Call) -> Call:
        last = self._last(beat, slot)
        attempt = 1 if last is None else last.attempt + 1
        name = f"call_{self._talk.salt}-{beat}-{slot}-{attempt}-{len(self._talk.said)}"
        return Call(call.tool, call.arguments, name)

    def _last(self, beat: str, slot: int | str) -> _Made | None:
        found = [made for made in self._made if (made.beat, made.slot) == (beat, str(slot))]
        return max(found, key=lambda made: made.attempt, default=None)

    def _count_seen(self) -> int:
        """How many messages of the developer have been answered; the task is the first."""
        seen = [1]
        for made in self._made:
            if not (_WORDS.match(made.beat) and made.outcome.status == "interrupted"):
                seen.append(made.seen)
        for name in self._talk.messages:
            if found := _ID.match(name):
                seen.append(int(found["seen"]))
        return max(seen)

    def _take_words(self) -> None:
        """Answer new messages before anything else: quoted, made a step, acted on."""
        new = list(self._talk.said[self._seen :])
        kinds = {text: kind_of(text) for text in new}
        quoted = " and ".join(map(quote, new))
        if "stop" in kinds.values():
            raise self._ending(
                f"You wrote {quoted}, so I stop here. What is done so far stays in the workspace; "
                "write “go on” and I take up the plan again."
            )
        wishes = tuple(text for text in new if kinds[text] != "go on")
        if not wishes:
            return
        notes = [text for text in wishes if kinds[text] == "note"]
        if notes:
            call, doing = note(notes, self._notes()), "I write it into NOTES.md for the review."
        else:
            call = shell(ALL_TESTS, "You asked for the tests.")
            doing = "I run the tests at once."
        beat = f"words{self._seen}to{len(self._talk.said)}at{self._at}"
        said = Say(f"You wrote {quoted}. That is a step of the plan now. {doing}")
        raise self._response(beat, said, self._named(beat, 0, call), doing=wishes)

    def _taken(self) -> dict[str, tuple[int, bool]]:
        """Messages acted on: the step they were placed before, and whether that is done."""
        taken: dict[str, tuple[int, bool]] = {}
        for made in self._made:
            found = _WORDS.match(made.beat)
            if found is None or made.slot == "plan":
                continue
            first, last, at = map(int, found.groups())
            for text in self._talk.said[first:last]:
                if kind_of(text) != "go on":
                    place, done = taken.get(text, (at, False))
                    # A test run that fails has been done too.
                    done = done or made.outcome.done or made.outcome.exit_code is not None
                    taken[text] = (place, done)
        return taken

    def _plan(self, doing: tuple[str, ...] = ()) -> PlanJson:
        """The plan now: the script's steps, with the developer's wishes where they came up."""
        places = {
            text: (at, "completed" if done else "pending")
            for text, (at, done) in self._taken().items()
        }
        places |= dict.fromkeys(doing, (self._at, "in_progress"))
        plan: PlanJson = []
        for number in range(len(self.steps) + 1):
            plan += [
                {"text": f"You wrote: {quote(text, 60)}", "status": status}
                for text, (at, status) in places.items()
                if at == number
            ]
            if number == len(self.steps):
                break
            mine = "pending" if doing or number > self._at else "in_progress"
            status = "completed" if number < self._at else mine
            plan.append({"text": self.steps[number], "status": status})
        return plan

    def _last_plan(self) -> PlanJson:
        for made in reversed(self._made):
            if made.tool == _PLAN and made.outcome.status != "interrupted":
                steps: PlanJson = msgspec.json.decode(made.arguments)["steps"]
                return steps
        return []

    def _notes(self) -> list[str]:
        return [
            line
            for made in self._made
            if made.tool == "apply_patch" and made.outcome.done
            for line in notes_in(made.arguments)
        ]


def scripted(play: Callable[[Stage], NoReturn], *steps: str) -> Script:
    """A script from a function that ends in `Stage.finish`."""

    def answer(talk: Conversation) -> Reply:
        if talk.note.startswith("<summarize>"):
            return Reply((Say(summary_of(talk)),))
        try:
            play(Stage(talk, steps))
        except _Answered as answered:
            return answered.reply

    return answer


def _made(talk: Conversation) -> tuple[_Made, ...]:
    made = []
    for call in talk.calls:
        if found := _ID.match(call.id):
            made.append(
                _Made(
                    beat=found["beat"],
                    slot=found["slot"],
                    attempt=int(found["attempt"]),
                    seen=int(found["seen"]),
                    tool=call.tool,
                    arguments=call.arguments,
                    outcome=outcome_of(call),
                )
            )
    return tuple(made)
