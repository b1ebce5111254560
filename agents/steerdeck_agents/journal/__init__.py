"""The SQLite database: one writer, many readers, the only truth."""
