"""Who runs the turns of a session, behind one Protocol."""
