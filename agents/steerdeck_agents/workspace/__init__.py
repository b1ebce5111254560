"""The private clone of a session. The only folder that imports git and watchfiles."""
