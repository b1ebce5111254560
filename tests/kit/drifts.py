"""Sessions that go wrong, as the facts they would leave: what the detectors must find.

And a few near misses of the same shapes, in which nothing is wrong.
"""

import json
from typing import NamedTuple

from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import CheckResult
from steerdeck_agents.facts.ids import (
    ApprovalId,
    CallId,
    CheckpointId,
    MessageId,
    RequestId,
    SessionId,
    Sha,
    ShellId,
    TurnId,
)
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.facts.usage import Usage

PYTEST = "python3 -m pytest -q"
ON, OFF = ("-x = 1", "+x = 2"), ("-x = 2", "+x = 1")


class Tape:
    """Writes facts one after the other, as the journal would number them."""

    def __init__(self, task: str = "Mend the parser.", mode: str = "auto") -> None:
        self.events: list[e.Event] = []
        place = Workspace("/w", "/r", "steerdeck/x", "0" * 40)
        self.add(e.SessionCreated(name="x", task=task, workspace=place, model="m", mode=mode))
        self.say(task)
        self.add(e.TurnStarted(turn=TurnId("t")))

    def add(self, event: e.KnownEvent) -> "Tape":
        seq = len(self.events) + 1
        self.events.append(replace(event, seq=seq, session=SessionId("s")))
        return self

    def say(self, text: str) -> "Tape":
        return self.add(e.MessageSent(message=MessageId(f"m{len(self.events)}"), text=text))

    def call(
        self, tool: str, arguments: dict[str, object] | str, result: str, status: str = "done"
    ) -> "Tape":
        call = CallId(f"c{len(self.events)}")
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        self.add(e.CallRequested(call=call, tool=tool, arguments=text, title=text[:40]))
        return self.add(e.CallEnded(call=call, status=status, result=result))

    def shell(self, command: str, output: str, why: str = "So.", code: int = 0) -> "Tape":
        result = f"exit code: {code}\nduration: 0.{len(self.events) % 10} s\n\n{output}"
        status = "failed" if code else "done"
        return self.call("shell", {"command": command, "why": why}, result, status)

    def patch(self, path: str, *lines: str) -> "Tape":
        text = f"*** Begin Patch\n*** Update File: {path}\n@@\n" + "\n".join(lines)
        self.call("apply_patch", {"patch": f"{text}\n*** End Patch\n"}, "The patch was applied:")
        return self.saved(path)

    def saved(self, *paths: str) -> "Tape":
        checkpoint = CheckpointId(f"cp{len(self.events)}")
        return self.add(e.CheckpointTaken(checkpoint=checkpoint, reason="after call", paths=paths))

    def changed(self, *rows: tuple[str, int, int]) -> "Tape":
        files = tuple(FileChange(path, "changed", more, less) for path, more, less in rows)
        return self.add(e.FilesChanged(files=files))

    def plan(self, *steps: str, done: int = 0) -> "Tape":
        made = (Step(one, "completed" if n < done else "pending") for n, one in enumerate(steps))
        return self.add(e.PlanUpdated(steps=tuple(made)))

    def request(self, size: int = 1000, output: int = 100) -> "Tape":
        request = RequestId(f"r{len(self.events)}")
        self.add(e.RequestSent(request=request, window=0, model="m", items=1, body=Sha("0")))
        usage = Usage(input=size, output=output)
        return self.add(e.RequestEnded(request=request, status="completed", usage=usage))

    def check(self, passed: int, failed: int = 0) -> "Tape":
        result = CheckResult("pytest", "passed", passed=passed, failed=failed, skipped=0)
        return self.add(e.CheckEnded(round=1, result=result))


class Strayed(NamedTuple):
    """One session, what must be found in it, and whether that pauses."""

    tape: Tape
    kind: str
    pauses: bool = False


def run_of(number: int, failed: int = 0) -> str:
    said = f"{failed} failed, " if failed else ""
    return f"{said}{number - failed} passed in 0.{number}s\n"


def repeated(times: int) -> Tape:
    tape = Tape()
    for number in range(times):
        tape.shell("make build", f"error: no rule, {number}.5s", why=f"Try {number}.", code=2)
    return tape


