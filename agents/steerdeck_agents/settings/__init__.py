"""Where files live and what the developer configured. Knows nothing of the journal."""
