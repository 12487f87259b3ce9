"""What is owed to whom, and when: rules without I/O, on whole milliseconds and plain values."""
