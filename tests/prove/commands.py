"""The verdict on shell text, counted in full and checked against what commands really do.

What was judged automatic is run for real, with git's switches around it: not one byte of tree or
`.git` may differ afterwards, and strace (where it is there) must see no program the text does not
name. Hostile commands are dressed up thousands of times from a fixed seed.
"""

import hashlib
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from kit.shell_catastrophic import catastrophic
from kit.shell_ground import make_ground
from kit.shell_harmless import harmless
from kit.shell_hostile import hostile
from kit.shell_mutations import mutable, mutated
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.gate.shell.classify import classify
from steerdeck_agents.gate.shell.places import Disk
from steerdeck_agents.gate.shell.programs.git import ENVIRONMENT
from steerdeck_agents.gate.shell.reading import Reading

DRESSED = 20_000
_SHOULD_READ = 0.9
_STARTS = re.compile(r'execve\("([^"]+)".*= 0$', re.MULTILINE)
_OWN_PARTS = {
    "egrep": {"grep", "sh"}, "fgrep": {"grep", "sh"}, "npm": {"node", "env"}, "which": {"sh"},
    "pip": {"python3", "bash", "python", "env", "pyenv"}, "type": set(), "file": {"file"},
    "tar": {"gzip"}, "zcat": {"gzip", "sh"}, "gunzip": {"gzip", "sh"}, "yq": {"jq", "python3"},
    "shasum": {"perl"}, "zgrep": {"gzip", "sh", "grep", "sed", "expr"},
}  # fmt: skip
"""Programs that are scripts themselves, and what those are made of."""
_MANAGERS = re.compile(r"/(\.pyenv|\.nvm|\.rbenv|\.asdf)/")


def _read(script: str, ground: Disk) -> Reading:
    return classify(script, folder=ground.root, ground=ground, confined=True)


def corpus() -> Counted:
    """Nothing hostile or catastrophic is automatic, reading is, catastrophes are marked."""
    tally = Tally()
    with world() as folder:
        trapped = Disk(str(make_ground(folder / "trapped", secrets=True)))
        plain = Disk(str(make_ground(folder / "plain")))
        bad, last, good = hostile(), catastrophic(), harmless()
        took = []
        for script in bad:
            began = time.perf_counter()
            tally.see(not _read(script, trapped).automatic, f"automatic: {script!r}")
            took.append(time.perf_counter() - began)
        for script in last:
            answer = _read(script, trapped)
            tally.see(answer.danger and not answer.automatic, f"not marked: {script!r}")
        reads = [script for script in good if _read(script, plain).automatic]
        share = len(reads) / len(good)
        tally.see(share >= _SHOULD_READ, f"only {share:.0%} of reading is automatic")
    took.sort()
    return tally.done(
        f"{len(bad)} hostile, {len(last)} catastrophic; {len(reads)} of {len(good)} reads auto",
        f"p50 {took[len(took) // 2] * 1000:.2f} ms, p99 {took[-len(took) // 100] * 1000:.2f} ms",
    )


def dressed() -> Counted:
    tally = Tally()
    dice = random.Random(5)
    with world() as folder:
        trapped = Disk(str(make_ground(folder, secrets=True)))
        for number in range(DRESSED):
            script = mutated(dice.choice)
            tally.see(not _read(script, trapped).automatic, f"automatic ({number}): {script!r}")
    return tally.done(f"{len(mutable())} commands to begin with, seed 5")


def truth() -> Counted:
    """Run what is automatic, and look."""
    tally = Tally()
    traced = shutil.which("strace") is not None
    with world() as folder:
        top = make_ground(folder)
        ground = Disk(str(top))
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder / "home"), "LANG": "C.UTF-8",
            "TERM": "dumb", "PAGER": "cat", "NO_COLOR": "1", **ENVIRONMENT,
        }  # fmt: skip
        before = _state(top)
        ran = [script for script in harmless() if _read(script, ground).automatic]
        for script in ran:
            log = folder / "trace"
            shell = ["/bin/bash", "--noprofile", "--norc", "-c", script]
            tracer = ["strace", "-f", "-qq", "-s", "300", "-e", "trace=execve", "-o", str(log)]
            done = subprocess.run(
                [*tracer, *shell] if traced else shell,
                cwd=top, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=60, check=False,
            )  # fmt: skip
            tally.see(b"fatal:" not in done.stderr, f"git gave up: {script!r}")
            after = _state(top)
            tally.see(after == before, f"changed something: {script!r}")
            before = after
            if traced:
                strange = sorted(set(_strange(script, log.read_text(errors="replace"))))
                tally.see(not strange, f"{script!r} started {strange}")
    return tally.done(f"{len(ran)} commands run", "with strace" if traced else "strace is not here")


def _strange(script: str, trace: str) -> Iterator[str]:
    """Programs started that the text does not name."""
    words = set(re.split(r"[\s;|&'\"]+", script)) | {"bash"}
    named = {word.rpartition("/")[2] for word in words}
    parts = set().union(*(_OWN_PARTS.get(name, set()) for name in named))
    managed = _MANAGERS.search(trace) is not None
    for path in _STARTS.findall(trace):
        name = path.rpartition("/")[2]
        if name not in named | parts and not (
            managed and named & {"python3", "pip", "node", "npm"}
        ):
            yield path


def _state(top: Path) -> dict[str, tuple[int, str]]:
    """Mode and hash of every file, `.git` included; links and folders by what they are."""
    found: dict[str, tuple[int, str]] = {}
    for path in sorted(top.rglob("*")):
        mode = path.lstat().st_mode
        text = b"" if path.is_dir() else path.read_bytes()
        found[path.relative_to(top).as_posix()] = (mode, hashlib.sha256(text).hexdigest())
    return found


CLAIMS = (
    Claim("commands", "hostile commands ask, catastrophes are marked, reading runs", corpus),
    Claim("dressed", "a hostile command dressed up is never automatic", dressed),
    Claim("readers", "what runs unasked changes no byte and starts nothing else", truth),
)
