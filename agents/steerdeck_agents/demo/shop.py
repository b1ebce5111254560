"""The files of the demo's project, as they were at its commits: a small shop library."""

IGNORE = "__pycache__/\n*.pyc\n"

README = """\
# shop

A small library for a small shop: carts, prices with tax, and export of orders.

    python3 -m shop total examples/order.json
    python3 -m shop export examples/order.json --format json

Tests: `python3 -m unittest`
"""

INIT = '"""A small shop: carts, prices, orders."""\n'

PRICES_FIRST = '''\
"""Prices: net amounts, tax, and what is charged in whole cents."""

from decimal import Decimal

CENT = Decimal("0.01")
TAX = {"standard": Decimal("0.19")}


def round_to_cent(amount: Decimal) -> Decimal:
    """The amount in whole cents."""
    return amount.quantize(CENT)


def with_tax(net: Decimal, rate: str = "standard") -> Decimal:
    """What a customer pays for a net price."""
    return round_to_cent(net * (1 + TAX[rate]))
'''

PRICES = PRICES_FIRST.replace(
    'TAX = {"standard": Decimal("0.19")}',
    'TAX = {"standard": Decimal("0.19"), "reduced": Decimal("0.07")}',
)

CART = '''\
"""A cart: lines of things with a net price each."""

from dataclasses import dataclass, field
from decimal import Decimal

from shop.prices import with_tax


@dataclass(frozen=True)
class Line:
    """Some pieces of one thing."""

    name: str
    net: Decimal
    quantity: int = 1
    rate: str = "standard"

    @property
    def total(self) -> Decimal:
        return with_tax(self.net, self.rate) * self.quantity


@dataclass
class Cart:
    """What a customer is about to buy."""

    lines: list[Line] = field(default_factory=list)

    def add(self, name: str, net: str, quantity: int = 1, rate: str = "standard") -> None:
        if quantity < 1:
            raise ValueError("a quantity is at least 1")
        self.lines.append(Line(name, Decimal(net), quantity, rate))

    def total(self) -> Decimal:
        """Gross total of all lines."""
        return sum((line.total for line in self.lines), Decimal("0.00"))
'''

EXPORT = '''\
"""Orders for other programs."""

import json

from shop.cart import Cart


def as_json(cart: Cart) -> str:
    """The order as JSON, one object per line of the cart."""
    rows = [
        {"name": line.name, "quantity": line.quantity, "total": str(line.total)}
        for line in cart.lines
    ]
    return json.dumps({"lines": rows, "total": str(cart.total())}, indent=2) + "\\n"


FORMATS = {"json": as_json}
'''

CLI = '''\
"""The command line: totals and exports of an order file."""

import argparse
import json
from pathlib import Path

from shop.cart import Cart
from shop.export import FORMATS


def load(path: str) -> Cart:
    cart = Cart()
    for line in json.loads(Path(path).read_text("utf-8")):
        cart.add(**line)
    return cart


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="shop")
    commands = parser.add_subparsers(dest="command", required=True)
    total = commands.add_parser("total")
    total.add_argument("order")
    export = commands.add_parser("export")
    export.add_argument("order")
    export.add_argument("--format", choices=sorted(FORMATS), default="json")
    export.add_argument("--output")
    given = parser.parse_args(arguments)
    cart = load(given.order)
    if given.command == "total":
        print(cart.total())
        return
    text = FORMATS[given.format](cart)
    if given.output:
        Path(given.output).write_text(text, "utf-8")
        print(f"wrote {len(cart.lines)} lines to {given.output}")
    else:
        print(text, end="")
'''

MAIN = '"""`python3 -m shop`."""\n\nfrom shop.cli import main\n\nmain()\n'

ORDER = """\
[
  {"name": "tea, green", "net": "4.20", "quantity": 2, "rate": "reduced"},
  {"name": "mug", "net": "7.90"},
  {"name": "biscuits", "net": "1.50", "quantity": 3, "rate": "reduced"}
]
"""

TEST_CART = """\
import unittest
from decimal import Decimal

from shop.cart import Cart


class CartTest(unittest.TestCase):
    def test_an_empty_cart_costs_nothing(self) -> None:
        self.assertEqual(Cart().total(), Decimal("0.00"))

    def test_quantities_count(self) -> None:
        cart = Cart()
        cart.add("mug", "7.90", quantity=2)
        self.assertEqual(cart.total(), Decimal("18.80"))

    def test_a_quantity_below_one_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            Cart().add("mug", "7.90", quantity=0)


if __name__ == "__main__":
    unittest.main()
"""

TEST_EXPORT = """\
import json
import unittest

from shop.cart import Cart
from shop.export import as_json


class ExportTest(unittest.TestCase):
    def test_json_holds_every_line(self) -> None:
        cart = Cart()
        cart.add("mug", "7.90")
        order = json.loads(as_json(cart))
        self.assertEqual(order["lines"], [{"name": "mug", "quantity": 1, "total": "9.40"}])


if __name__ == "__main__":
    unittest.main()
"""

TEST_PRICES_FIRST = """\
import unittest
from decimal import Decimal

from shop.prices import with_tax


class PricesTest(unittest.TestCase):
    def test_tax_is_added(self) -> None:
        self.assertEqual(with_tax(Decimal("10.00")), Decimal("11.90"))


if __name__ == "__main__":
    unittest.main()
"""

TEST_PRICES = TEST_PRICES_FIRST.replace(
    "\n\nif __name__",
    """
    def test_half_a_cent_is_rounded_up(self) -> None:
        # The accountant's example: 1.50 and 7 % tax are 1.605.
        self.assertEqual(with_tax(Decimal("1.50"), "reduced"), Decimal("1.61"))


if __name__""",
    1,
)
