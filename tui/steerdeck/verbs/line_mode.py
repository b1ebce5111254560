"""Line mode: the deck for screen readers, dumb terminals and pipes.

One prompt, labelled lines, numbered choices, nothing redrawn. What happens is told as it comes, but
never between a question and its answer. Whatever the command line can do is a line here too; only
what answers an agent is done here itself, because a yes must follow the whole text it is for.
"""

import asyncio
import os
import shlex
import sys
from collections.abc import Callable, Sequence

import click

from steerdeck.verbs import reach
from steerdeck.verbs.asked import shown, steps, sure
from steerdeck.verbs.completing import names_session
from steerdeck.verbs.deciding import chosen
from steerdeck.verbs.ending import DONE, FAILED, USAGE, Ending
from steerdeck.verbs.follow import follow
from steerdeck.verbs.keyboard import Keyboard
from steerdeck.verbs.names import VERBS
from steerdeck.verbs.planning import plan_lines
from steerdeck.verbs.printing import err, out
from steerdeck.waiting import first_words
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.events import type_of
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan_orders import DecidePlan
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import OpenQuestion, SessionState
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.settings.config import load
from steerdeck_agents.share.lines import LineTeller

Verb = Callable[[list[str]], int]
PROMPT = "steerdeck>"
HELP = """\
list                 all sessions, each with its number
waits                what waits for you
show N               one session: plan, files, what it waits for
approve N            read what session N asks for, and answer yes or no
answer N             read the question of session N, and answer it
new TASK             start a session on a task
say N WORDS          say something to session N; queue N WORDS: after its turn
stop N, resume N     interrupt it, let it go on
diff N, land N       what it changed; bring it into your repository
goal N, checks N     what it works for, and what says that it is done
help, quit           agents go on when you leave
Every verb of the command line works too, with a session's number or name: verbs lists them."""
_VERB_FOR = {
    "approval.requested": "approve", "question.asked": "answer", "plan.offered": "approve"
}  # fmt: skip
_LEAVE = ("quit", "exit", "q")
_NOT_HERE = frozenset({"demo", "run", "model", "completion", "serve", "attach"})
"""Verbs that never end by themselves, or take the terminal."""
_HOW = frozenset({"--queue", "--now"})
"""Options of `say`, which stand before its words."""


