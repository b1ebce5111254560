"""Judging checks: what failed, whether it did before the agent began, and what the model is told.

A failure is known by the ids of its failing tests or complaints; where the format of the output is
not known, by its last lines without all that differs from run to run.
"""

import hashlib
import re
from collections.abc import Collection, Sequence

import msgspec

from steerdeck_agents.facts.checks import Check, CheckResult, CheckStatus, Verdict
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.tools.outcome import fit
from steerdeck_agents.work.check_excerpt import excerpt
from steerdeck_agents.work.check_output import complaints, plain, runs_in

MOST_FAILURES = 200
TOLD = 4096
"""Most bytes of UTF-8 the model is told of one round."""
_LAST_LINES = 30
_MOST_LISTED = 12
_VARYING = (
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d[\d:.,]*(?:Z|[+-]\d\d:?\d\d)?)?"), "DATE"),
    (re.compile(r"\b\d\d?:\d\d:\d\d(?:[.,]\d+)?"), "TIME"),
    (re.compile(r"0x[0-9a-fA-F]+"), "ADDRESS"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"(?:/private)?(?:/var/folders|/var/tmp|/tmp)/[^\s'\":,)]+"), "TMP"),
    (re.compile(r"\bpytest-of-\w+/\S+"), "TMP"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\b"), "ID"),
    (re.compile(r"\b\d+(?:[.,]\d+)? ?(?:ns|[uµm]s|s|secs?|seconds?|min(?:utes?)?|ms)\b"), "TIME"),
    (re.compile(r"(?<=\w):\d+(?::\d+)?\b"), ":N"),
    (re.compile(r"\b([Ll]ine|pid|PID|port) \d+"), r"\1 N"),
    (re.compile(r"\[\d+\]|seed[ =:]+\d+"), "N"),
)  # fmt: skip


class Judged(msgspec.Struct, frozen=True):
    """What the checks of one round say together."""

    verdict: Verdict
    new: tuple[str, ...] = ()
    """Failures that are the agent's."""
    old: tuple[str, ...] = ()
    """Failures from before it began."""


def normalised(text: str) -> str:
    """Text without timings, dates, addresses, temporary paths, ids and line numbers."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text


def result_of(
    check: Check,
    status: CheckStatus,
    output: str,
    *,
    baseline: CheckResult | None = None,
    exit_code: int | None = None,
    duration_ms: int = 0,
    stored: Sha | None = None,
    problem: str = "",
) -> CheckResult:
    """One run as a fact; `output` is all it printed. What is new against `baseline` is shown first.

    Takes a while for megabytes of output: call it in a thread.
    """
    text = plain(output)
    tests = runs_in(text)
    failing: list[str] = []
    if status != "passed":
        failing = list(tests.failing) if tests is not None else []
        failing = failing or [name for name, _ in complaints(text)]
    names = sorted(set(failing))
    old = set(baseline.failures) if baseline is not None else set()
    result = CheckResult(
        check=check.name,
        status=status,
        exit_code=exit_code,
        duration_ms=duration_ms,
        failures=tuple(names[:MOST_FAILURES]),
        signature="" if status == "passed" else _signature(status, names, text),
        passed=None if tests is None else tests.passed,
        failed=tests.failed if tests is not None else len(names) or None,
        skipped=None if tests is None else tests.skipped,
        output=stored,
        problem=problem,
    )
    if status == "passed":
        return result
    fresh = [name for name in names if name not in old]
    return msgspec.structs.replace(result, excerpt=excerpt(text, fresh or names, old, TOLD - 512))


def judge(baseline: Sequence[CheckResult], now: Sequence[CheckResult]) -> Judged:
    """All results of a round against those from before the agent began.

    A check without a baseline has no old failures. One that was stopped says nothing, so the round
    is red.
    """
    before = {result.check: result for result in baseline}
    new: list[str] = []
    old: list[str] = []
    for result in now:
        if result.good:
            continue
        fresh, known = _against(before.get(result.check), result)
        new += fresh
        old += known
    verdict: Verdict = "red" if new else "old" if old else "green"
    return Judged(verdict, tuple(dict.fromkeys(new)), tuple(dict.fromkeys(old)))


def told(judged: Judged, results: Sequence[CheckResult]) -> str:
    """What the model is told of a round, in at most 4 kB: what is new, what is not its own, why."""
    bad = [result for result in results if not result.good]
    lines = ["All checks pass." if not bad else "The checks do not pass:"]
    lines += [f"- {_row(result, judged)}" for result in bad]
    lines += _listed("New failures, from your changes:", judged.new)
    lines += _listed("Failed before you started, so not yours to fix:", judged.old)
    head = fit("\n".join(lines), TOLD // 2)
    wanted = [result for result in bad if result.excerpt and judged.verdict == "red"]
    room = TOLD - len(head.encode()) - 64 * len(wanted)
    parts = [head]
    for left, result in zip(range(len(wanted), 0, -1), wanted, strict=True):
        part = f"Output of the check {one_line(result.check, 40)}:\n" + fit(
            result.excerpt, max(room // left - 60, 200)
        )
        room -= len(part.encode())
        parts.append(part)
    return fit("\n\n".join(parts), TOLD)


def _against(
    before: CheckResult | None, now: CheckResult
) -> tuple[Collection[str], Collection[str]]:
    """New and old failures of one check."""
    if before is None or before.good or before.status == "stopped":
        return now.failures or [_unnamed(now)], ()
    if now.failures and before.status == now.status:
        known = set(before.failures)
        fresh = [name for name in now.failures if name not in known]
        if len(known) == MOST_FAILURES:
            # What is beyond the cap may be old too: only the number of failures can tell.
            more = (now.failed or 0) - (before.failed or 0)
            fresh = [f"{now.check}: {more} more failures than before"] if more > 0 else []
        return fresh, [name for name in now.failures if name not in fresh]
    if now.status == before.status and (
        now.status != "failed" or now.signature == before.signature
    ):
        return (), [_unnamed(now)]
    return now.failures or [_unnamed(now)], ()


def _unnamed(result: CheckResult) -> str:
    """A failure that nobody named."""
    ended = f"exit code {result.exit_code}" if result.exit_code is not None else result.status
    return f"{result.check}: {result.problem or ended}"


def _row(result: CheckResult, judged: Judged) -> str:
    name = one_line(result.check, 40)
    if result.problem:
        return f"{name}: {result.problem}"
    fresh = sum(failure in judged.new for failure in result.failures)
    known = sum(failure in judged.old for failure in result.failures)
    if not fresh and not known:
        return f"{name}: failed, exit code {result.exit_code}"
    words = [f"{fresh} new"] if fresh else []
    words += [f"{known} failed before you started"] if known else []
    return f"{name}: {', '.join(words)}"


def _listed(title: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    shown = [f"  {one_line(name, 200)}" for name in names[:_MOST_LISTED]]
    if len(names) > _MOST_LISTED:
        shown.append(f"  … and {len(names) - _MOST_LISTED} more")
    return [title, *shown]


def _signature(status: CheckStatus, names: Sequence[str], text: str) -> str:
    if status != "failed":
        return status
    if names:
        said = "\n".join(map(normalised, names))
    else:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        said = normalised("\n".join(line[:1000] for line in lines[-_LAST_LINES:]))
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:16]
