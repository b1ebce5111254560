"""The whole job in a real terminal, with keys alone, on a screen of 80x24."""

from pathlib import Path

import pytest

pytest.importorskip("pyte", reason="a screen is needed to look at: install pyte")

from kit.command import PROGRAM
from kit.playing import playing
from kit.repositories import plain
from kit.scene import home_at
from kit.terminal import Terminal
from kit.walking import JOB, PACE, Hand, outcome, walker


def test_a_session_is_started_answered_steered_reviewed_and_searched_by_keys(
    base: Path, tmp_path: Path
):
    repository = plain(tmp_path / "shop").resolve()
    with playing({"walker": walker}, pace=PACE) as url:
        where = home_at(base, {"walker": url}, {})
        with Terminal([PROGRAM], columns=80, rows=24, folder=repository) as deck:
            hand = Hand(deck)
            for step in JOB:
                step(hand)
    assert [otherwise for holds, otherwise in outcome(where, repository) if not holds] == []
