"""What notify does, one function or class each; their arguments are the I/O they need."""
