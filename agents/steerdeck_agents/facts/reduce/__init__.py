"""The fold: `session.reduce(state, event)` and one file for each aspect of a state."""