def in_turns() -> Tape:
    """Two calls in turns, their arguments in another order."""
    tape = Tape()
    for number in range(6):
        path = {"path": "a.py"} if number % 2 else {"path": "b.py"}
        tape.call("read_file", dict(reversed([*path.items(), ("first", 1)])), "1 | x")
    return tape


def refused() -> Tape:
    tape = Tape()
    for _ in range(5):
        tape.call("shell", {"command": "curl x", "why": "."}, "refused: no network", "rejected")
    return tape


def toggled(times: int) -> Tape:
    tape = Tape()
    for number in range(times):
        tape.patch("src/a.py", *(OFF if number % 2 else ON))
        tape.shell(PYTEST, run_of(5, 1 + number % 2), code=1)
    return tape


def toggled_elsewhere_too() -> Tape:
    """The same change is made and unmade while the rest of the file grows."""
    tape = Tape()
    for number in range(4):
        tape.patch("src/a.py", *(OFF if number % 2 else ON))
        tape.patch("src/b.py", f"+line {number}")
    return tape


def put_back_by_git(times: int) -> Tape:
    tape = Tape()
    for number in range(times):
        tape.shell("sed -i s/1/2/ a.py" if number % 2 == 0 else "git checkout a.py", "")
        tape.changed(*([] if number % 2 else [("a.py", 1, 1)]))
    return tape


def outside(*paths: str) -> Tape:
    tape = Tape().plan("Mend src/parser.py", "Run it")
    tape.patch("src/parser.py", "+x")
    return tape.changed(*[(path, 1, 0) for path in ("src/parser.py", *paths)]).request()


def outside_folder() -> Tape:
    tape = Tape("Tidy up.").plan("Rewrite what lies in web/", "Look again", done=1)
    return tape.changed(("web/a.js", 1, 1), ("server/b.go", 9, 2)).request()


def many_requests(number: int) -> Tape:
    tape = Tape()
    for one in range(number):
        tape.call("read_file", {"path": f"{one}.py"}, str(one)).request(1000 + one)
    return tape


def many_tokens() -> Tape:
    tape = Tape()
    for one in range(5):
        tape.call("read_file", {"path": f"{one}.log"}, str(one)).request(50_000 * (one + 1))
    return tape


def fewer(before: str, after: str) -> Tape:
    tape = Tape().shell(PYTEST, before)
    return tape.patch("tests/test_a.py", "-def test_x(): ...").shell(PYTEST, after)


STRAYED: dict[str, Strayed] = {
    "a failing command three times": Strayed(repeated(3), "repeated_call"),
    "a failing command five times": Strayed(repeated(5), "repeated_call", True),
    "two reads in turns": Strayed(in_turns(), "repeated_call"),
    "asking for what is refused": Strayed(refused(), "repeated_call", True),
    "an edit, its inverse, and so on": Strayed(toggled(3), "back_and_forth"),
    "the same for longer": Strayed(toggled(6), "back_and_forth", True),
    "a toggle beside other work": Strayed(toggled_elsewhere_too(), "back_and_forth"),
    "put back by git, three times": Strayed(put_back_by_git(6), "back_and_forth"),
    "a file the plan does not name": Strayed(outside("deploy/prod.yaml"), "outside_plan"),
    "a folder the plan does not name": Strayed(outside_folder(), "outside_plan"),
    "25 requests and no change": Strayed(many_requests(25), "no_change"),
    "75 requests and no change": Strayed(many_requests(75), "no_change", True),
    "200,000 tokens and no change": Strayed(many_tokens(), "no_change"),
    "fewer tests in the shell": Strayed(fewer(run_of(12), run_of(11)), "fewer_tests"),
    "fewer tests, all skipped before": Strayed(
        fewer("9 passed, 3 skipped in 1s\n", "9 passed in 1s\n"), "fewer_tests"
    ),
    "fewer tests in a check": Strayed(Tape().check(12).check(10), "fewer_tests"),
}


