"""notify: the app that tells people what became of their visit."""
