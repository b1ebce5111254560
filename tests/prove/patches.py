"""Patches in numbers: made ones against a plain model, written ones through the command line,
and searches with ripgrep against searches without it."""

import asyncio
import random
import shutil
import site
import time
from pathlib import Path

from kit.command import steerdeck
from kit.made_patches import Tree, ambiguous, broken, made
from kit.patch_cases import GOOD, REFUSED, grow
from kit.patch_reference import Misfit, updated
from kit.patch_trees import lay, taken
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts.action import SearchFiles
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.environment import environment
from steerdeck_agents.tools import patch, ripgrep, search
from steerdeck_agents.tools.outcome import Outcome
from steerdeck_agents.tools.patch_lines import applied, join, split
from steerdeck_agents.tools.patch_parse import parse_patch
from steerdeck_agents.tools.pattern import compiled

MADE, BROKEN, COMPARED = 5_000, 3_000, 50_000
PATTERNS = (
    "add_done_callback", r"def \w+_callback\(", r"\d{4}-\d\d-\d\d", r"[A-Z]{5}_[A-Z]+\b",
    "(?i)todo|fixme", r"class \w+Error\(", "naïve|café", r"^import os$", r"\bfoo\b.*\bbar\b",
    "x", r"(ab){2,}", r"raise \w+(?!Error)", r"[^\x00-\x7f]{3}", "$", r"\s+$", r"é|ü|ß", r"\.\.\.",
    r"lambda \w+, \w+:", r"(?:py|rs)\b", "licen[cs]e", r"0x[0-9a-f]{8}", r"http://", "Kelvin", "ſ",
)  # fmt: skip


def _outcome(folder: Path, tree: Tree, text: str) -> tuple[Tree, bool]:
    """What becomes of the tree, and whether the patch was taken."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lay(folder, tree)
    workspace = Workspace(path=str(folder), repository="", branch="", base="")
    try:
        patch.perform(patch.compute(text, workspace), workspace)
    except (PatchError, BadArguments):
        return taken(folder), False
    return taken(folder), True


def made_patches() -> Counted:
    tally = Tally()
    with world() as folder:
        for seed in range(MADE):
            case = made(random.Random(seed))
            found, done = _outcome(folder / "tree", case.tree, case.text)
            tally.see(done and found == case.wanted, f"good patch {seed}: taken {done}")
        for seed in range(BROKEN):
            dice = random.Random(seed)
            tree, text = broken(dice, made(dice))
            found, done = _outcome(folder / "tree", tree, text)
            tally.see(not done and found == tree, f"broken patch {seed}: taken {done}")
    return tally.done(f"{MADE} that fit, {BROKEN} with one part that does not")


def reference() -> Counted:
    tally = Tally()
    refused = 0
    for seed in range(COMPARED):
        text, asked = ambiguous(random.Random(seed))
        try:
            wanted = updated(text, asked)
        except Misfit:
            refused += 1
            continue
        try:
            found = join(applied("f", split(text), parse_patch(asked)[0].chunks))
        except PatchError as problem:
            found = str(problem)
        tally.see(found == wanted, f"patch {seed}: {found[:200]}")
    return tally.done(f"of {COMPARED} patches the reference refuses {refused}")


def written() -> Counted:
    """Each written case by the real command, in a tree of its own."""
    tally = Tally()
    cases: list[tuple[str, dict[str, bytes | None] | None]] = [*GOOD]
    cases += [(text, None) for text in REFUSED]
    with world() as folder:
        for number, (text, expected) in enumerate(cases):
            top = folder / str(number) / "tree"
            top.mkdir(parents=True)
            grow(top)
            before = taken(top.parent)
            ended = steerdeck("patch", "apply", "--root", str(top), "-", data=text)
            after = taken(top.parent)
            if expected is None:
                tally.see(
                    ended.code == 1 and after == before and ended.err.strip(),
                    f"refused case {number}: {ended.code} {ended.said[-200:]}",
                )
                continue
            data = {name: file.data for name, file in before.items()}
            data |= {f"tree/{name}": found or b"" for name, found in expected.items()}
            for name, found in expected.items():
                if found is None:
                    del data[f"tree/{name}"]
            same = {name: file.data for name, file in after.items()} == data
            tally.see(ended.code == 0 and same, f"good case {number}: {ended.said[-200:]}")
    return tally.done(f"{len(GOOD)} good, {len(REFUSED)} hostile or broken")


def _hands(top: Path, level: Level, spool: Path, path: str) -> ripgrep.Hands:
    around = Surroundings(path=path)
    where = Workspace(path=str(top), repository=str(top), branch="", base="")
    variables = environment(around, where, level)
    return ripgrep.Hands(where, level, around, variables, spool, asyncio.Event())


async def _beside(
    pattern: str, names: list[str], hands: ripgrep.Hands
) -> tuple[Outcome, float, bool]:
    """The outcome with ripgrep, how long it took, and whether ripgrep was of any help."""
    began = time.perf_counter()
    found = await search.look(SearchFiles(pattern), names, hands)
    took = time.perf_counter() - began
    narrow = await ripgrep.narrowed(compiled(pattern), names, hands, 1 << 20)
    return found, took, bool(narrow.asked)


def searches() -> Counted:
    tally = Tally()
    own = shutil.which("rg")
    if own is None:
        return Counted(skipped="there is no rg on the PATH")
    top = Path(site.getsitepackages()[0]).resolve()
    files = [path for path in top.rglob("*") if not path.is_dir() and path.suffix != ".pyc"]
    names = [path.relative_to(top).as_posix() for path in files]
    level = Level("bubblewrap") if shutil.which("bwrap") else Level()
    without = beside = 0.0
    helped = 0
    with world() as folder:
        for pattern in PATTERNS:
            hands = _hands(top, level, folder / "spool", f"{Path(own).parent}:/usr/bin:/bin")
            began = time.perf_counter()
            plain = search.perform(SearchFiles(pattern), hands.workspace, names, lambda: False)
            without += time.perf_counter() - began
            fast, took, asked = asyncio.run(_beside(pattern, names, hands))
            beside += took
            helped += asked
            tally.see(plain == fast, f"{pattern}: the outcomes differ")
    tally.see(helped, "ripgrep was never of help")
    return tally.done(
        f"{len(PATTERNS)} patterns, {helped} of them asked of ripgrep, {len(names)} files,"
        f" {level.name}: {without:.1f} s without, {beside:.1f} s with it"
    )


CLAIMS = (
    Claim("patches", "patches lead to the model's tree or change no byte", made_patches),
    Claim("patch-rules", "patches the reference takes lead to the same text", reference),
    Claim("patch-cases", "written patches by the command line: as expected", written),
    Claim("search-rg", "searches with ripgrep have the outcome they have without", searches),
)
