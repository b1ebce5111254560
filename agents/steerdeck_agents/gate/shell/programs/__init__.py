"""What each program may be given without being asked for: options with arity, and operands."""
