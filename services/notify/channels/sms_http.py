"""SMS over a generic HTTP provider, and what stands in where none is configured.

The call: `POST <url>` with JSON `{"to": "+7701...", "text": "...", "id": "<message id>"}`, the id
again as `Idempotency-Key`, and `Authorization: Bearer <token>` where one is set. 2xx: accepted.
408, 429 and 5xx: try again later. Other 4xx: never.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from services.notify.ports import PermanentFailure, ProviderDown, TemporaryFailure
from shared.errors import ConfigurationError

TIMEOUT_S = 10.0
_AGAIN = (408, 425, 429)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A POST that is redirected would arrive as a GET, and look as if it had been accepted."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class HttpSmsProvider:
    """`services.notify.ports.SmsProvider` over the call above."""

    def __init__(self, url: str, token: str = "", *, timeout_s: float = TIMEOUT_S) -> None:
        """Raises `ConfigurationError` for anything but an http(s) URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError("KEZEK_SMS_URL must be http:// or https:// with a host")
        self._url = url
        self._token = token
        self._timeout_s = timeout_s
        self._opener = urllib.request.build_opener(_NoRedirects)

    def send(self, to: str, text: str, idempotency_key: str) -> None:
        body = json.dumps({"to": to, "text": text, "id": idempotency_key}, ensure_ascii=False)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": idempotency_key,
        }
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self._url, body.encode(), headers, method="POST")  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                answer.read(1)
        except urllib.error.HTTPError as error:
            with error:
                reason = f"{error.code} {_text(error)}".strip()
            if 400 <= error.code < 500 and error.code not in _AGAIN:
                if error.code in (401, 403):
                    # It is our token that it does not like, not the message.
                    raise ProviderDown(reason) from None
                raise PermanentFailure(reason) from None
            raise TemporaryFailure(reason) from None
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            raise ProviderDown(f"cannot reach the provider: {type(error).__name__}") from None

    def rest(self) -> None:
        """Nothing is held open."""


class NoSmsProvider:
    """Where KEZEK_SMS_URL is not set. Failing is better than waiting: ops see at once, in each
    message, why it was not sent, and can send it again when there is a provider."""

    def send(self, to: str, text: str, idempotency_key: str) -> None:
        raise PermanentFailure("no SMS provider is configured (KEZEK_SMS_URL)")

    def rest(self) -> None:
        """Nothing is held open."""


def _text(error: urllib.error.HTTPError) -> str:
    try:
        return error.read(300).decode("utf-8", "replace")
    except (http.client.HTTPException, OSError):
        return ""
