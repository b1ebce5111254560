"""`make prove`: counts every long claim of the product and prints one line for each.

Each claim is counted in a process of its own, so one that hangs or crashes costs only itself. What
was counted at this state of the checkout is kept in `.prove/` and not counted again; words on the
command line name the claims to count, `--again` forgets what was kept.
"""

import argparse
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from prove import (
    acts,
    bad_calls,
    big,
    browser,
    canaries,
    clocks,
    code_base,
    commands,
    damaged,
    decks,
    detectors,
    dropped,
    dying,
    escapes,
    far,
    faults,
    fidelity,
    flaps,
    flood_keys,
    floods,
    full_disk,
    fuzz,
    goals,
    grids,
    harness,
    homes,
    hostile,
    installs,
    instances,
    kills,
    lines,
    mcp_server,
    outputs,
    patches,
    races,
    real_model,
    replays,
    schemas,
    soak,
    storming,
    timing,
    unplugged,
    walks,
    week,
)
from prove.claim import ROOT, Claim, Counted

HOUR_S = 3600
CLAIMS: tuple[Claim, ...] = (
    *kills.CLAIMS,
    *decks.CLAIMS,
    *week.CLAIMS,
    *storming.CLAIMS,
    *replays.CLAIMS,
    *instances.CLAIMS,
    *fuzz.CLAIMS,
    *flaps.CLAIMS,
    *clocks.CLAIMS,
    *damaged.CLAIMS,
    *full_disk.CLAIMS,
    *homes.CLAIMS,
    *schemas.CLAIMS,
    *goals.CLAIMS,
    *grids.CLAIMS,
    *floods.CLAIMS,
    *flood_keys.CLAIMS,
    *bad_calls.CLAIMS,
    *commands.CLAIMS,
    *races.CLAIMS,
    *escapes.CLAIMS,
    *hostile.CLAIMS,
    *far.CLAIMS,
    *fidelity.CLAIMS,
    *timing.CLAIMS,
    *soak.CLAIMS,
    *lines.CLAIMS,
    *walks.CLAIMS,
    *acts.CLAIMS,
    *outputs.CLAIMS,
    *canaries.CLAIMS,
    *unplugged.CLAIMS,
    *big.CLAIMS,
    *browser.CLAIMS,
    *harness.CLAIMS,
    *mcp_server.CLAIMS,
    *patches.CLAIMS,
    *dropped.CLAIMS,
    *dying.CLAIMS,
    *detectors.CLAIMS,
    *real_model.CLAIMS,
    *code_base.CLAIMS,
    *installs.CLAIMS,
    Claim("macos", "macOS: paths and sandbox level", lambda: Counted(skipped="written, not run")),
    Claim("wsl", "WSL2: Windows drives are told", lambda: Counted(skipped="written, not run")),
    Claim(
        "windows",
        "Windows: one sentence that points to WSL2",
        lambda: Counted(skipped="written, not run: no Windows here"),
    ),
)


def state_of_checkout() -> str:
    """The commit, and a hash of whatever is not committed."""

    def git(*words: str) -> bytes:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, check=True
        ).stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD").decode()
    dirt = git("diff", "HEAD") + git("ls-files", "--others", "--exclude-standard")
    return f"{commit}-{hashlib.sha256(dirt).hexdigest()[:8]}" if dirt else commit


def folder() -> Path:
    place = ROOT / ".prove" / state_of_checkout()
    place.mkdir(parents=True, exist_ok=True)
    (ROOT / ".prove/.gitignore").write_text("*\n")
    return place


def counted_before(file: Path) -> Counted | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Counted)
    except (OSError, msgspec.DecodeError):
        return None


def count(claim: Claim, place: Path, limit_s: float = HOUR_S) -> Counted:
    """Count a claim in a process of its own; its log says what went wrong.

    One that takes longer than `limit_s` is ended and does not hold. Ctrl+C ends all.
    """
    result = place / f"{claim.name}.json"
    log = place / f"{claim.name}.log"
    with log.open("wb") as told:
        child = subprocess.Popen(
            [sys.executable, __file__, claim.name, "--one", str(result)],
            stdout=told, stderr=told, stdin=subprocess.DEVNULL, start_new_session=True, cwd="/",
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        )  # fmt: skip
        try:
            child.wait(limit_s)
        except subprocess.TimeoutExpired:
            _end(child)
            return Counted(0, 1, notes=(f"it took longer than {limit_s:g} s and was ended: {log}",))
        except KeyboardInterrupt:
            _end(child)
            raise
    return counted_before(result) or Counted(0, 1, notes=(f"it broke off: see {log}",))


def _end(child: subprocess.Popen[bytes]) -> None:
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def line(claim: Claim, found: Counted, kept: bool) -> str:
    skipped = f"skipped: {found.skipped}"
    numbers = skipped if found.skipped else f"{found.counted} / {found.wanted}"
    mark = "ok " if found.holds else "NOT"
    again = " (counted before)" if kept else ""
    notes = "".join(f"\n        {note}" for note in found.notes)
    return f"{mark} {claim.name:<10} {claim.says}: {numbers}{again}{notes}"


def _asked(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Count the long claims, all of them or those named; it takes up to an hour.",
        epilog=f"Claims: {', '.join(claim.name for claim in CLAIMS)}.",
    )
    parser.add_argument("names", nargs="*", metavar="CLAIM", help="count these alone")
    parser.add_argument("--again", action="store_true", help="what was counted before, too")
    parser.add_argument("--one", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    asked = parser.parse_args(words)
    if unknown := set(asked.names) - {claim.name for claim in CLAIMS}:
        parser.error(f"no claim is called {', '.join(sorted(unknown))}; --help lists them")
    return asked


def main(words: list[str]) -> int:
    asked = _asked(words)
    if asked.one is not None:
        claim = next(claim for claim in CLAIMS if claim.name in asked.names)
        asked.one.write_bytes(msgspec.json.encode(claim.count()))
        return 0
    place = folder()
    failed = 0
    every: dict[str, Counted] = {}
    for claim in CLAIMS:
        before = counted_before(place / f"{claim.name}.json")
        if asked.names and claim.name not in asked.names:
            every |= {} if before is None else {claim.name: before}
            continue
        kept = None if asked.again else before
        found = every[claim.name] = kept or count(claim, place)
        failed += not found.holds
        print(line(claim, found, kept is not None), flush=True)
        if not found.holds:
            (place / f"{claim.name}.json").unlink(missing_ok=True)
    print("\n".join(faults.table(every)))
    print(f"{failed} claims do not hold." if failed else "All hold.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
