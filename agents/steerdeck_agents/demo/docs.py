"""The session that writes documentation, and runs the examples it wrote."""

from typing import NoReturn

from steerdeck_agents.demo.calls import add_file, look, patch, read, shell, update_file
from steerdeck_agents.demo.commands import CHECK_GUIDE, SHOW_TOTAL
from steerdeck_agents.demo.stage import Stage, scripted
from steerdeck_agents.models.scripted import Say, Think

TASK = "Write a short guide to the library in docs/guide.md, with examples that really work."

GUIDE = """\
# Guide to shop

Three small modules: carts, prices, exports. Amounts are `Decimal`, never floats.

## A cart

    >>> from shop.cart import Cart
    >>> cart = Cart()
    >>> cart.add("mug", "7.90", quantity=2)
    >>> cart.total()
    Decimal('18.80')

Net prices go in as text, so that no float comes between. A quantity is at least 1:

    >>> cart.add("mug", "7.90", quantity=0)
    Traceback (most recent call last):
    ValueError: a quantity is at least 1

## Prices

Tax comes on top of the net price, at the `standard` or the `reduced` rate:

    >>> from decimal import Decimal
    >>> from shop.prices import with_tax
    >>> with_tax(Decimal("10.00"))
    Decimal('11.90')
    >>> with_tax(Decimal("10.00"), "reduced")
    Decimal('10.70')

## Exports

Formats stand in `shop.export.FORMATS`; each takes a cart and returns text. The command line offers
the same ones:

    python3 -m shop export examples/order.json --format json
"""

WRITE = patch(
    add_file("docs/guide.md", GUIDE),
    update_file(
        "README.md",
        " Tests: `python3 -m unittest`\n+\n+More in the [guide](docs/guide.md).\n",
    ),
)


def _play(stage: Stage) -> NoReturn:
    stage.beat(
        "look",
        0,
        Think("A guide is only worth something if it is true: read the code before the README."),
        Say("I read the code first: a guide written from a README repeats its mistakes."),
        look("."),
        read("shop/cart.py"),
        read("shop/prices.py"),
        read("shop/export.py"),
    )
    stage.beat(
        "total",
        0,
        Say("And what a user of the command line sees:"),
        shell(SHOW_TOTAL, "See the command line at work before describing it."),
    )
    (written,) = stage.beat(
        "write",
        1,
        Say(
            "Enough to write with: one section a module, in the order a newcomer meets them, each "
            "with an example that a machine can check. The README gets one line that leads there."
        ),
        WRITE,
    )
    if not written.done:
        stage.finish("My patch was not applied, so there is no guide yet. Nothing was changed.")
    (checked,) = stage.beat(
        "check",
        2,
        Say("Now the examples, run as they stand:"),
        shell(CHECK_GUIDE, "Run every example of the guide."),
    )
    works = (
        "Every example in it ran and gave what the guide says"
        if checked.done
        else "Not every example in it works yet; the last run shows which"
    )
    stage.finish(
        f"The guide is in docs/guide.md. {works}.\n\n"
        "- It covers carts, prices and exports, and nothing that is not there.\n"
        "- README.md links to it."
    )


DOCS = scripted(_play, "Read the code", "Write docs/guide.md", "Run its examples")