def with_edits_between() -> Tape:
    tape = Tape()
    for number in range(8):
        tape.call("read_file", {"path": "a.py"}, "1 | x").patch("a.py", f"+line {number}")
    return tape


def polled() -> Tape:
    tape = Tape().add(e.ShellOpened(shell=ShellId("sh_1"), title="npm run dev"))
    for _ in range(9):
        tape.call("shell_read", {"shell": "sh_1"}, "nothing new")
    return tape


def told_to() -> Tape:
    tape = Tape()
    for _ in range(6):
        tape.say("Run it again.").shell(PYTEST, run_of(5))
    return tape


def other_results() -> Tape:
    tape = Tape()
    for number in range(9):
        tape.shell("cat /proc/loadavg", f"load {number}")
    return tape


def once_back() -> Tape:
    """A line for debugging, put in and taken out again, twice and unlike."""
    return (
        Tape()
        .patch("a.py", "+print(1)")
        .patch("a.py", "-print(1)")
        .patch("a.py", "+print(2)")
        .patch("a.py", "-print(2)")
    )


def asked_back() -> Tape:
    question = ApprovalId("q")
    tape = many_requests(20).add(e.QuestionAsked(question=question, text="Which?"))
    for one in range(20):
        tape.call("read_file", {"path": f"b{one}.py"}, str(one)).request()
    return tape


def in_steps() -> Tape:
    tape = Tape()
    for done in range(4):
        tape.plan("Look", "Understand", "Think", "Do", done=done)
        for one in range(20):
            tape.call("read_file", {"path": f"{done}/{one}.py"}, str(one)).request()
    return tape


def question() -> Tape:
    tape = Tape("Why is the parser slow?")
    for one in range(60):
        tape.call("read_file", {"path": f"{one}.py"}, str(one)).request()
    return tape


def planning() -> Tape:
    tape = Tape(mode="plan")
    for one in range(60):
        tape.call("read_file", {"path": f"{one}.py"}, str(one)).request()
    return tape


def its_own_tests() -> Tape:
    tape = Tape().plan("Mend src/parser.py", "Run all")
    rows = [("src/parser.py", 1, 1), ("tests/unit/test_parser.py", 5, 0), ("uv.lock", 1, 1)]
    return tape.changed(*rows).request()


def plan_changed_first() -> Tape:
    tape = Tape().plan("Mend src/parser.py").changed(("src/lexer.py", 1, 1))
    return tape.plan("Mend src/parser.py", "Mend src/lexer.py").request()


def no_names() -> Tape:
    tape = Tape().plan("Find the cause", "Use Node.js and/or CI/CD", "Call os.path.join")
    return tape.changed(("anything/at/all.py", 1, 1)).request()


def wished() -> Tape:
    tape = Tape("Remove the tests of the old parser.").shell(PYTEST, run_of(12))
    return tape.shell(PYTEST, run_of(8))


def broken_collection() -> Tape:
    said = "!!!!!!!! Interrupted: 1 error during collection !!!!!!!!\n1 error in 0.1s\n"
    return Tape().shell(PYTEST, run_of(12)).shell(PYTEST, said, code=2)


def another_command() -> Tape:
    return Tape().shell(PYTEST, run_of(12)).shell(f"{PYTEST} tests/test_a.py", run_of(3))


CLEAN: dict[str, Tape] = {
    "reads after edits": with_edits_between(),
    "looking at a living shell": polled(),
    "told to by the developer": told_to(),
    "the same call with other results": other_results(),
    "twice is no loop": repeated(2),
    "a debugging line": once_back(),
    "stashed and taken up again": put_back_by_git(3),
    "asked the developer": asked_back(),
    "steps done one by one": in_steps(),
    "a question": question(),
    "planning": planning(),
    "24 requests": many_requests(24),
    "tests of a named file": its_own_tests(),
    "the plan was changed first": plan_changed_first(),
    "a plan that names no file": no_names(),
    "tests removed on demand": wished(),
    "a file that can't be loaded": broken_collection(),
    "a part of the tests": another_command(),
    "more tests": fewer(run_of(11), run_of(12)),
}