class LineMode:
    """One person at one line."""

    def __init__(self, client: Client, keyboard: Keyboard, verb: Verb) -> None:
        self._client = client
        self._keyboard = keyboard
        self._verb = verb
        self._states: dict[SessionId, SessionState] = {}
        self._teller = LineTeller(self._name)
        self._held: list[str] | None = None
        """What happened since a question was put, while it is not answered."""

    async def run(self) -> int:
        """Until the input ends or somebody leaves; the exit code."""
        states = await self._client.sessions(archived=True)
        after = max((state.seq for state in states), default=0)
        self._states = {state.id: state for state in states}
        ears = asyncio.create_task(self._listen(after))
        try:
            out(f"{self._summary()} Type help, or list.")
            while (line := await self._keyboard.line(PROMPT)) is not None:
                if line.strip().lower() in _LEAVE:
                    break
                if line.strip():
                    await self._do(line)
                if ears.done():
                    ears.result()
        except asyncio.CancelledError:
            out("")
            err("The agents go on; `steerdeck` brings you back.")
            raise
        finally:
            ears.cancel()
        err("The agents go on; `steerdeck` brings you back.")
        return DONE

    # what happens

    async def _listen(self, after: int) -> None:
        async with reach.runtime(reach.here()) as client:
            async for _, event in follow(client, SessionId(""), after):
                if not event.session:
                    continue
                self._states[event.session] = reduce(self._states.get(event.session), event)
                for line in self._teller.tell(event):
                    self._say(line)
                state = self._states[event.session]
                verb = _VERB_FOR.get(type_of(event))
                if verb:
                    self._say(f"{state.name} waits for you: {verb} {state.slot or state.name}")

    def _say(self, line: str) -> None:
        if self._held is None:
            self._keyboard.step_aside()
            out(line)
        else:
            self._held.append(line)

    def _name(self, session: SessionId) -> str:
        state = self._states.get(session)
        return state.name if state else ""

    async def _ask(self, question: str) -> str:
        """What is typed after a question; nothing that was typed before it counts."""
        self._held = []
        try:
            self._keyboard.forget()
            return (await self._keyboard.line(question) or "").strip()
        finally:
            held, self._held = self._held, None
            for line in held:
                out(line)

    # what is ordered

    async def _do(self, line: str) -> None:
        try:
            words = shlex.split(line)
        except ValueError as error:
            err(f"This line can't be read: {error}. Put words with quotes in the other quotes.")
            return
        try:
            await self._obey(words[0].lower(), words[1:])
        except (Ending, SteerdeckError, OSError) as error:
            err(str(error))

    async def _obey(self, verb: str, words: list[str]) -> None:
        match verb, words:
            case "help" | "?", _:
                out(HELP)
            case "verbs", _:
                here = ((name, one) for name, one in VERBS.items() if name not in _NOT_HERE)
                out("\n".join(f"{name}: {one.help}" for name, one in here))
            case "list" | "ls", _:
                await self._list()
            case "waits" | "inbox" | ".", _:
                await self._waits()
            case "approve", [named]:
                await self._approve(await self._session(named))
            case "answer", [named]:
                await self._answer(await self._session(named), "")
            case "answer", [named, *rest]:
                await self._answer(await self._session(named), " ".join(rest))
            case "new", [_, *_]:
                await self._start(" ".join(words))
            case "queue", [named, *rest] if rest:
                await self._run(["say", "--queue", named, "--", " ".join(rest)])
            case "say", [named, *rest] if rest:
                how = [word for word in rest[:1] if word in _HOW]
                await self._run(["say", *how, named, "--", " ".join(rest[len(how) :])])
            case _ if verb.isdigit() and not words:
                await self._run(["show", verb])
            case _ if verb in VERBS and verb not in _NOT_HERE:
                await self._run([verb, *words])
            case _ if verb in _NOT_HERE:
                err(f"{verb} is for a shell: leave with quit, then `steerdeck {verb} --help`.")
            case _:
                err(f"There is no {verb!r} here, or words are missing; help lists what there is.")

    async def _run(self, words: list[str]) -> None:
        """A verb of the command line, in a thread: it has a loop of its own."""
        verb, *rest = words
        for place in sessions_among(verb, rest):
            if rest[place].isdigit() or len(rest) == 1:
                rest[place] = (await self._session(rest[place])).id
        await asyncio.to_thread(self._verb, [verb, *rest])

    async def _session(self, named: str) -> SessionState:
        """By its number, or as on the command line."""
        states = await self._client.sessions(archived=True)
        numbered = [s for s in states if named == str(s.slot) and not s.archived]
        return numbered[0] if numbered else reach.find(states, named)

    def _summary(self) -> str:
        alive = [state for state in self._states.values() if not state.archived]
        if not alive:
            return "There are no sessions; `new TASK` starts one."
        waiting = sum(state.waits for state in alive)
        waits = f", {waiting} of them waiting for you" if waiting else ""
        return f"{counted(len(alive), 'session')}{waits}."

    async def _list(self) -> None:
        states = [s for s in await self._client.sessions() if not s.archived]
        for state in sorted(states, key=lambda state: (state.slot or 99, state.name)):
            waits = ", waits for you" if state.waits else ""
            files = f", {counted(len(state.files), 'file')} changed" if state.files else ""
            status = state.status.replace("_", " ")
            out(f"{state.slot or '-'}  {state.name}: {status}{waits}{files}")
        if not states:
            out(self._summary())

    async def _waits(self) -> None:
        lines = [line for state in await self._client.sessions() for line in waiting(state)]
        for line in lines or ["Nothing waits for you."]:
            out(line)

    async def _start(self, task: str) -> None:
        environ = os.environ
        order = o.Start(
            id=reach.new_order(),
            task=task,
            folder=reach.folder_here(),
            surroundings=reach.surroundings(environ),
            keys=reach.keys(load(reach.here(), environ), environ),
        )
        await self._client.give(order)

    async def _approve(self, state: SessionState) -> None:
        if state.questions and not state.approvals:
            await self._answer(state, "")
            return
        if not state.approvals and state.plan.offer is not None:
            await self._decide_plan(state)
            return
        if not state.approvals:
            raise Ending(f"{state.name} asks for nothing now.")
        asked = state.approvals[0]
        for line in shown(state, asked, await steps(self._client, state, asked)):
            out(line)
        said = await self._ask("yes, no, no WORDS, or nothing to decide later:")
        first, _, words = said.partition(" ")
        allow = said.lower() == "yes" and await sure(asked, self._ask)
        if not allow and first.lower() != "no":
            out("Nothing was decided.")
            return
        await self._client.give(
            o.Decide(
                id=reach.new_order(), session=state.id, approval=asked.id, allow=allow,
                shown=asked.binding, words="" if allow else words,
            )
        )  # fmt: skip
        out(f"{'Allowed' if allow else 'Rejected'}, in {state.name}.")
        if len(state.approvals) > 1:
            out(f"{counted(len(state.approvals) - 1, 'thing')} more: approve {state.slot}")

    async def _decide_plan(self, state: SessionState) -> None:
        """Every step, then a yes, or words to send the plan back with."""
        for line in plan_lines(state.plan):
            out(line)
        said = await self._ask("yes, no WORDS, or nothing to decide later:")
        first, _, words = said.partition(" ")
        approve = said.lower() == "yes"
        if not approve and (first.lower() != "no" or not words):
            out("Nothing was decided.")
            return
        shown = state.plan.binding
        order = DecidePlan(
            id=reach.new_order(), session=state.id, approve=approve, shown=shown,
            words="" if approve else words,
        )  # fmt: skip
        await self._client.give(order)
        out(f"{'Approved the plan of' if approve else 'Sent the plan back to'} {state.name}.")

    async def _answer(self, state: SessionState, text: str) -> None:
        if not state.questions:
            raise Ending(f"{state.name} asks no question now.")
        asked = state.questions[0]
        if not text:
            for line in question(state, asked):
                out(line)
            text = await self._ask("number or words, or nothing to answer later:")
        if not text:
            out("Nothing was answered.")
            return
        text = by_number(asked.choices, text)
        order = o.Answer(id=reach.new_order(), session=state.id, question=asked.id, text=text)
        await self._client.give(order)
        out(f"Answered {state.name}: {text}")


