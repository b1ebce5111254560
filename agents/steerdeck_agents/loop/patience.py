"""How long the loop waits for a model before it says so, gives up, or asks again."""

import msgspec


class Patience(msgspec.Struct, frozen=True):
    """The times of the loop, in seconds; tests bring shorter ones."""

    attempts: int = 10
    """Times a request is sent, not counting those a limit or the network ended."""
    first_s: float = 0.5
    longest_s: float = 30.0
    network_first_s: float = 5.0
    network_longest_s: float = 60.0
    said_s: float = 20.0
    """Silence of a stream that is said."""
    ended_s: float = 120.0
    """Silence that ends a stream in which events come that say nothing; without any event the
    model ends it sooner. Doubled by each failure before: some models think long without a word."""
    line_s: float = 0.3
    """A wait in line that is said."""
    line_again_s: float = 5.0
    """How often a changed place in line is said."""
