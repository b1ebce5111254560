"""What the output of a test runner, a type checker or a linter says: counts and what failed.

Only words a runner prints itself are read. Ids are stable: no timings, no line numbers. Output is
foreign text, so every pattern is anchored to a line and runs in linear time.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

_LONGEST_ID = 240
_LONGEST_LINE = 2000
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|\x1b.")


class Tests(NamedTuple):
    """What runners said; None where they give no number."""

    passed: int | None = None
    failed: int | None = None
    skipped: int | None = None
    failing: tuple[str, ...] = ()
    whole: bool = True
    """Whether the numbers are of all tests: false when a run was cut short."""

    @property
    def total(self) -> int | None:
        if self.passed is None or self.failed is None or self.skipped is None:
            return None
        return self.passed + self.failed + self.skipped


def plain(text: str) -> str:
    """Without colours, and with the last state of lines that were drawn over."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return text


def runs_in(text: str) -> Tests | None:
    """What test runners say in `plain` text; None when none is known to have spoken."""
    seen = [found for read in _READERS if (found := read(text)) is not None]
    if not seen:
        return None
    failing = dict.fromkeys(name[:_LONGEST_ID] for one in seen for name in one.failing)
    counted = [one for one in seen if one.total is not None]

    def together(numbers: list[int | None]) -> int | None:
        return sum(number or 0 for number in numbers) if numbers else None

    return Tests(
        together([one.passed for one in counted]),
        together([one.failed for one in counted]),
        together([one.skipped for one in counted]),
        tuple(failing),
        all(one.whole for one in seen),
    )


_PYTEST_END = re.compile(
    r"^=* ?(\d+ [a-z]+(?:, \d+ [a-z]+){0,8}|no tests ran) in \d[\d.]*s(?: \([\d:, a-z]+\))? ?=*$",
    re.M,
)
_PYTEST_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+\[[^\n]*?\]|\S[^\n]*?)(?: - [^\n]*)?$", re.M)
_PYTEST_HEAD = re.compile(r"^_{3,} (\S[^\n]*?) _{3,}$", re.M)
_PYTEST_SHORT = re.compile(
    r"^!+ (?:stopping after|Interrupted:)|^E {3}[A-Z]\w*Error: .*conftest", re.M
)


def _pytest(text: str) -> Tests | None:
    ends = _PYTEST_END.findall(text)
    if not ends:
        return None
    counts: Counter[str] = Counter()
    for end in ends:
        for number, word in re.findall(r"(\d+) ([a-z]+)", end):
            counts[word.rstrip("s") if word == "errors" else word] += int(number)
    named = [name for name in _PYTEST_FAILED.findall(text) if "::" in name or ".py" in name]
    failing = named or ([] if not counts["failed"] else _PYTEST_HEAD.findall(text))
    return Tests(
        counts["passed"] + counts["xpassed"],
        counts["failed"] + counts["error"],
        counts["skipped"] + counts["xfailed"],
        tuple(failing),
        whole=not _PYTEST_SHORT.search(text),
    )


_UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
_UNITTEST_END = re.compile(r"^(?:OK|FAILED|NO TESTS RAN)(?: \(([^)\n]*)\))?$", re.M)
_UNITTEST_FAILED = re.compile(r"^(?:FAIL|ERROR): (\w+) \(([\w.<>]+)\)(.*)$", re.M)


def _unittest(text: str) -> Tests | None:
    ran = _UNITTEST_RAN.findall(text)
    ends = _UNITTEST_END.findall(text)
    if not ran or not ends:
        return None
    counts: Counter[str] = Counter()
    for end in ends:
        for word, number in re.findall(r"([a-z ]+)=(\d+)", end):
            counts[word.strip()] += int(number)
    failing = [
        f"{where if where.endswith(name) else f'{where}.{name}'}{rest}".strip()
        for name, where, rest in _UNITTEST_FAILED.findall(text)
    ]
    failed = counts["failures"] + counts["errors"] + counts["unexpected successes"]
    skipped = counts["skipped"] + counts["expected failures"]
    total = sum(map(int, ran))
    whole = "unittest.loader._FailedTest" not in text and "setUpClass" not in " ".join(failing)
    return Tests(max(0, total - failed - skipped), failed, skipped, tuple(failing), whole)


_JEST_END = re.compile(r"^ *Tests:? {2,}((?:\d+ \w+(?:, | \| )?){1,5}) ?(?:\((\d+)\)|)$", re.M)
_JEST_FAILED = re.compile(r"^ *● (\S[^\n]* › [^\n]+|\S[^\n]{0,200})$", re.M)
_VITEST_FAILED = re.compile(r"^ *FAIL {1,2}(\S+(?: > [^\n]+)?)$", re.M)


