"""Which tab of a zoom stands where, and how a place in one is named from elsewhere."""

TOOLS, CHECKS, SHELLS, CONTEXT, EVENTS = 1, 2, 3, 4, 5
DIFF = 1
"""Where the review stands in the row of names; the tabs after it have one place less here."""


def tab_named(place: str) -> int:
    """The tab at a place of the row of names, the first one where there is none."""
    at = int(place) if place.isdigit() else 0
    return at - (at >= DIFF)


def hit_named(place: str) -> tuple[int, str]:
    """The event and the words of a hit, as in `812:rounding`; nothing where there is none."""
    seq, colon, words = place.partition(":")
    return (int(seq), words) if colon and seq.isdigit() else (0, "")
