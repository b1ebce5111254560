"""The papers can't lie: what they show is compared with the code."""

import re
import subprocess
import sys
from pathlib import Path

from kit.papers import between, key_table
from steerdeck.keymap import KEYS

CHECKOUT = Path(__file__).parent.parent
README = (CHECKOUT / "README.md").read_text()


def help_text() -> str:
    shown = subprocess.run(
        [sys.executable, "-m", "steerdeck", "--help"], capture_output=True, text=True, check=True
    )
    return shown.stdout


def test_the_key_table_is_the_keymap():
    assert between(README, "keys") == key_table(), f"write this instead:\n{key_table()}"


def test_every_act_has_an_id_of_its_own():
    ids = [key.id for key in KEYS]
    assert len(ids) == len(set(ids))


def test_the_help_in_the_readme_is_the_help():
    assert between(README, "help").strip("`\n") == help_text().strip()


def test_every_picture_is_there_and_made_by_the_tests():
    shown = re.findall(r"\]\((screenshots/[^)]+)\)", README)
    assert shown
    for picture in shown:
        assert (CHECKOUT / picture).is_file(), picture


def test_the_two_commands_are_targets_of_the_makefile():
    targets = re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    for command in re.findall(r"\bmake ([a-z]+)", README):
        assert command in targets, command


def test_links_between_the_papers_lead_somewhere():
    for paper in CHECKOUT.glob("*.md"):
        for target in re.findall(r"\]\(([A-Za-z][\w./-]*)\)", paper.read_text()):
            assert (CHECKOUT / target).exists(), f"{paper.name}: {target}"


def test_every_promise_of_security_names_a_claim_or_a_test_that_is_there():
    proofs = CHECKOUT / "tests/prove"
    counted = set(re.findall(r"\*(\w+)\.CLAIMS", (proofs / "run.py").read_text()))
    claims = {
        name
        for module in counted
        for name in re.findall(r'Claim\(\s*"([\w-]+)"', (proofs / f"{module}.py").read_text())
    }
    paper = (CHECKOUT / "SECURITY.md").read_text()
    promises = re.split(
        r"^(\d+)\. \*\*", between_words(paper, "## Promises", "A promise that"), flags=re.M
    )
    numbers = [int(number) for number in promises[1::2]]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 10
    for number, promise in zip(numbers, promises[2::2], strict=True):
        named = re.split(r"\*(?:counted\s+by|tested\s+in|in)\*", promise, flags=re.IGNORECASE)[1:]
        names = [name for part in named for name in re.findall(r"`([\w./-]+)`", part)]
        assert names, f"promise {number} names nothing that holds it"
        for name in names:
            assert (CHECKOUT / name).exists() if "/" in name else name in claims, (number, name)


def between_words(text: str, first: str, last: str) -> str:
    return text.partition(first)[2].partition(last)[0]
