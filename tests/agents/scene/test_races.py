"""What was allowed runs on the ground it was allowed on, or not at all (a sample; see prove)."""

import asyncio
import random
from pathlib import Path

from kit.races import MOMENTS, SWAPS, Course, Race, revoked


def test_what_is_swapped_between_question_and_deed_is_never_run(tmp_path: Path):
    races = [Race(swap, MOMENTS[number % 3]) for number, swap in enumerate(SWAPS)]
    races += [Race(swap, "started") for swap in SWAPS if swap.call.tool == "shell"]
    # The course can be lost: untouched, each of them runs.
    races += [Race(SWAPS[number], None) for number in (0, 1, 2, 5, 8)]
    course = Course(tmp_path, races)
    asyncio.run(course.run())
    assert course.lost == []


def test_no_command_begins_after_its_rule_was_revoked(tmp_path: Path):
    assert asyncio.run(revoked(tmp_path, 6, random.Random(7))) == []
