"""Every key of the deck as data: one file a place where keys go."""
