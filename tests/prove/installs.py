"""From nothing: a clean clone with an empty HOME, and the wheel away from the checkout."""

import os
import re
import subprocess
import sys
from pathlib import Path

from kit.command import demos, end_runtimes, left_of, steerdeck
from kit.terminal import Terminal
from prove.claim import ROOT, Claim, Counted, Tally, world


def _clone(folder: Path) -> Path:
    """What is committed, and nothing else, without any link to this checkout."""
    place = folder / "clone"
    subprocess.run(
        ["git", "clone", "-q", "--no-local", str(ROOT), str(place)], check=True, cwd=folder
    )
    return place


def _shell(command: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=folder, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def clean_clone() -> Counted:
    tally = Tally()
    with world() as folder:
        del os.environ["STEERDECK_HOME"]
        (folder / "home/.gitconfig").unlink()
        clone = _clone(folder)
        for turn in ("first", "second"):
            code, told = _shell("make demo </dev/null | cat", clone)
            tally.see(code == 0, f"make demo, {turn}: {code} {told[-500:]}")
            tally.see("No process of it is left." in told, f"make demo, {turn}: {told[-500:]}")
            tally.see(not (left := left_of(folder)), f"left: {left}")
        for turn in ("first", "second"):
            code, told = _shell("make test </dev/null", clone)
            tally.see(code == 0, f"make test, {turn}: {code} {told[-3000:]}")
            summary = re.findall(r"^.*\b\d+ passed.*$", told, re.MULTILINE)
            tally.notes.append(f"make test, {turn}: {summary[-1] if summary else told[-200:]}")
            tally.see(not (left := left_of(folder)), f"left: {left}")
        _, dirt = _shell("git status --porcelain", clone)
        tally.see(not dirt, f"the checkout is dirty: {dirt[:300]}")
    return tally.done()


def wheel() -> Counted:
    tally = Tally()
    with world() as folder:
        clone = _clone(folder)
        built = f"{sys.executable} -m build -q --wheel --outdir {folder}/dist {clone}"
        code, told = _shell(built, folder)
        if not tally.see(code == 0, f"the wheel was not built: {told[-500:]}"):
            return tally.done()
        (file,) = (folder / "dist").glob("*.whl")
        away = folder / "away"
        away.mkdir()
        python = away / "venv/bin/python"
        installed = (
            f"{sys.executable} -m venv {away}/venv && "
            f"{python} -m pip install -q -c {clone}/constraints.txt {file}"
        )
        code, told = _shell(installed, away)
        if not tally.see(code == 0, f"the wheel was not installed: {told[-500:]}"):
            return tally.done()
        subprocess.run(["rm", "-rf", str(clone)], check=True)
        program = str(python.with_name("steerdeck"))
        for words, sign in ((("--version",), "steerdeck "), (("--help",), "Usage:"),
                            (("demo",), "No process of it is left."),
                            (("doctor",), "python")):  # fmt: skip
            done = steerdeck(*words, folder=away, program=program)
            good = sign in done.out.replace("Python", "python") and "Traceback" not in done.said
            tally.see(good, f"{words}: {done.code} {done.said[-500:]}")
        try:
            with Terminal([program, "demo"], folder=away) as deck:
                deck.wait_for("4 working")
                deck.wait_for("2 in the inbox")
                deck.press("ctrl+c")
                deck.wait_for("Ctrl+C again")
                deck.press("ctrl+c")
                tally.see(deck.wait_end() == 0 and not deck.left_on(), "the deck of the wheel")
            tally.see(len(demos(folder / "s")) == 2, "two runs of the demo")
        finally:
            end_runtimes(folder / "s")
        code, told = _shell(f"{python} -c 'import steerdeck, sys; print(steerdeck.__file__)'", away)
        tally.see(str(away) in told, f"imported from {told}")
        size = file.stat().st_size
    return tally.done(f"the wheel has {size:,} bytes")


CLAIMS = (
    Claim("wheel", "the wheel, installed away from the checkout, plays the demo", wheel),
    Claim("clone", "a clean clone with an empty HOME: make demo and make test, twice", clean_clone),
)
