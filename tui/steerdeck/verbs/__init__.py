"""What `steerdeck VERB` does: one small file a group of verbs, over the same wire as the deck."""
