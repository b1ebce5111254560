"""One aspect of one session each: they take values and post messages."""
