"""The gateway's own words are those of the apps."""

import re
from pathlib import Path

import pytest

from shared.errors import REFUSALS
from shared.i18n import LANGUAGES, translate

GATEWAY = Path(__file__).parents[2] / "deploy/gateway"
MAP = re.compile(r"map \$language \$(\w+) \{(.*?)\}", re.S)
MESSAGES = dict(MAP.findall((GATEWAY / "messages.conf").read_text("utf-8")))


@pytest.mark.parametrize("code", MESSAGES)
def test_a_message_is_the_apps_own_in_every_language(code: str) -> None:
    texts = dict(re.findall(r'(\w\w) "(.*?)";', MESSAGES[code]))
    assert texts == {language: translate(REFUSALS[code][1], language) for language in LANGUAGES}


def test_every_error_body_has_the_contracts_code_and_status() -> None:
    text = (GATEWAY / "nginx.conf").read_text("utf-8")
    bodies = re.findall(
        r'return (\d+) \'\{"status": (\d+), "error_code": "(\w+)", "message": "\$(\w+)"', text
    )
    assert {code for _, _, code, _ in bodies} == set(MESSAGES)
    for status, told, code, message in bodies:
        assert (int(status), told, message) == (REFUSALS[code][0], status, code)
