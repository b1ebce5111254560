"""Sessions of other machines in one deck: the lines to them, their ids, and one source of all."""