def _jest(text: str) -> Tests | None:
    """Jest and vitest, whose last lines are cousins."""
    ends = _JEST_END.findall(text)
    if not ends:
        return None
    counts: Counter[str] = Counter()
    for end, _ in ends:
        for number, word in re.findall(r"(\d+) (\w+)", end):
            counts[word] += int(number)
    named = [name for name in _JEST_FAILED.findall(text) if not name.startswith("Console")]
    broken = "Test suite failed to run" in text or "Failed Suites" in text
    files = [name for name in _VITEST_FAILED.findall(text) if " > " in name or broken]
    failing = [name for name in [*named, *files] if name != "Test suite failed to run"]
    skipped = counts["skipped"] + counts["todo"] + counts["pending"]
    return Tests(counts["passed"], counts["failed"], skipped, tuple(failing), whole=not broken)


_GO_PART = re.compile(r"^ *--- (PASS|FAIL|SKIP): (\S+)|^(FAIL|ok)[ \t]+(\S+)(.*)$", re.M)


def _go(text: str) -> Tests | None:
    """`go test`: a package is named after its tests; numbers are there with -v only."""
    counts: Counter[str] = Counter()
    failing: list[str] = []
    waiting: list[str] = []
    packages = 0
    for part in _GO_PART.finditer(text):
        if part[1]:
            counts[part[1]] += 1
            waiting += [part[2]] if part[1] == "FAIL" else []
            continue
        if not re.match(r"[ \t]+(?:[\d.]+s|\(cached\)|\[)", part[5]):
            continue
        packages += 1
        names = [f"{part[4]} {name}" for name in waiting]
        failing += names or ([f"{part[4]}{part[5]}".strip()] if part[3] == "FAIL" else [])
        waiting = []
    if not packages:
        return None
    failing += waiting
    failing = [re.sub(r"\t[\d.]+s$", "", name) for name in failing]
    if not counts["PASS"]:
        return Tests(failing=tuple(failing))
    return Tests(
        counts["PASS"], counts["FAIL"], counts["SKIP"], tuple(failing), whole=not counts["FAIL"]
    )


_CARGO_END = re.compile(
    r"^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.M
)
_CARGO_PART = re.compile(
    r"^ *(?:Running|Doc-tests) ([^\n(]+)|^test (\S[^\n]*) \.\.\. FAILED$", re.M
)


def _cargo(text: str) -> Tests | None:
    ends = _CARGO_END.findall(text)
    if not ends:
        return None
    failing, binary = [], ""
    for part in _CARGO_PART.finditer(text):
        if part[1]:
            binary = part[1].strip().removeprefix("unittests ")
        else:
            name = re.sub(r" \(line \d+\)", "", part[2])
            failing.append(f"{binary} {name}".strip())
    passed, failed, skipped = (sum(int(end[place]) for end in ends) for place in range(3))
    # Without --no-fail-fast the binaries after a failing one do not run.
    return Tests(passed, failed, skipped, tuple(failing), whole=not failed)


_MOCHA_END = re.compile(r"^ +(\d+) (passing|failing|pending)\b", re.M)
_MOCHA_FAILED = re.compile(r"^ {2}\d+\) (\S[^\n]*(?:\n {6,}\S[^\n]*)*?:)$", re.M)


def _mocha(text: str) -> Tests | None:
    counts: Counter[str] = Counter()
    for number, word in _MOCHA_END.findall(text):
        counts[word] += int(number)
    if "passing" not in counts:
        return None
    _, _, listed = text.partition(" failing")
    failing = [" ".join(name.split()).rstrip(":") for name in _MOCHA_FAILED.findall(listed)]
    return Tests(counts["passing"], counts["failing"], counts["pending"], tuple(failing))


_TAP_LINE = re.compile(r"^( *)(not ok|ok) \d+(?: -)? ?([^\n#]*)(#[^\n]*)?$", re.M)
_TAP_PLAN = re.compile(r"^(?:TAP version \d+|1\.\.\d+)", re.M)
_NODE_END = re.compile(r"^(?:#|ℹ) (pass|fail|skipped|todo|cancelled) (\d+)$", re.M)
_NODE_FAILED = re.compile(r"^ *✖ (\S[^\n]*?)(?: \([\d.]+ms\))?$", re.M)


def _tap(text: str) -> Tests | None:
    """TAP, and the spec reporter of Node's own runner."""
    numbers = {word: int(number) for word, number in _NODE_END.findall(text)}
    lines = _TAP_LINE.findall(text) if _TAP_PLAN.search(text) else []
    failing = [
        name.strip()
        for _, said, name, note in lines
        if said == "not ok" and not re.match(r"# *(?:todo|skip)", note, re.I)
    ]
    if numbers:
        named = [name for name in _NODE_FAILED.findall(text) if name != "failing tests:"]
        failed = numbers.get("fail", 0) + numbers.get("cancelled", 0)
        skipped = numbers.get("skipped", 0) + numbers.get("todo", 0)
        names = tuple(dict.fromkeys(failing or named))
        return Tests(numbers.get("pass", 0), failed, skipped, names)
    flat = [line for line in lines if not line[0]]
    if not flat:
        return None
    skipped = sum(bool(re.match(r"# *(?:todo|skip)", note, re.I)) for *_, note in flat)
    bad = sum(
        said == "not ok" and not re.match(r"# *(?:todo|skip)", note, re.I)
        for _, said, _, note in flat
    )
    return Tests(len(flat) - skipped - bad, bad, skipped, tuple(failing))


