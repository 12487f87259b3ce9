"""What ops and the public can do with the network; one module per kind of command."""
