"""What is done with the work of a session, on the developer's order: landing and undo."""