_RSPEC_END = re.compile(r"^(\d+) examples?, (\d+) failures?(?:, (\d+) pending)?", re.M)
_RSPEC_FAILED = re.compile(r"^rspec \.?/?([^\s:\[]+)\S* # ([^\n]+)$", re.M)
_MINITEST_END = re.compile(
    r"^(\d+) (?:runs|tests), \d+ assertions, (\d+) failures, (\d+) errors, (\d+) skips", re.M
)
_MINITEST_FAILED = re.compile(r"^ *\d+\) (?:Failure|Error):\n(\S+)", re.M)


def _ruby(text: str) -> Tests | None:
    ends = _RSPEC_END.findall(text)
    if ends:
        total, failed, skipped = (sum(int(end[place] or 0) for end in ends) for place in range(3))
        failing = tuple(f"{path} {name}" for path, name in _RSPEC_FAILED.findall(text))
        broken = "error occurred outside of examples" in text or "errors occurred outside" in text
        return Tests(total - failed - skipped, failed, skipped, failing, whole=not broken)
    runs = _MINITEST_END.findall(text)
    if not runs:
        return None
    total, failures, errors, skipped = (sum(int(run[place]) for run in runs) for place in range(4))
    failed = failures + errors
    return Tests(total - failed - skipped, failed, skipped, tuple(_MINITEST_FAILED.findall(text)))


_SUREFIRE_END = re.compile(
    r"^(?:\[\w+\] )?Tests run: (\d+), Failures: (\d+), Errors: (\d+)(?:, Skipped: (\d+))?$", re.M
)
_SUREFIRE_FAILED = re.compile(r"^\[ERROR\] {3}([\w.$]+?)(?::\d+)?(?:[ »:].*)?$", re.M)
_GRADLE_END = re.compile(r"^(\d+) tests? completed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
_GRADLE_FAILED = re.compile(r"^(\S[^\n]* > [^\n]+?) FAILED$", re.M)
_CTEST_END = re.compile(r"^\d+% tests passed, (\d+) tests? failed out of (\d+)$", re.M)
_CTEST_FAILED = re.compile(r"^\s+\d+ - (\S+) \([^)\n]+\)$", re.M)


def _built(text: str) -> Tests | None:
    """Maven, Gradle (which counts only when something failed) and CTest."""
    if runs := _SUREFIRE_END.findall(text):
        total, failures, errors, skipped = (int(number or 0) for number in runs[-1])
        failed = failures + errors
        names = tuple(dict.fromkeys(_SUREFIRE_FAILED.findall(text)))
        return Tests(total - failed - skipped, failed, skipped, names, whole=not failed)
    if ends := _GRADLE_END.findall(text):
        total, failed, skipped = (sum(int(end[place] or 0) for end in ends) for place in range(3))
        names = tuple(_GRADLE_FAILED.findall(text))
        return Tests(total - failed - skipped, failed, skipped, names, whole=False)
    if ends := _CTEST_END.findall(text):
        failed, total = (sum(int(end[place]) for end in ends) for place in range(2))
        return Tests(total - failed, failed, 0, tuple(_CTEST_FAILED.findall(text)))
    return None


_READERS: tuple[Callable[[str], Tests | None], ...] = (
    _pytest, _unittest, _jest, _go, _cargo, _mocha, _tap, _ruby, _built,
)  # fmt: skip

_AT_LINE = re.compile(
    r"^(?P<path>[\w.@+/\\ -]{1,200}\.\w{1,8})(?::\d+(?::\d+)?:|\(\d+,\d+\):) (?P<said>\S.*)$"
)
_ARROW = re.compile(r"^ *--> (?P<path>\S{1,200}?):\d+:\d+$")
_STYLISH = re.compile(r"^ +\d+:\d+ +error +(?P<said>\S.*)$")
_HARMLESS = re.compile(r"(?:note|info|help|warning|hint)\b", re.I)


def complaints(text: str) -> Iterator[tuple[str, str]]:
    """Ids of what compilers, type checkers and linters complain about, each with its line.

    Lines like `path:line:column: words` (mypy, ruff, go, gcc, rubocop), `path(line,column): words`
    (tsc), words over an arrow (rustc, ruff) and the blocks of eslint. The second of two equal ones
    has its number in its id, so that one more is something new.
    """
    seen: Counter[str] = Counter()
    before, file = "", ""
    for line in text.split("\n"):
        if len(line) > _LONGEST_LINE:
            continue
        found = None
        if at := _AT_LINE.match(line):
            if not _HARMLESS.match(at["said"]):
                found = f"{at['path']}: {at['said']}"
        elif (arrow := _ARROW.match(line)) and not _HARMLESS.match(before):
            found = f"{arrow['path']}: {before}"
        elif (style := _STYLISH.match(line)) and file:
            found = f"{file}: {' '.join(style['said'].split())}"
        elif line[:1] in ("/", ".") or re.fullmatch(r"[\w./-]+\.\w{1,5}", line):
            file = line.strip()
        if found is not None:
            name = re.sub(r"\bline \d+\b", "line N", found)[:_LONGEST_ID]
            seen[name] += 1
            yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), line
        before = line.strip() or before
