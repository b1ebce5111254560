"""One turn of our own agent: prompt, stream, calls, results."""
