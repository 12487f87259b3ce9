"""What can go wrong, named for what to do next.

Owns the refusals of the HTTP contract (code, status, English message) and the exceptions that cross
packages. Leaves wording in other languages to `shared.i18n` and bodies to `shared.web`. The one thing
to know: a `Refusal` is an expected outcome that changed nothing; a `Retryable` is a dependency that is
down, so that the same call may succeed later; anything else is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

REFUSALS: Mapping[str, tuple[int, str]] = {
    "malformed_json": (400, "The body is not valid JSON."),
    "invalid_encoding": (400, "The body is not valid UTF-8."),
    "unauthorised": (401, "A valid token is needed for this."),
    "forbidden": (403, "This token may not do this."),
    "not_found": (404, "There is nothing here by this name."),
    "method_not_allowed": (405, "This method is not possible here."),
    "slot_full": (409, "This time is no longer free."),
    "already_booked": (409, "This person already has an active booking for this service."),
    "too_many_bookings": (409, "A new booking is possible only some days after the last one."),
    "centre_not_open": (409, "The centre does not take bookings for this day."),
    "wrong_state": (409, "This step is not possible now."),
    "centre_exists": (409, "A centre with this id exists already."),
    "already_renewed": (409, "This hold has been renewed once already."),
    "hold_expired": (410, "The time is no longer held. Please choose again."),
    "version_conflict": (412, "It was changed by somebody else meanwhile. Read it again first."),
    "body_too_large": (413, "The body is too large."),
    "unsupported_media_type": (415, "This media type is not understood here."),
    "validation_failed": (422, "Some fields are not right."),
    "idempotency_key_malformed": (
        422,
        "The Idempotency-Key must be 16 to 128 visible ASCII characters.",
    ),
    "idempotency_key_reused": (422, "This Idempotency-Key was used for another request."),
    "unknown_centre": (422, "There is no such centre."),
    "unknown_service": (422, "There is no such service."),
    "service_not_offered": (422, "The centre does not offer this service on this day."),
    "off_grid": (422, "Visits for this service do not start at this time."),
    "in_past": (422, "This time is over."),
    "too_soon": (422, "This time is too soon to be booked."),
    "beyond_horizon": (422, "This day is not open for booking yet."),
    "outside_hours": (422, "The centre is closed at this time."),
    "range_too_long": (422, "The range of days is too long: at most 31."),
    "if_match_required": (428, "Say which version you change: send If-Match."),
    "too_many_requests": (429, "Too many requests. Please wait a little."),
    "unavailable": (503, "The service is not available right now. Please try again shortly."),
    "busy": (503, "Too much is changing here at once. Please try again shortly."),
}


class KezekError(Exception):
    """Root of the project's own exceptions."""


class Message(str):
    """An English text with values in its `{named}` places; `template` is what is translated."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, str]

    def __new__(cls, template: str, **values: str) -> Message:
        message = super().__new__(cls, template.format(**values) if values else template)
        message.template = template
        message.values = values
        return message


class Refusal(KezekError):
    """An expected "no": nothing was changed; answered to the caller with its code.

    `errors` maps a dotted field path to English messages; `extras` join the body (`allowed_from`,
    `possible`, `next_free`, `rows`); `retry_after_s` becomes the Retry-After header.
    """

    def __init__(
        self,
        code: str,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        retry_after_s: int | None = None,
        **extras: Any,
    ) -> None:
        self.code = code
        self.status, self.message = REFUSALS[code]
        self.errors = errors
        self.extras = extras
        self.retry_after_s = retry_after_s if retry_after_s or self.status not in (429, 503) else 1
        super().__init__(code)


class Retryable(KezekError):
    """A dependency is down: the same call may succeed later; nothing half-done was left behind."""


class StoreUnavailable(Retryable):
    """The store did not answer, or refuses writes. Whether the last write happened is unknown:
    repeat it with the same idempotency key or version."""


class ConfigurationError(KezekError):
    """A setting is missing or wrong: fix the environment; starting again as it is cannot help."""
