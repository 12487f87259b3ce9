"""The registry of a service's event handlers.

Owns which handler is for which event type, and so which topics a service reads. The one thing to
know: a handler must be harmless when called twice, and with an older version after a newer one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.contracts.base import EventType
from shared.contracts.codec import Event

Handler = Callable[[Event, Any], None]


class Handlers:
    """`@handlers.handles(OPENED, CHANGED)` on `def fn(event, deps) -> None`; one handler per
    type."""

    def __init__(self) -> None:
        self._by_type: dict[str, tuple[EventType, Handler]] = {}

    def handles(self, *event_types: EventType) -> Callable[[Handler], Handler]:
        """Raises ValueError for a type that has a handler already, or for none at all."""
        if not event_types:
            raise ValueError("name at least one event type")

        def register(handler: Handler) -> Handler:
            for event_type in event_types:
                if event_type.ce_type in self._by_type:
                    raise ValueError(f"{event_type.ce_type} has a handler already")
                self._by_type[event_type.ce_type] = event_type, handler
            return handler

        return register

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of all handled types, sorted."""
        return tuple(sorted({event_type.topic for event_type, _ in self._by_type.values()}))

    def dispatch(self, event: Event, deps: Any) -> bool:
        """Calls the handler; False where there is none. Raises what the handler raises."""
        found = self._by_type.get(event.type.ce_type)
        if found is None:
            return False
        found[1](event, deps)
        return True
