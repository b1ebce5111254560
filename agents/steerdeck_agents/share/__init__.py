"""The journal on its way out: exports and labelled text."""
