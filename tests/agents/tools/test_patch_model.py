"""Patches made by dice, against a plain model of files and against the rules written once more."""

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.made_patches import Case, Tree, ambiguous, broken, made
from kit.patch_reference import Misfit, updated
from kit.patch_trees import lay, taken
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools import patch
from steerdeck_agents.tools.patch_lines import applied, join, split
from steerdeck_agents.tools.patch_parse import parse_patch

SEEDS = st.integers(0, 2**32)


def apply(tree: Tree, text: str) -> Tree:
    """What becomes of a tree; PatchError and BadArguments when the patch is refused."""
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder), tree)
        workspace = Workspace(path=folder, repository="", branch="", base="")
        try:
            patch.perform(patch.compute(text, workspace), workspace)
        except (PatchError, BadArguments):
            assert taken(Path(folder)) == tree
            raise
        return taken(Path(folder))


@settings(max_examples=150)
@given(seed=SEEDS)
def test_a_made_patch_leads_to_the_tree_of_the_model(seed: int) -> None:
    case: Case = made(random.Random(seed))
    assert apply(case.tree, case.text) == case.wanted


@settings(max_examples=100)
@given(seed=SEEDS)
def test_one_part_that_does_not_hold_leaves_every_byte_as_it_was(seed: int) -> None:
    dice = random.Random(seed)
    tree, text = broken(dice, made(dice))
    with pytest.raises((PatchError, BadArguments)):
        apply(tree, text)


@settings(max_examples=300)
@given(seed=SEEDS)
def test_what_the_reference_takes_leads_to_the_same_text(seed: int) -> None:
    text, asked = ambiguous(random.Random(seed))
    try:
        wanted = updated(text, asked)
    except Misfit:
        return
    (file,) = parse_patch(asked)
    assert join(applied("f", split(text), file.chunks)) == wanted


def test_the_dice_make_patches_that_fit_and_some_that_do_not() -> None:
    found = {True: 0, False: 0}
    for seed in range(300):
        try:
            updated(*ambiguous(random.Random(seed)))
            found[True] += 1
        except Misfit:
            found[False] += 1
    assert found[True] > 100 and found[False] > 10


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (["@@ c", "-x", "+y"], "a\nx\nb\nx\nc\ny\nd"),
        (["-x", "+y"], "a\ny\nb\nx\nc\nx\nd"),
        (["-x", "+y", "*** End of File"], "a\ny\nb\nx\nc\nx\nd"),
        (["-d", "+e", "*** End of File"], "a\nx\nb\nx\nc\nx\ne"),
        (["@@", "+z", "@@", "-a", "+A"], "A\nx\nb\nx\nc\nx\nd\nz"),
        ([" x", "-b", "+B", "", ""], "a\nx\nB\nx\nc\nx\nd"),
        (["-b", "-", "+B", "+"], "a\nx\nB\nx\nc\nx\nd"),
        ([" b", " ", "+n"], "a\nx\nb\n\nn\nx\nc\nx\nd"),
    ],
)
def test_the_rules_by_example(rows: list[str], wanted: str) -> None:
    text = "a\nx\nb\nx\nc\nx\nd\n"
    asked = "\n".join(["*** Begin Patch", "*** Update File: f", *rows, "*** End Patch"])
    (file,) = parse_patch(asked)
    assert join(applied("f", split(text), file.chunks)) == f"{wanted}\n"
    if rows[0].startswith("@@"):
        assert updated(text, asked) == f"{wanted}\n"
