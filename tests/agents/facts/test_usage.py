"""Usage: sums are exact, and a price is shown only where one is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.facts.usage import Usage

COUNTS = st.integers(min_value=0, max_value=10**12)
USAGES = st.builds(
    Usage,
    input=COUNTS,
    cached=COUNTS,
    written=COUNTS,
    output=COUNTS,
    reasoning=COUNTS,
    dollars=st.integers(min_value=0, max_value=10**6).map(lambda cents: cents / 64),
    priced=st.booleans(),
)


def test_every_field_is_added():
    first = Usage(input=1, cached=2, written=3, output=4, reasoning=5, dollars=0.25, priced=True)
    second = Usage(input=10, cached=20, written=30, output=40, reasoning=50, dollars=0.5)

    assert first.plus(second) == Usage(
        input=11, cached=22, written=33, output=44, reasoning=55, dollars=0.75, priced=True
    )


def test_tokens_are_what_went_in_and_what_came_out():
    usage = Usage(input=100, cached=80, written=20, output=7, reasoning=5)

    assert usage.tokens == 107, "cached and reasoning tokens are parts of these, not more of them"


@given(USAGES)
def test_nothing_added_changes_nothing(usage: Usage):
    assert usage.plus(Usage()) == Usage().plus(usage) == usage


@given(USAGES, USAGES, USAGES)
def test_the_order_of_requests_does_not_matter(one: Usage, two: Usage, three: Usage):
    assert one.plus(two).plus(three) == three.plus(one.plus(two))


@pytest.mark.parametrize(("one", "two"), [(False, False), (True, False), (False, True)])
def test_a_sum_is_priced_when_any_part_is(one: bool, two: bool):
    assert Usage(priced=one).plus(Usage(priced=two)).priced is (one or two)
