"""What a developer's key does to sessions: one file a kind of act, each act one order or page."""
