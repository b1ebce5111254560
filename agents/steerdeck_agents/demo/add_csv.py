"""The session that needs an approval: it adds CSV and would like to run the export for real."""

from typing import NoReturn

from steerdeck_agents.demo.calls import Outcome, look, patch, read, shell, update_file
from steerdeck_agents.demo.commands import EXPORT_ORDER, EXPORT_TESTS
from steerdeck_agents.demo.stage import Stage, scripted
from steerdeck_agents.demo.words import quote
from steerdeck_agents.models.scripted import Say, Think

TASK = "Orders should export as CSV too, beside JSON, with a test. Try it on the example order."

BUILD = patch(
    update_file(
        "shop/export.py",
        "-import json\n+import csv\n+import io\n+import json\n",
        '-FORMATS = {"json": as_json}\n'
        "+def as_csv(cart: Cart) -> str:\n"
        '+    """The order as CSV: a head, then one row per line of the cart."""\n'
        "+    text = io.StringIO()\n"
        '+    rows = csv.writer(text, lineterminator="\\n")\n'
        '+    rows.writerow(["name", "quantity", "total"])\n'
        "+    rows.writerows([line.name, line.quantity, line.total] for line in cart.lines)\n"
        "+    return text.getvalue()\n"
        "+\n"
        "+\n"
        '+FORMATS = {"csv": as_csv, "json": as_json}\n',
    ),
    update_file(
        "tests/test_export.py",
        "-from shop.export import as_json\n+from shop.export import as_csv, as_json\n",
        '         self.assertEqual(order["lines"], '
        '[{"name": "mug", "quantity": 1, "total": "9.40"}])\n'
        "+\n"
        "+    def test_csv_quotes_what_holds_a_comma(self) -> None:\n"
        "+        cart = Cart()\n"
        '+        cart.add("tea, green", "4.20", rate="reduced")\n'
        "+        row = '\"tea, green\",1,4.49'\n"
        '+        self.assertEqual(as_csv(cart), f"name,quantity,total\\n{row}\\n")\n',
    ),
)


def _play(stage: Stage) -> NoReturn:
    stage.beat(
        "look",
        0,
        Think("JSON export exists. See how formats are chosen, so that CSV is one more of them."),
        Say("First how JSON is exported, how the command line picks a format, and what is tested."),
        read("shop/export.py"),
        read("shop/cli.py"),
        look("tests"),
    )
    (built,) = stage.beat(
        "build",
        1,
        Say(
            "The command line offers whatever stands in `FORMATS`, so CSV needs no change there. "
            "I use the csv module: the example order sells “tea, green”, and a comma in a name is "
            "where hand-made CSV breaks. The test holds exactly that."
        ),
        BUILD,
    )
    if not built.done:
        stage.finish("My patch was not applied, so CSV export is not there. Nothing was changed.")
    (tested,) = stage.beat(
        "test",
        2,
        Say("The tests of the export:"),
        shell(EXPORT_TESTS, "Run the tests of the export."),
    )
    (tried,) = stage.beat(
        "try",
        3,
        Say(
            "Last, the real thing: I would like to export the example order once. It writes "
            "order.csv into the workspace, so this one is yours to allow."
        ),
        shell(EXPORT_ORDER, "Export the example order to see the CSV a customer would get."),
    )
    passed = "and its tests pass" if tested.done else "but its tests do not pass yet"
    _end(stage, tried, f"CSV export is in, {passed}.")


def _end(stage: Stage, tried: Outcome, built: str) -> NoReturn:
    if tried.done:
        (csv,) = stage.beat(
            "show", 3, Say("Allowed, and it ran. What it wrote:"), read("order.csv")
        )
        there = "name,quantity,total" in csv.text
        rows = "The example order is in order.csv" if there else "order.csv could not be read"
        stage.finish(
            f"{built} {rows}.\n\n"
            "- shop/export.py: `as_csv`, and CSV among the formats.\n"
            "- tests/test_export.py: a name with a comma.\n"
            "- order.csv is the result of the trial; leave it out when you land this."
        )
    if tried.status != "rejected":
        stage.finish(f"{built} The trial export failed; its output says why. I left it at that.")
    if not tried.text:
        stage.steps[3] = "Check the example order without writing a file"
        stage.beat(
            "instead",
            3,
            Say(
                "You said no, so I do not run the export. The test covers the same rows without "
                "writing a file: once more, to be sure."
            ),
            shell(EXPORT_TESTS, "Check the same thing without writing a file."),
        )
        stage.finish(f"{built} As you decided, the export was not run and there is no order.csv.")
    stage.steps[3] = f"Do as you said: {quote(tried.text, 60)}"
    noted, _ = stage.beat(
        "as_told",
        3,
        Say(
            f"You said no, with {quote(tried.text)}. I do not run the export. I write your words "
            "into NOTES.md, where the review will find them, and check once more with the tests."
        ),
        stage.note(f"Export of the example order, not run: {tried.text}"),
        shell(EXPORT_TESTS, "Check without the export you refused."),
    )
    kept = "Your words are in NOTES.md" if noted.done else "Your words could not be written down"
    stage.finish(f"{built} The export was not run, as you decided. {kept}.")


ADD_CSV = scripted(
    _play,
    "See how JSON is exported",
    "Add CSV, with a test",
    "Run the export's tests",
    "Export the example order",
)
