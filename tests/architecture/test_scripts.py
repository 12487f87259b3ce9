"""Lua scripts: every check and every conversion comes before the first write.

A script that fails halfway does not roll back, so after its first write it may neither refuse nor
convert what nobody checked. Read line by line, which the house's one-statement lines allow. A branch
that writes and returns is an outcome of its own: only what it converts in between counts.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from shared.store.scripts import source
from tests.servers import ROOT

SCRIPTS = sorted(
    path
    for pattern in ("services/*/lua/*.lua", "shared/*/lua/*.lua")
    for path in ROOT.glob(pattern)
    if path.read_text("utf-8").startswith("#!lua")
)
WRITES = [
    "SET",
    "SETEX",
    "PSETEX",
    "SETNX",
    "GETSET",
    "GETDEL",
    "APPEND",
    "SETRANGE",
    "INCR",
    "INCRBY",
    "DECR",
    "DECRBY",
    "DEL",
    "UNLINK",
    "RENAME",
    "EXPIRE",
    "PEXPIRE",
    "PERSIST",
    "HSET",
    "HSETNX",
    "HMSET",
    "HINCRBY",
    "HINCRBYFLOAT",
    "HDEL",
    "SADD",
    "SREM",
    "SPOP",
    "ZADD",
    "ZREM",
    "ZINCRBY",
    "ZREMRANGEBYSCORE",
    "ZREMRANGEBYRANK",
    "ZPOPMIN",
    "LPUSH",
    "RPUSH",
    "LPOP",
    "RPOP",
    "LREM",
    "LTRIM",
    "XADD",
    "XDEL",
    "XTRIM",
    "COPY",
    "RESTORE",
    "FLUSHDB",
]
_WRITE = re.compile(rf"redis\.p?call\(\s*'({'|'.join(WRITES)})'")
_FUNCTION = re.compile(r"^local function (\w+)\(.*?^end$", re.MULTILINE | re.DOTALL)
_REFUSES = re.compile(r"\breturn\s*\{\s*'(?!ok')|\berror\(|\bassert\(|\bclock\(")
"""`clock` refuses while the store is being restored."""
_CONVERTS = re.compile(r"\b(tonumber|cjson\.decode|cmsgpack\.unpack)\(")


def without_comments(text: str) -> str:
    return re.sub(r"--.*", "", text)


def writers(text: str) -> set[str]:
    """Functions of the script that write, themselves or through one another."""
    bodies = {m[1]: m[0] for m in _FUNCTION.finditer(text)}
    found = {name for name, body in bodies.items() if _WRITE.search(body)}
    while True:
        more = {
            name
            for name, body in bodies.items()
            if name not in found and any(f"{other}(" in body.split("\n", 1)[1] for other in found)
        }
        if not more:
            return found
        found |= more


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def branch(lines: list[str], index: int) -> list[str]:
    """The lines from `index` to the end of the block that it is indented in."""
    here = indent(lines[index])
    block = []
    for line in lines[index:]:
        if line.strip() and indent(line) < here:
            break
        block.append(line)
    return block


def offending(body: str, writing: set[str]) -> list[str]:
    """Lines that refuse or convert below one that writes."""
    calls = re.compile(rf"\b({'|'.join(sorted(writing))})\(") if writing else None
    lines = body.splitlines()
    index = 0
    while index < len(lines):
        if _WRITE.search(lines[index]) or (calls and calls.search(lines[index])):
            block = branch(lines, index)
            ends = indent(lines[index]) > 0 and block[-1].lstrip().startswith("return")
            if not ends:
                late = lines[index + 1 :]
                return [x for x in late if _REFUSES.search(x) or _CONVERTS.search(x)]
            if any(_CONVERTS.search(x) for x in block[1:]):
                return block[1:]
            index += len(block)
        else:
            index += 1
    return []


def offences(text: str) -> list[str]:
    text = without_comments(text)
    writing = writers(text)
    parts = [_FUNCTION.sub("", text)]
    bodies = ["\n".join(m[0].splitlines()[1:-1]) for m in _FUNCTION.finditer(text)]
    parts += [textwrap.dedent(body) for body in bodies]
    return [line.strip() for part in parts for line in offending(part, writing)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: str(Path(p).relative_to(ROOT)))
def test_nothing_is_refused_or_converted_after_the_first_write(path: Path) -> None:
    assert offences(source(path.parent, path.stem)) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: str(Path(p).relative_to(ROOT)))
def test_every_script_says_what_it_takes_and_returns(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "-- KEYS:" in text
    assert "-- Returns:" in text
    assert "-- @include" not in source(path.parent, path.stem), "an include was not found"


@pytest.mark.parametrize(
    "bad",
    [
        "redis.call('SET', KEYS[1], 1)\nif x then return {'slot_full'} end\nreturn {'ok'}",
        "redis.call('DEL', KEYS[1])\nlocal n = tonumber(ARGV[1])\nreturn {'ok'}",
        "local function put(k)\n  redis.call('XADD', k)\nend\nput(1)\nerror('x')",
        "local function a()\n  redis.call('SET', 1)\n  return {'no'}\nend\nreturn {'ok'}",
        "if x then\n  redis.call('DEL', 1)\n  local n = tonumber(ARGV[1])\n  return {'done'}\nend",
        "if x then\n  redis.call('DEL', 1)\nend\nif y then return {'no'} end\nreturn {'ok'}",
    ],
)
def test_the_search_finds_what_it_is_meant_to_find(bad: str) -> None:
    assert offences(bad) != []
