"""Short messages, as the generic HTTP provider takes them: `POST {"to", "text", "id"}`."""

import json
from datetime import UTC, datetime
from typing import Any

from embedded.mailcatcher.box import Box, arrived_at_s

Json = dict[str, Any]


class NotAnSms(Exception):
    """The body is not one that the provider takes."""


class Inbox:
    """All short messages that are kept. One key is kept once, however often it is sent."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._by_key = {sms["key"]: sms["ID"] for sms in self.newest() if sms["key"]}

    def add(self, body: Any, key: str) -> tuple[str, bool]:
        """The id under which it is kept, and whether it is new. Raises NotAnSms.

        `key` is the Idempotency-Key; without one, the sender's own `id` counts.
        """
        if not isinstance(body, dict) or not all(_filled(body.get(k)) for k in ("to", "text")):
            raise NotAnSms('an SMS is {"to": "+7...", "text": "...", "id": "..."}')
        key = key or str(body.get("id") or "")
        known = self._by_key.get(key)
        if known in self._box.ids():
            return str(known), False
        kept = {"key": key, "to": body["to"], "text": body["text"], "id": body.get("id")}
        item = self._box.add(json.dumps(kept, ensure_ascii=False).encode())
        if key:
            self._by_key[key] = item
        return item, True

    def newest(self) -> list[Json]:
        return [self[item] for item in self._box.ids()]

    def __getitem__(self, item: str) -> Json:
        """KeyError for one that is not there."""
        created = datetime.fromtimestamp(arrived_at_s(item), UTC).isoformat(timespec="milliseconds")
        return {"ID": item, "Created": created, **json.loads(self._box.read(item))}

    def clear(self) -> None:
        for item in self._box.ids():
            self._box.remove(item)


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
