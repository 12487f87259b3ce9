"""What booking does: one plain function per command or question, its dependencies as arguments."""
