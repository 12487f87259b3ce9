"""From messages to words: plain texts (Jinja2), dates (babel), calendar objects (icalendar)."""

from __future__ import annotations

from services.notify.rendering.writer import Writer

__all__ = ["Writer"]
