"""Asking an app itself, past any gateway."""

from __future__ import annotations

import urllib.request

_WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(port: int, path: str) -> str:
    """The text of the answer; raises OSError where nobody answers, which `eventually` does not
    forgive, so it is an AssertionError here."""
    try:
        with _WITHOUT_PROXY.open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
            return text
    except OSError as error:
        raise AssertionError(str(error)) from error
