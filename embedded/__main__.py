"""`python -m embedded`: what `make run` ends in. A mistake is one line, not a trace."""

import os
import sys
import traceback

from embedded import settings
from embedded.errors import CannotRun


def main() -> int:
    """The exit code: 0 stopped as asked, 2 not as asked, 1 failed."""
    debug = os.environ.get("KEZEK_DEBUG") == "1"
    try:
        given = settings.read(sys.argv[1:], os.environ)
        # Imported late, so that a mistake in the arguments is told at once.
        from embedded.launch import run

        run(given, _say)
    except CannotRun as error:
        if debug:
            traceback.print_exc()
        print(f"kezek: {error}", file=sys.stderr, flush=True)
        return error.code
    except KeyboardInterrupt:
        return 0
    except Exception as error:
        if debug:
            raise
        print(
            f"kezek: unexpected: {type(error).__name__}: {error}; KEZEK_DEBUG=1 shows more",
            file=sys.stderr,
        )
        return 1
    return 0


def _say(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        # The terminal is gone; what is to be stopped or kept alive still has to be.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the rest of the process


if __name__ == "__main__":
    sys.exit(main())
