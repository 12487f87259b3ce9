"""What the containers are: who they run as, what they may, what they write, what they are told."""

from __future__ import annotations

import re
from typing import Any

from deploy.check.engine import PROJECT, Failed, Stack, run

SERVICE_LABEL = "com.docker.compose.service"
PUBLISHED = {"gateway", "mail"}
# Who is told which secret; every store's password is known to the store and its app alone.
KNOWN_TO = {
    "KEZEK_OPS_TOKEN": {"centres", "booking", "notify", "load"},
    "KEZEK_TOKEN_KEY": {"centres", "booking", "notify", "load"},
    "KEZEK_IIN_KEY": {"booking"},
    "KEZEK_CONTACT_KEYS": {"booking", "notify"},
    "KEZEK_CENTRES_STORE_PASSWORD": {"centres", "load"},
    "KEZEK_BOOKING_STORE_PASSWORD": {"booking"},
    "KEZEK_NOTIFY_STORE_PASSWORD": {"notify"},
}


def service_of(facts: dict[str, Any]) -> str:
    name: str = facts["Config"]["Labels"][SERVICE_LABEL]
    return name


def hardened(stack: Stack) -> str:
    """Nobody is root, none may become it, every root file system is read-only, memory is limited."""
    found = stack.inspect(*stack.ids())
    wrong = [f"{service_of(facts)}: {word}" for facts in found for word in _soft_spots(facts)]
    if wrong:
        raise Failed("; ".join(wrong))
    return f"{len(found)} containers"


def _soft_spots(facts: dict[str, Any]) -> list[str]:
    host = facts["HostConfig"]
    checks = {
        "its root file system can be written": not host["ReadonlyRootfs"],
        "it keeps capabilities": host["CapDrop"] != ["ALL"] or bool(host["CapAdd"]),
        "it may gain privileges": not any(
            "no-new-privileges" in o for o in host["SecurityOpt"] or ()
        ),
        "its memory is not limited": not host["Memory"],
        "it is not restarted": host["RestartPolicy"]["Name"] == "no",
        "it has no health check": not (facts["Config"].get("Healthcheck") or {}).get("Test"),
        "a process is root": "0" in _users(facts["Id"]),
    }
    return [word for word, true in checks.items() if true]


def _users(container: str) -> set[str]:
    """The user ids of a container's processes."""
    return set(run(["docker", "top", container, "-eo", "uid,pid"]).split()[2::2])


def published(stack: Stack) -> str:
    """Only the gateway and the mail catcher can be reached from outside, on loopback."""
    for facts in stack.inspect(*stack.ids()):
        bindings = facts["HostConfig"]["PortBindings"] or {}
        addresses = {b["HostIp"] for each in bindings.values() for b in each or ()}
        if addresses - {"127.0.0.1"}:
            raise Failed(f"{service_of(facts)} is published on {addresses}")
        if bool(addresses) != (service_of(facts) in PUBLISHED):
            raise Failed(f"{service_of(facts)}: published ports: {sorted(bindings)}")
    return " and ".join(sorted(PUBLISHED))


def told_only_what_they_need(stack: Stack) -> str:
    """No secret is in the environment of a container that has no use for it, or in a command."""
    for facts in stack.inspect(*stack.ids(stopped=True)):
        service = service_of(facts)
        environment = "\n".join(facts["Config"]["Env"] or ())
        command = " ".join([*(facts["Config"]["Cmd"] or ()), *facts["Args"]])
        for name, value in stack.secrets.items():
            if value in command:
                raise Failed(f"{service}: {name} is in its command line")
            if value in environment and service.split("-")[0] not in KNOWN_TO[name]:
                raise Failed(f"{service} is told {name}")
    return f"{len(stack.secrets)} secrets"


def unwritten(stack: Stack) -> str:
    """Nothing was written but to volumes and to memory."""
    for facts in stack.inspect(*stack.ids()):
        mounts = [m["Destination"] for m in facts["Mounts"]] + list(
            facts["HostConfig"]["Tmpfs"] or {}
        )
        lines = run(["docker", "diff", facts["Id"]]).splitlines()
        # The engine itself makes the places where it mounts something.
        written = [path for path in (line[2:] for line in lines) if not _is_place(path, mounts)]
        if written:
            raise Failed(f"{service_of(facts)} wrote {', '.join(written[:5])}")
    return "docker diff shows nothing"


def _is_place(path: str, mounts: list[str]) -> bool:
    return any(f"{mount}/".startswith(f"{path}/") for mount in mounts)


def ended_well(stack: Stack) -> str:
    """After a stop: ours ended by themselves, in time, and nobody was killed for his memory."""
    for facts in stack.inspect(*stack.ids(stopped=True)):
        service, state = service_of(facts), facts["State"]
        ours = facts["Config"]["Image"].startswith("kezek:")
        if state["OOMKilled"] or (ours and state["ExitCode"] != 0) or state["ExitCode"] == 137:
            raise Failed(f"{service} ended with {state['ExitCode']}")
    return "exit codes are 0"


def memory(stack: Stack) -> str:
    """What the whole stack takes, and the largest."""
    lines = run(
        ["docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *stack.ids()]
    ).splitlines()
    used = {line.split()[0]: _mib(line.split()[1]) for line in lines}
    largest = sorted(used.items(), key=lambda item: -item[1])[:3]
    names = ", ".join(f"{name[len(PROJECT) + 1 :]} {mib:.0f}" for name, mib in largest)
    return f"{sum(used.values()):.0f} MiB in {len(used)} containers (largest: {names})"


def _mib(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"B": 2**-20, "KiB": 2**-10, "MiB": 1, "GiB": 2**10}[unit]
