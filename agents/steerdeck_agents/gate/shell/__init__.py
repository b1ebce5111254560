"""What a shell command would do, read from its text: parse, judge, outline, and mark danger."""
