"""`python -m shared.bus.kafka_users add|renew|remove NAME`, or `list`: the centres' own systems.

Owns who may read from outside, and what: one user per system, SCRAM-SHA-512, who reads the topics
below whole and can do nothing else. The one thing to know: the broker asks for rights by the name of
a user alone, and everybody who comes without one, from inside, is `ANONYMOUS` and may do all. So
names are such that nobody can be made who is called that.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError, SecurityDisabledError, for_code

from shared.bus.kafka_settings import CONNECT_TIMEOUT_MS, REQUEST_TIMEOUT_MS, servers
from shared.config import Environment
from shared.errors import ConfigurationError, KezekError

TOPICS = ("bookings", "centres")
"""What systems of centres may read. `notifications` says who is told what, and is nobody else's."""

NAME = re.compile(r"[a-z][a-z0-9-]{1,62}")
ITERATIONS = 8192
MECHANISM = ScramMechanism.SCRAM_SHA_512


class Refused(KezekError):
    """The broker, or this command, does not do it; the text says why."""


class Users:
    """The users of one cluster. Raises `Refused` for what cannot be done, `KafkaError`."""

    def __init__(self, admin: Any) -> None:
        self._admin = admin

    def add(self, name: str) -> str:
        """The new user's password: kept nowhere, so it is told this once."""
        if name in self.names():
            raise Refused(f"{name} is there already; `renew` gives a new password")
        return self._give(name)

    def renew(self, name: str) -> str:
        """A new password, and the rights as they are now; the old password is void."""
        self._known(name)
        return self._give(name)

    def remove(self, name: str) -> None:
        """The rights go first: they end at once, also for those who are connected."""
        self._known(name)
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        filters = [
            ACLFilter(_principal(name), None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
        ]
        for _, _, error in self._admin.delete_acls(filters):
            _check(error)
        self._alter(UserScramCredentialDeletion(name, MECHANISM))

    def names(self) -> list[str]:
        return sorted(
            name
            for name, told in self._admin.describe_user_scram_credentials().items()
            if any(info["mechanism"] == MECHANISM for info in told["credential_infos"])
        )

    def _known(self, name: str) -> None:
        if name not in self.names():
            raise Refused(f"there is no user {name}")

    def _give(self, name: str) -> str:
        password = secrets.token_urlsafe(32)
        # Without an authorizer this fails, before there is a user who could then do everything.
        for error in self._admin.create_acls(rights(name))["failed"]:
            _check(error)
        self._alter(UserScramCredentialUpsertion(name, MECHANISM, password, ITERATIONS))
        return password

    def _alter(self, change: Any) -> None:
        for problem in self._admin.alter_user_scram_credentials([change]).values():
            if problem is not None:
                raise Refused(f"the broker says: {problem}")


def rights(name: str) -> list[Any]:
    """Reading the topics, and consumer groups called as the user, or beginning so, with a dot."""
    resources = [ResourcePattern(ResourceType.TOPIC, topic) for topic in TOPICS]
    resources += [
        ResourcePattern(ResourceType.GROUP, name),
        ResourcePattern(ResourceType.GROUP, f"{name}.", ACLResourcePatternType.PREFIXED),
    ]
    who = _principal(name)
    return [ACL(who, "*", ACLOperation.READ, ACLPermissionType.ALLOW, each) for each in resources]


def _principal(name: str) -> str:
    return f"User:{name}"


def _check(error: Any) -> None:
    """kafka-python gives errors of these requests back as classes."""
    if error is not for_code(0):
        raise error


@contextmanager
def connected(url: str) -> Iterator[Users]:
    """The users of the cluster behind a bus URL. Raises `ConfigurationError`, `KafkaError`."""
    if not url.startswith("kafka://"):
        raise ConfigurationError("KEZEK_BUS_URL is not kafka://...: only Kafka has users")
    admin = KafkaAdminClient(
        bootstrap_servers=servers(url),
        client_id="kezek-users",
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        bootstrap_timeout_ms=CONNECT_TIMEOUT_MS,
    )
    with closing(admin):
        yield Users(admin)


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 done, 1 with one line that says why not, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="python -m shared.bus.kafka_users")
    parser.add_argument("step", choices=("add", "renew", "remove", "list"))
    parser.add_argument("name", nargs="?", default="", help="a-z, 0-9 and -, a letter first")
    given = parser.parse_args(arguments)
    if given.step == "list" and given.name:
        parser.error("list takes no name")
    if given.step != "list" and not NAME.fullmatch(given.name):
        parser.error("a name has 2 to 63 of a-z, 0-9 and -, and begins with a letter")
    try:
        with connected(Environment(os.environ).required("KEZEK_BUS_URL")) as users:
            _run(users, given.step, given.name)
    except SecurityDisabledError:
        print(
            "kafka-user: the broker has no rights to give: `make external` first", file=sys.stderr
        )
        return 1
    except (KezekError, KafkaError) as error:
        print(f"kafka-user: {error}", file=sys.stderr)
        return 1
    return 0


def _run(users: Users, step: str, name: str) -> None:
    if step == "list":
        print("\n".join(users.names()) or "no users")
    elif step == "remove":
        users.remove(name)
        print(f"{name} is removed, and reads nothing from now on")
    else:
        password = users.add(name) if step == "add" else users.renew(name)
        print(f"user: {name}\npassword: {password}\n(told this once; it is kept nowhere)")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
