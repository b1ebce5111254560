"""Between Textual and the terminal: the safe driver, the signals, the last sanitiser."""
