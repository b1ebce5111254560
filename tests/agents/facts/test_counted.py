"""A number with its noun."""

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.limits import amount


def test_only_one_is_told_in_the_singular() -> None:
    assert [counted(n, "more line") for n in (0, 1, 1_200)] == [
        "0 more lines", "1 more line", "1,200 more lines",
    ]  # fmt: skip
    assert amount("turns", 1) == "1 turn" and amount("tokens", 12_000.4) == "12,000 tokens"
