"""The pages for people: what was sent, and each mail. Reading a mail here marks it as read."""

from datetime import datetime
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from embedded.mailcatcher.mails import Mail, Mails
from embedded.mailcatcher.sms import Inbox

SHOWN = 200
_HERE = Path(__file__).parent / "templates"

# Nothing is loaded from elsewhere and nothing runs, whatever a mail brings along.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
)
MAIL_POLICY = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Pages:
    """Handlers; `routes` lists them."""

    def __init__(self, mails: Mails, inbox: Inbox) -> None:
        self._mails = mails
        self._inbox = inbox
        self._templates = Environment(loader=FileSystemLoader(_HERE), autoescape=True)
        self._templates.filters["clock"] = _clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.everything),
            web.get("/view/{id}", self.view),
            web.get("/view/{id}/html", self.html),
            web.get("/sms/{id}", self.sms),
            web.get("/style.css", self.style),
        ]

    async def everything(self, request: web.Request) -> web.Response:
        mails, sms = self._mails.newest(limit=SHOWN), self._inbox.newest()[:SHOWN]
        return self._page("list.html", mails=mails, sms=sms)

    async def view(self, request: web.Request) -> web.Response:
        mail = self._mail(request)
        mail.read = True
        return self._page("mail.html", mail=mail, whole=mail.whole())

    async def html(self, request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": MAIL_POLICY}
        return web.Response(
            text=self._mail(request).html, content_type="text/html", headers=headers
        )

    async def sms(self, request: web.Request) -> web.Response:
        try:
            return self._page("sms.html", sms=self._inbox[request.match_info["id"]])
        except KeyError:
            raise web.HTTPNotFound from None

    async def style(self, request: web.Request) -> web.Response:
        return web.Response(text=(_HERE / "style.css").read_text(), content_type="text/css")

    def _page(self, template: str, **values: object) -> web.Response:
        text = self._templates.get_template(template).render(values)
        headers = {"Content-Security-Policy": PAGE_POLICY, "X-Content-Type-Options": "nosniff"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    def _mail(self, request: web.Request) -> Mail:
        try:
            return self._mails[request.match_info["id"]]
        except KeyError:
            raise web.HTTPNotFound from None


def _clock(instant: str) -> str:
    """An ISO instant in UTC as people of this machine's zone read it."""
    return datetime.fromisoformat(instant).astimezone().strftime("%d.%m. %H:%M:%S")
