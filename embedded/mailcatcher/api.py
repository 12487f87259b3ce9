"""The HTTP interface for scripts: Mailpit's paths, and the SMS provider's."""

import json
from typing import Any

from aiohttp import web

from embedded.mailcatcher.mails import Mail, Mails, content_of
from embedded.mailcatcher.sms import Inbox, NotAnSms

DEFAULT_LIMIT = 50


class Api:
    """Handlers; `routes` lists them."""

    def __init__(self, mails: Mails, inbox: Inbox) -> None:
        self._mails = mails
        self._inbox = inbox

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/readyz", self.ready),
            web.get("/livez", self.ready),
            web.get("/api/v1/messages", self.messages),
            web.delete("/api/v1/messages", self.delete),
            web.get("/api/v1/message/{id}", self.message),
            web.get("/api/v1/message/{id}/raw", self.raw),
            web.get("/api/v1/message/{id}/part/{part}", self.part),
            web.get("/api/v1/sms", self.sms),
            web.delete("/api/v1/sms", self.delete_sms),
            web.post("/sms", self.take_sms),
        ]

    async def ready(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def messages(self, request: web.Request) -> web.Response:
        start = _number(request.query.get("start"), 0)
        limit = _number(request.query.get("limit"), DEFAULT_LIMIT)
        return web.json_response(self._mails.page(start, limit))

    async def delete(self, request: web.Request) -> web.Response:
        """All, or those of `{"IDs": [...]}`."""
        body = await _json(request) if request.can_read_body else None
        items = body.get("IDs") if isinstance(body, dict) else None
        self._mails.remove([str(item) for item in items] if items else None)
        return web.Response(text="ok")

    async def message(self, request: web.Request) -> web.Response:
        mail = self._mail(request)
        mail.read = True
        return web.json_response(mail.whole())

    async def raw(self, request: web.Request) -> web.Response:
        return web.Response(body=self._mail(request).raw, content_type="message/rfc822")

    async def part(self, request: web.Request) -> web.Response:
        """An attachment, always to be saved: what a stranger sent is not shown as a page."""
        part = self._mail(request).parts().get(request.match_info["part"])
        if part is None:
            raise web.HTTPNotFound
        headers = {
            "Content-Type": part.get_content_type(),
            "Content-Disposition": "attachment",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=content_of(part), headers=headers)

    async def sms(self, request: web.Request) -> web.Response:
        newest = self._inbox.newest()
        return web.json_response({"total": len(newest), "messages": newest})

    async def delete_sms(self, request: web.Request) -> web.Response:
        self._inbox.clear()
        return web.Response(text="ok")

    async def take_sms(self, request: web.Request) -> web.Response:
        """202 for a new one; 200, with the same id, for one that is there already."""
        key = request.headers.get("Idempotency-Key", "")
        try:
            item, new = self._inbox.add(await _json(request), key)
        except NotAnSms as error:
            return problem(422, str(error))
        return web.json_response({"id": item}, status=202 if new else 200)

    def _mail(self, request: web.Request) -> Mail:
        try:
            return self._mails[request.match_info["id"]]
        except KeyError:
            raise web.HTTPNotFound from None


@web.middleware
async def problems_as_json(request: web.Request, handler: Any) -> web.StreamResponse:
    """Refusals of the framework are JSON as well."""
    try:
        answer: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return problem(error.status, error.reason)
    return answer


def problem(status: int, message: str) -> web.Response:
    return web.json_response({"status": status, "error": message}, status=status)


def _number(text: str | None, default: int) -> int:
    if text and text.isascii() and text.isdigit():
        return min(int(text), 1_000_000)
    return default


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise web.HTTPBadRequest(reason="the body is not JSON") from error
