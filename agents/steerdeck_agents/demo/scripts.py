"""The demo as a whole: four sessions, their scripts, and the settings of the demo's home."""

import msgspec

from steerdeck_agents.demo.add_csv import ADD_CSV
from steerdeck_agents.demo.add_csv import TASK as ADD_CSV_TASK
from steerdeck_agents.demo.commands import ALL_TESTS
from steerdeck_agents.demo.currency import CURRENCY
from steerdeck_agents.demo.currency import TASK as CURRENCY_TASK
from steerdeck_agents.demo.docs import DOCS
from steerdeck_agents.demo.docs import TASK as DOCS_TASK
from steerdeck_agents.demo.fix_rounding import FIX_ROUNDING
from steerdeck_agents.demo.fix_rounding import TASK as FIX_ROUNDING_TASK
from steerdeck_agents.demo.tour import TOUR
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.models.scripted import Script


class DemoSession(msgspec.Struct, frozen=True):
    """One session of the demo, as a `Start` order names it."""

    name: str
    task: str
    model: str
    checks: tuple[Check, ...] = ()


TESTS = Check(name="tests", command=ALL_TESTS, timeout_s=60.0)
"""What "done" rests on; before the first of them mends it, one test fails."""
SESSIONS: tuple[DemoSession, ...] = (
    DemoSession("fix-rounding", FIX_ROUNDING_TASK, "scripted-fix-rounding", (TESTS,)),
    DemoSession("add-csv", ADD_CSV_TASK, "scripted-add-csv"),
    DemoSession("currency", CURRENCY_TASK, "scripted-currency", (TESTS,)),
    DemoSession("docs", DOCS_TASK, "scripted-docs"),
)

SCRIPTS: dict[str, Script] = {
    "scripted": TOUR,
    "scripted-fix-rounding": FIX_ROUNDING,
    "scripted-add-csv": ADD_CSV,
    "scripted-currency": CURRENCY,
    "scripted-docs": DOCS,
}
"""By model id, as the scripted server wants them."""

CONFIG = 'default_model = "scripted"\n' + "".join(
    f'\n[[models]]\nname = "{name}"\napi = "scripted"\n' for name in SCRIPTS
)
"""config.toml of the demo's home; the runtime starts the server and fills in its address."""
