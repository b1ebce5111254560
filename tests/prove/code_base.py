"""A real package somebody else wrote: four sessions search, patch and test it side by side."""

import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kit.command import PROGRAM, Ended, damage, end_runtimes, facts, of_kind, sessions, steerdeck
from kit.playing import playing
from kit.repositories import commit, fingerprint, run, without_commits
from kit.scene import home_at
from kit.terminal import Terminal
from prove.claim import Claim, Counted, Tally, world
from prove.scripts import CHANGED, COMMANDS, SCRIPTS
from steerdeck_agents.facts import events as e

PACKAGE = "markdown==3.10"
"""Pure Python, some 400 files, tests that unittest runs and that need nothing else."""


def source(folder: Path) -> Path | str:
    """Its source distribution as a repository with one commit; or why it can't be had."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:",
         "-d", str(folder), PACKAGE],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    archives = list(folder.glob("*.tar.gz"))
    if not archives:
        return f"{PACKAGE} could not be downloaded: {done.stderr.strip()[-200:]}"
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    top = next(path for path in folder.iterdir() if path.is_dir() and path.name != "home")
    repository = without_commits(folder / "repository")
    for path in top.iterdir():
        path.rename(repository / path.name)
    commit(repository, f"{PACKAGE} as published")
    return repository.resolve()


def code_base() -> Counted:
    tally = Tally()
    with world() as folder:
        repository = source(folder)
        if isinstance(repository, str):
            return Counted(skipped=repository)
        count = len(run(repository, "ls-files").splitlines())
        tally.see(count >= 200, f"only {count} files")
        before = fingerprint(repository)
        with playing(SCRIPTS) as url:
            allowed = dict.fromkeys(COMMANDS, repository)
            where = home_at(folder / "s", dict.fromkeys(SCRIPTS, url), allowed)
            try:
                with ThreadPoolExecutor(4) as pool:
                    runs = {name: pool.submit(_run, repository, name) for name in SCRIPTS}
                with Terminal([PROGRAM], folder=repository) as deck:
                    deck.wait_for(lambda now: "✓ 2 done" in now and now.count("idle") >= 2)
                    deck.wait_for(CHANGED)
                    tally.see(all(name in deck.screen() for name in SCRIPTS), deck.screen())
                _look(tally, {name: one.result() for name, one in runs.items()}, repository)
                tally.see(not damage(where), f"the journal is damaged: {damage(where)[:3]}")
                failed = [fact for fact in of_kind(facts(where), e.TurnEnded)
                          if fact.status != "completed"]  # fmt: skip
                tally.see(not failed, f"{failed[:2]}")
                tally.see(len(sessions(where)) == 4, f"{sessions(where).keys()}")
            finally:
                end_runtimes(folder / "s")
        tally.see(fingerprint(repository) == before, "the user's repository was touched")
    return tally.done(f"{PACKAGE}: {count} files")


def _run(repository: Path, name: str) -> Ended:
    return steerdeck("run", f"Be {name}.", "--name", name, "--model", name, folder=repository)


def _look(tally: Tally, ended: dict[str, Ended], repository: Path) -> None:
    for name, done in ended.items():
        tally.see(done.code == 0, f"{name}: {done.code} {done.err[-500:]}")
        tally.see("Traceback (most recent call last)\n" not in done.err, f"{name}: {done.err}")
    tally.see(ended["fixing"].out.count("exit code: 0") == 3, ended["fixing"].out[-800:])
    tally.see("exit code: 1" in ended["breaking"].out, ended["breaking"].out[-800:])
    fixing = steerdeck("diff", "fixing", folder=repository).out
    tally.see("+# Looked at by a session." in fixing, fixing[-500:])
    tally.see("test_of_a_session.py" in fixing, fixing[-500:])
    nothing = steerdeck("diff", "breaking", folder=repository)
    tally.see("changed nothing" in nothing.said, nothing.said[-500:])
    moving = steerdeck("diff", "moving", folder=repository).out
    tally.see("docs/testing.md" in moving, moving[-500:])
    file = repository.parent / "fixing.patch"
    landed = steerdeck("land", "fixing", "--patch", str(file), folder=repository)
    tally.see(landed.code == 0, landed.said)
    check = subprocess.run(
        ["git", "apply", "--check", str(file)], cwd=repository, capture_output=True, check=False
    )
    tally.see(check.returncode == 0, check.stderr.decode())


CLAIMS = (Claim("code-base", "a real package: searched, patched, tested, diffed", code_base),)
