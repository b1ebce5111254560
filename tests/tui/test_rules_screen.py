"""The list of rules: what each does, its use, its end, who made it; one key takes one back."""

import asyncio

from msgspec.structs import replace

from kit.asks import listed
from kit.desk import deck, told, until
from steerdeck.model import DeckModel
from steerdeck.screens.rules import RulesDialog, picks
from steerdeck.widgets.strips import strips
from steerdeck_agents.facts import orders as o


def test_rules_are_seen_with_their_use_and_end_and_taken_back_by_one_key_denials_by_two():
    feed = listed()

    async def run() -> None:
        app = deck(feed, face="deck")
        async with app.run_test(size=(100, 36)) as pilot:
            await until(pilot, lambda: app.model.attached and app.model.states)
            await pilot.press("P")
            await until(pilot, lambda: isinstance(app.screen, RulesDialog) and app.screen.rule)
            await pilot.pause()
            text = told(app)
            for part in ("3 rules", "rules.toml, line 3", "allow git fetch", "used 12 times",
                         "by the demo 1:00 ago", "no end", "forbid exactly: make 'all'",
                         "used 2 times   7 uses", "steerdeck rules edit"):  # fmt: skip
                assert part in text, part
            await pilot.press("j", "x")
            await pilot.pause()
            assert feed.orders == [] and "x again takes it back" in told(app)
            await pilot.press("j", "k", "x")
            assert feed.orders == [], "another rule was in hand meanwhile"
            feed.rules = replace(feed.rules, rules=feed.rules.rules[::2])
            await pilot.press("x")
            await until(pilot, lambda: "2 rules" in told(app))
            await pilot.press("x")
            await until(pilot, lambda: len(feed.orders) == 2)
            assert [type(order) for order in feed.orders] == [o.RevokeRule] * 2
            assert [order.rule for order in feed.orders] == ["r2", "r3"]
            await pilot.press("escape")
            await pilot.pause()
            assert not isinstance(app.screen, RulesDialog)

    asyncio.run(run())


def test_a_long_rule_takes_two_rows_and_its_use_and_end_are_seen_in_a_narrow_terminal():
    (one, *_) = listed().rules.rules
    command = " ".join(f"argument-{number}" for number in range(9))
    long = replace(one.rule, pattern=None, command=command, repository="/shop-" + "long" * 30)
    (pick,) = picks([replace(one, rule=long)], DeckModel(), 54)
    rows = [strips(line, 60, "s2", 3)[0].text.rstrip() for line in pick.lines]
    assert len(rows) == 3 and rows[0].strip().startswith("allow exactly: argument-0")
    assert rows[-1].endswith("used 12 times   no end") and "long" in rows[-1]
