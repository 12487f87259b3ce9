"""What the apps say of themselves on /<app>/health/ready."""

import json
import urllib.error
import urllib.request
from typing import Any

import redis

APPS = ("centres", "booking", "notify")
# Short: while an app is asked, nobody looks after the others.
TIMEOUT_S = 0.5


class Apps:
    """The apps behind one origin. Whatever does not answer properly counts as not ready yet."""

    def __init__(self, url: str) -> None:
        self._url = url
        # No proxy of the environment stands between this machine and itself.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def centres_known_to(self, app: str) -> int | None:
        """How many centres the app knows; None where it does not say."""
        return _centres(self._ready(app)[1])

    def all_ready(self) -> bool:
        """Every app serves, and booking has learned of every centre."""
        known: dict[str, int | None] = {}
        for app in APPS:
            status, answer = self._ready(app)
            if status != 200:
                return False
            known[app] = _centres(answer)
        there, learned = known["centres"], known["booking"]
        return there is not None and learned is not None and learned >= there

    def _ready(self, app: str) -> tuple[int, Any]:
        try:
            with self._opener.open(f"{self._url}/{app}/health/ready", timeout=TIMEOUT_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, None
        except (OSError, ValueError):
            return 0, None


def _centres(answer: Any) -> int | None:
    try:
        return int(answer["checks"]["network"]["centres"])
    except (KeyError, TypeError, ValueError):
        return None


def answers_ping(store_url: str) -> bool:
    """Whether the Valkey has its data in memory and takes commands."""
    try:
        with redis.Redis.from_url(store_url, socket_timeout=TIMEOUT_S) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
