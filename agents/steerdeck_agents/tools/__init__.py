"""What a model may call: one file a tool, and its text for the model (.md) beside it."""
