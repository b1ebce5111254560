"""The background process that owns sessions, and the client that speaks to it."""
