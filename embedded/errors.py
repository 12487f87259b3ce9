"""What the launcher says instead of a traceback."""


class CannotRun(Exception):
    """`make run` cannot go on for a reason that its user can mend.

    The message is one clear line: what is wrong and what to do. `code` is the exit code: 2 for
    what was asked (arguments, folder, port, servers given), 1 for what failed while starting.
    """

    def __init__(self, message: str, *, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


class Stopped(Exception):
    """The user asked to stop while something was being waited for: clean up and exit 0."""
