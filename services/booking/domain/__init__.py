"""The rules of booking: pure, standard library only."""
