"""The warm start: a small process kept beside the runtime has loaded the deck and forks into it."""
