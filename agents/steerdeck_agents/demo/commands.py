"""The commands of the demo, as the exact texts that its rules name.

They run the Python that runs Steerdeck: it is there for sure, and needs no network.
"""

import shlex
import sys


def python(arguments: str) -> str:
    """A command line for this very Python."""
    return f"{shlex.quote(sys.executable)} {arguments}"


ALL_TESTS = python("-m unittest")
EXPORT_TESTS = python("-m unittest tests.test_export")
CURRENCY_TESTS = python("-m unittest tests.test_cart tests.test_currency")
CHECK_GUIDE = python("-m doctest docs/guide.md")
SHOW_TOTAL = python("-m shop total examples/order.json")
EXPORT_ORDER = python("-m shop export examples/order.json --format csv --output order.csv")

RULES: tuple[str, ...] = (ALL_TESTS, EXPORT_TESTS, CURRENCY_TESTS, CHECK_GUIDE, SHOW_TOTAL)
"""Run without asking."""

LINE_MODE_RULES: tuple[str, ...] = (EXPORT_ORDER,)
"""The one command meant to ask; nobody is there to answer in line mode."""