def sessions_among(verb: str, words: Sequence[str]) -> list[int]:
    """Which words behind that verb name a session: the first of its own, for some verbs all."""
    from steerdeck.verbs.group import group

    command = group.get_command(click.Context(group), verb)
    params = command.params if command else []
    arguments = [one for one in params if isinstance(one, click.Argument)]
    if not arguments or not names_session(arguments[0]):
        return []
    with_value = {
        name
        for one in params
        if isinstance(one, click.Option) and not (one.is_flag or one.count)
        for name in one.opts
    }
    own: list[int] = []
    before = ""
    for place, word in enumerate(words):
        if word == "--":
            own += range(place + 1, len(words))
            break
        if not word.startswith("-") and before not in with_value:
            own.append(place)
        before = word
    return own if arguments[0].nargs == -1 else own[:1]


def waiting(state: SessionState) -> list[str]:
    """What waits of a session, each with the line that answers it."""
    name, number = state.name, str(state.slot or state.name)
    if state.archived:
        return []
    lines = [
        f"{name} asks: {one_line(first_words(a, state), 80)}. approve {number}"
        for a in state.approvals
    ]
    lines += [f"{name} asks: {one_line(q.text, 80)}. answer {number}" for q in state.questions]
    if state.plan.offer is not None:
        lines.append(f"{name} offers a plan. plan {number}, and plan --help for the answers")
    lines += [
        f"{name} waits for a secret of yours. type {number} {shell.id} --hidden"
        for shell in state.shells
        if shell.hidden
    ]
    lines += [
        f"{name}: nobody saw how a call ended: {one_line(call.title, 60)}. "
        f"resume {number} --done, --failed, or --again"
        for call in state.calls
        if call.unknown
    ]
    if state.parked and state.parked_until_ms is None:
        lines.append(f"{name} is parked: {one_line(state.reason, 80)} resume {number}")
    if state.status == "failed":
        lines.append(f"{name} failed: {one_line(state.reason, 80)} say {number} what to do")
    if state.verify.claim is not None:
        lines.append(f"{name} says that its work is done. diff {number}, checks {number}, "
                     f"seen {number}, or say {number} what is missing")  # fmt: skip
    return lines


def question(state: SessionState, asked: OpenQuestion) -> list[str]:
    """The question with its choices numbered."""
    choices = [f"{number}  {choice}" for number, choice in enumerate(asked.choices, 1)]
    return [f"{state.name} asks: {asked.text}", *choices]


def by_number(choices: Sequence[str], text: str) -> str:
    """The choice of that number or in those letters; else the words themselves."""
    if text.isdigit() and 0 < int(text) <= len(choices):
        return choices[int(text) - 1]
    return chosen(choices, text)


def line_mode(verb: Verb) -> int:
    """Line mode on the standard input; the exit code."""
    try:
        return asyncio.run(_line_mode(verb))
    except Ending as ending:
        err(str(ending))
        return ending.code
    except (SteerdeckError, OSError) as error:
        err(str(error))
        return FAILED


async def _line_mode(verb: Verb) -> int:
    keyboard = Keyboard(sys.stdin.fileno())
    if not sys.stdin.isatty() and not await keyboard.has_line():
        raise Ending(
            "The deck needs a terminal for input and output, and TERM must name it. Without one use"
            " `steerdeck run TASK`, `steerdeck sessions` or `steerdeck demo`, or give lines such as"
            " `list` to the standard input.",
            USAGE,
        )
    async with reach.runtime(reach.here()) as client:
        return await LineMode(client, keyboard, verb).run()
