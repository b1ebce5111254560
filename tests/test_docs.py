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
