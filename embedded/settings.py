"""What `make run` was asked for, read once from the arguments and the environment."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from embedded.errors import CannotRun

ROOT = Path(__file__).resolve().parent.parent

STORE_SCHEMES = ("redis", "rediss", "unix")
BUS_SCHEMES = ("kafka", *STORE_SCHEMES)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One run of everything.

    `store_url` and `bus_url` are those that were given; None stands for the embedded Valkey.
    `environ` is what the apps inherit.
    """

    port: int
    var: Path
    store_url: str | None
    bus_url: str | None
    environ: Mapping[str, str]

    def value(self, name: str, default: str) -> str:
        """An environment variable, where an empty one counts as not given."""
        return self.environ.get(name) or default


def read(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """The settings of this run; raises CannotRun with one line for each mistake."""
    parser = _Parser(prog="python -m embedded", description="Everything of Kezek on one machine.")
    parser.add_argument("--port", default="8080", help="where the gateway listens, on loopback")
    parser.add_argument("--var", default="var", help="the folder of data, logs and secrets")
    parser.add_argument("--store", default="", help="a Valkey or Redis to use: redis://host:port")
    parser.add_argument("--bus", default="", help="a broker to use: kafka://host:port")
    given = parser.parse_args(arguments)
    return Settings(
        port=_port(given.port),
        var=Path(given.var or "var").expanduser().absolute(),
        store_url=_url("STORE", given.store, STORE_SCHEMES),
        bus_url=_url("BUS", given.bus, BUS_SCHEMES),
        environ=dict(environ),
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise CannotRun(f"PORT={text} is not a port: give a number from 1 to 65535")
    return int(text)


def _url(name: str, text: str, schemes: Sequence[str]) -> str | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
        well_formed = bool(parts.path if parts.scheme == "unix" else parts.netloc)
    except ValueError:
        parts, well_formed = urlsplit(""), False
    if parts.scheme not in schemes or not well_formed:
        known = ", ".join(f"{scheme}://" for scheme in schemes)
        raise CannotRun(f"{name} is not an address of one of the kinds {known}")
    return text


class _Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are one line, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        raise CannotRun(f"{message}; see python -m embedded --help")
