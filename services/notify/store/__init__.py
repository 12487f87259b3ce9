"""notify's store: bookings as last heard of, messages, their queues and indexes.

Owns every key below `{notify}`. The one thing to know: each change is one script of `lua/`, run by
the method of the same name; the parts are by who asks: handlers, the sender, the API.
"""

from __future__ import annotations

from services.notify.store.book import Book
from services.notify.store.forgetting import Forgetting
from services.notify.store.incoming import Incoming
from services.notify.store.keys import PREFIX
from services.notify.store.outgoing import Outgoing

__all__ = ["PREFIX", "Book", "Forgetting", "Incoming", "Outgoing"]
