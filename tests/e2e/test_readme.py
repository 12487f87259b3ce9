"""The walk-through of README.md, pasted into a shell: it prints what the README says it prints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.system import System
from tests.servers import ROOT

README = (ROOT / "README.md").read_text("utf-8")
WALK = README[README.index("## A walk-through") : README.index("## How an event flows")]
STEPS = re.findall(r"^```sh\n(.*?)^```\n(?:^```text\n(.*?)^```\n)?", WALK, re.DOTALL | re.MULTILINE)
VARIABLE = re.compile(r"KEZEK_[A-Z_]+[A-Z]")
SETTING = re.compile(
    r"(?:required|text|integer|switch|get|value|_time|_seconds)\((?:env, )?\"(KEZEK_[A-Z_]+)\""
)


def test_the_walk_through_prints_what_it_says(embedded_system: System, tmp_path: Path) -> None:
    """Each block in the shell of those before it, in a folder with `var/`, by `curl` alone."""
    assert len(STEPS) >= 7
    (tmp_path / "var").symlink_to(embedded_system.var)
    script = "".join(f"{commands}\necho '== {n}'\n" for n, (commands, _) in enumerate(STEPS))
    done = subprocess.run(
        ["sh"], input=script, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    printed = re.split(r"^== \d+\n", done.stdout, flags=re.MULTILINE)
    for (commands, promised), said in zip(STEPS, printed, strict=False):
        assert said == promised, f"{commands}\n{done.stderr}"
    assert done.stderr == ""


def test_the_walk_through_needs_curl_and_a_posix_shell_only() -> None:
    for commands, _ in STEPS:
        for tool in ("jq", "python", "bash", "[[", "date "):
            assert tool not in commands


def test_every_setting_is_told_and_nothing_else_is() -> None:
    used = {
        name
        for folder in ("shared", "services", "embedded")
        for path in (ROOT / folder).rglob("*.py")
        for name in SETTING.findall(path.read_text("utf-8"))
    }
    table = README[README.index("## Settings") : README.index("## Recipes")]
    assert used == set(VARIABLE.findall(table))


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http|#)([^)]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
