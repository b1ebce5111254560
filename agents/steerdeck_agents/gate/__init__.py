"""May this call take effect? Verdicts, rules and what a decision is bound to."""
