"""The session that asks a question, and does as it is answered."""

import re
from typing import NoReturn

from steerdeck_agents.demo.calls import add_file, ask, patch, read, search, shell, update_file
from steerdeck_agents.demo.commands import CURRENCY_TESTS
from steerdeck_agents.demo.stage import Stage, scripted
from steerdeck_agents.demo.words import quote
from steerdeck_agents.models.scripted import Call, Say, Think

TASK = "Carts should show their total with a currency. Which one is the default is my decision."

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}


def _build(code: str) -> Call:
    """The change with `code` as the default currency."""
    symbols = {**SYMBOLS, code: SYMBOLS.get(code, code)}
    table = "".join(f'    "{name}": "{symbol}",\n' for name, symbol in symbols.items())
    module = f'''\
"""Amounts as people read them."""

from decimal import Decimal

DEFAULT = "{code}"
SYMBOLS = {{
{table}}}


def shown(amount: Decimal, currency: str = DEFAULT) -> str:
    """The amount with the symbol of its currency; an unknown currency is a KeyError."""
    return f"{{amount:,.2f}} {{SYMBOLS[currency]}}"
'''
    test = f"""\
import unittest
from decimal import Decimal

from shop.cart import Cart
from shop.currency import shown


class CurrencyTest(unittest.TestCase):
    def test_a_cart_shows_its_total_in_the_default_currency(self) -> None:
        cart = Cart()
        cart.add("mug", "7.90", quantity=2)
        self.assertEqual(cart.total_text(), "18.80 {symbols[code]}")

    def test_an_unknown_currency_is_refused(self) -> None:
        with self.assertRaises(KeyError):
            shown(Decimal("1.00"), "XXX")


if __name__ == "__main__":
    unittest.main()
"""
    return patch(
        add_file("shop/currency.py", module),
        add_file("tests/test_currency.py", test),
        update_file(
            "shop/cart.py",
            "-from shop.prices import with_tax\n"
            "+from shop.currency import DEFAULT, shown\n+from shop.prices import with_tax\n",
            '         """Gross total of all lines."""\n'
            '         return sum((line.total for line in self.lines), Decimal("0.00"))\n'
            "+\n"
            "+    def total_text(self, currency: str = DEFAULT) -> str:\n"
            '+        """The total as a customer reads it."""\n'
            "+        return shown(self.total(), currency)\n",
        ),
    )


def _play(stage: Stage) -> NoReturn:
    stage.beat(
        "look",
        0,
        Think("The default is the developer's decision, so ask; but first know what is there."),
        Say("Before I ask you anything, I look at what a cart can say today."),
        read("shop/cart.py"),
        search(r"total\(", "*.py"),
    )
    (answer,) = stage.beat(
        "ask",
        1,
        Say(
            "Amounts carry no currency anywhere yet, so this is a clean start. "
            "The default is yours to choose."
        ),
        ask("In which currency should a cart show its total by default?", *SYMBOLS),
    )
    code = _code(answer.text)
    heard = (
        f"You chose {code}."
        if code
        else (
            f"I read no currency code in {quote(answer.text)}, so I take EUR, the first choice, "
            "and say so at the end."
        )
    )
    (built,) = stage.beat(
        "build",
        2,
        Say(
            f"{heard} I put symbols and the default into a module of their own; "
            "the cart gets one method, and the numbers themselves stay as they are."
        ),
        _build(code or "EUR"),
    )
    if not built.done:
        stage.finish("My patch was not applied, so totals still show no currency.")
    (tested,) = stage.beat(
        "test",
        3,
        Say("The tests of the cart, old and new:"),
        shell(CURRENCY_TESTS, "Run the tests of carts and currencies."),
    )
    passed = "Its tests pass" if tested.done else "Its tests do not pass yet"
    guess = (
        "" if code else f" That was my reading of {quote(answer.text)}; change `DEFAULT` if not."
    )
    stage.finish(
        f"A cart now shows its total with a currency, {code or 'EUR'} by default.{guess} {passed}."
        "\n\n- shop/currency.py: symbols, the default, `shown`.\n"
        "- shop/cart.py: `Cart.total_text`.\n- tests/test_currency.py: both."
    )


def _code(answer: str) -> str:
    """The currency an answer names, empty if it names none; a number picks from the choices."""
    if answer.strip().isdigit() and 1 <= int(answer) <= len(SYMBOLS):
        return list(SYMBOLS)[int(answer) - 1]
    by_symbol = [code for code, symbol in SYMBOLS.items() if symbol in answer]
    named = re.findall(r"\b[A-Z]{3}\b", answer)
    known = [name for name in re.findall(r"\b[A-Z]{3}\b", answer.upper()) if name in SYMBOLS]
    return next(iter([*known, *by_symbol, *named]), "")


CURRENCY = scripted(
    _play,
    "See what a cart shows today",
    "Ask for the default currency",
    "Show totals with a currency",
    "Run the cart's tests",
)
