"""Is this machine fit for Steerdeck? Each finding is a sentence with the way out."""
