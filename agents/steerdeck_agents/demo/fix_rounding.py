"""The session that fixes the failing test: see it fail, find out why, mend it, see it pass."""

import re
from typing import NoReturn

from steerdeck_agents.demo.calls import patch, read, search, shell, update_file
from steerdeck_agents.demo.commands import ALL_TESTS
from steerdeck_agents.demo.stage import Stage, scripted
from steerdeck_agents.models.scripted import Say, Think

TASK = (
    "A test in tests/test_prices.py fails: the accountant says 1.605 must become 1.61. "
    "Find out why and fix it."
)

MEND = patch(
    update_file(
        "shop/prices.py",
        "-from decimal import Decimal\n+from decimal import ROUND_HALF_UP, Decimal\n",
        ' def round_to_cent(amount: Decimal) -> Decimal:\n-    """The amount in whole cents."""\n'
        "-    return amount.quantize(CENT)\n"
        '+    """The amount in whole cents; half a cent is rounded up, as on a receipt."""\n'
        "+    return amount.quantize(CENT, rounding=ROUND_HALF_UP)\n",
    )
)


def _play(stage: Stage) -> NoReturn:
    (before,) = stage.beat(
        "reproduce",
        0,
        Think("The report names a number. First see the failure itself, then look for its cause."),
        Say("I start by seeing the failure with my own eyes, before I touch anything."),
        shell(ALL_TESTS, "Reproduce the failing test."),
    )
    if before.exit_code is None:
        stage.finish("I could not run the tests, so I changed nothing: I would be guessing.")
    if before.done:
        stage.finish("All tests pass here already, so there is nothing to fix. I changed nothing.")
    stage.beat(
        "look",
        1,
        Say(
            f"It fails as reported{_seen(before.text)}. Now the code that rounds, "
            "and who else relies on it."
        ),
        read("shop/prices.py"),
        search(r"quantize|round", "*.py"),
    )
    (mended,) = stage.beat(
        "mend",
        2,
        Think(
            "quantize without a rounding mode follows the context, and its default is half-even: "
            "1.605 lies between 1.60 and 1.61, and the even one wins. Receipts round half up."
        ),
        Say(
            "Found it. `quantize` rounds half a cent to the nearest *even* cent unless told "
            "otherwise, so 1.605 becomes 1.60. A receipt rounds half up. There is one place where "
            "cents are made, so one line mends every price."
        ),
        MEND,
    )
    if not mended.done:
        stage.finish(
            "The cause is the rounding mode in `round_to_cent`, but my patch was not applied, so "
            "the test still fails. With `rounding=ROUND_HALF_UP` there it will pass."
        )
    (after,) = stage.beat(
        "verify",
        3,
        Say("The whole suite again, since every price goes through this line."),
        shell(ALL_TESTS, "See that the fix works and breaks nothing."),
    )
    if not after.done:
        stage.finish(
            "The patch is in place, but the tests do not pass yet. Please look at the last run "
            "before you take this."
        )
    stage.finish(
        "Fixed. `round_to_cent` now rounds half a cent up, and all tests pass"
        f"{_count(after.text)}.\n\n"
        "- Cause: `Decimal.quantize` rounds half to even by default.\n"
        "- Change: one import and one argument in shop/prices.py.\n"
        "- Worth knowing: prices that end in exactly half a cent rise by one cent."
    )


def _seen(output: str) -> str:
    """What the failing assertion says, if the run shows one."""
    found = re.search(r"^AssertionError: (.{1,100})$", output, re.MULTILINE)
    return f": {found.group(1)}" if found else ""


def _count(output: str) -> str:
    found = re.search(r"^Ran (\d+) tests", output, re.MULTILINE)
    return f" ({found.group(1)} of them)" if found else ""


FIX_ROUNDING = scripted(
    _play,
    "See the test fail",
    "Find the cause",
    "Round half a cent up",
    "Run all tests",
)
