"""The mail catcher, over real SMTP and HTTP."""

import json
import signal
import smtplib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from embedded.mailcatcher.box import Box
from embedded.sockets import Sockets, port_of

ROOT = Path(__file__).parents[2]


class Catcher:
    """A running catcher; its sockets are ours, as under the supervisor."""

    def __init__(self, folder: Path, sockets: Sockets) -> None:
        self.folder = folder
        self._smtp, self._http = sockets.listen(), sockets.listen()
        self.url = f"http://127.0.0.1:{port_of(self._http)}"
        self.start()

    def start(self) -> None:
        smtp, http = self._smtp.fileno(), self._http.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "embedded.mailcatcher", "--folder", str(self.folder),
             "--smtp-fd", str(smtp), "--http-fd", str(http)],
            cwd=ROOT,
            pass_fds=(smtp, http),
        )  # fmt: skip

    def send(self, mail: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", port_of(self._smtp), timeout=30) as smtp:
            smtp.send_message(mail)

    def ask(
        self, path: str, method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def get(self, path: str) -> Any:
        return json.loads(self.ask(path)[2])


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with Sockets() as sockets:
        catcher = Catcher(tmp_path, sockets)
        try:
            yield catcher
        finally:
            catcher.process.terminate()
            catcher.process.wait(20)


@pytest.fixture
def invitation() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Kezek <no-reply@kezek.example>"
    mail["To"] = "Әсел Қайратқызы <asel@example.org>"
    mail["Subject"] = "Сіз жазылдыңыз: 24 қараша"
    mail["Message-ID"] = "<abc@kezek.example>"
    mail.set_content("Келіңіз!\n\nhttps://kezek.example/m?x=1&y=<2>\n")
    mail.add_alternative("<p>Келіңіз! <script>alert(1)</script></p>", subtype="html")
    ics = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    mail.add_attachment(ics, maintype="text", subtype="calendar", filename="visit.ics")
    return mail


def test_a_mail_is_listed_as_mailpit_does(catcher: Catcher, invitation: EmailMessage) -> None:
    catcher.send(invitation)
    page = catcher.get("/api/v1/messages")
    assert {k: page[k] for k in ("total", "unread", "count", "messages_count", "start")} == {
        "total": 1, "unread": 1, "count": 1, "messages_count": 1, "start": 0,
    }  # fmt: skip
    (mail,) = page["messages"]
    assert mail["Subject"] == "Сіз жазылдыңыз: 24 қараша"
    assert mail["To"] == [{"Name": "Әсел Қайратқызы", "Address": "asel@example.org"}]
    assert mail["From"] == {"Name": "Kezek", "Address": "no-reply@kezek.example"}
    assert mail["MessageID"] == "abc@kezek.example"
    assert mail["Attachments"] == 1
    assert mail["Snippet"].startswith("Келіңіз!")


def test_one_mail_has_its_text_its_html_and_its_parts(
    catcher: Catcher, invitation: EmailMessage
) -> None:
    catcher.send(invitation)
    mail = catcher.get("/api/v1/message/latest")
    assert "Келіңіз!" in mail["Text"]
    assert "<p>Келіңіз!" in mail["HTML"]
    (part,) = mail["Attachments"]
    assert (part["FileName"], part["ContentType"]) == ("visit.ics", "text/calendar")
    content = catcher.ask(f"/api/v1/message/{mail['ID']}/part/{part['PartID']}")[2]
    assert b"METHOD:REQUEST" in content
    assert catcher.get("/api/v1/messages")["unread"] == 0


def test_the_raw_mail_is_what_was_sent(catcher: Catcher, invitation: EmailMessage) -> None:
    catcher.send(invitation)
    item = catcher.get("/api/v1/messages")["messages"][0]["ID"]
    _, headers, raw = catcher.ask(f"/api/v1/message/{item}/raw")
    assert headers["Content-Type"] == "message/rfc822"
    assert b"Message-ID: <abc@kezek.example>" in raw
    assert b"text/calendar" in raw


def test_the_newest_comes_first_and_pages_follow(catcher: Catcher) -> None:
    for number in range(5):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@x.kz", "b@x.kz", str(number)
        catcher.send(mail)
    page = catcher.get("/api/v1/messages?start=1&limit=2")
    assert [mail["Subject"] for mail in page["messages"]] == ["3", "2"]
    assert (page["total"], page["count"], page["start"]) == (5, 2, 1)


def test_everything_is_found_again_after_a_kill(catcher: Catcher, invitation: EmailMessage) -> None:
    catcher.send(invitation)
    catcher.ask(
        "/sms", "POST", {"to": "+77011234567", "text": "Сәлем"}, **{"Idempotency-Key": "k1"}
    )
    before = catcher.get("/api/v1/messages")["messages"], catcher.get("/api/v1/sms")
    catcher.process.send_signal(signal.SIGKILL)
    catcher.process.wait(20)
    catcher.start()
    assert (catcher.get("/api/v1/messages")["messages"], catcher.get("/api/v1/sms")) == before
    again = {"to": "+77011234567", "text": "Сәлем"}
    assert catcher.ask("/sms", "POST", again, **{"Idempotency-Key": "k1"})[0] == 200
    assert catcher.get("/api/v1/sms")["total"] == 1


def test_all_mails_can_be_deleted(catcher: Catcher, invitation: EmailMessage) -> None:
    catcher.send(invitation)
    assert catcher.ask("/api/v1/messages", "DELETE")[0] == 200
    assert catcher.get("/api/v1/messages")["total"] == 0
    assert not list(catcher.folder.rglob("*.eml"))


def test_an_sms_is_kept_once_per_key(catcher: Catcher) -> None:
    sms = {"to": "+77011234567", "text": "Ертең 09:00", "id": "KZ-1:2:reminder"}
    first = catcher.ask("/sms", "POST", sms, **{"Idempotency-Key": "one"})
    again = catcher.ask("/sms", "POST", sms, **{"Idempotency-Key": "one"})
    other = catcher.ask("/sms", "POST", sms, **{"Idempotency-Key": "two"})
    assert (first[0], again[0], other[0]) == (202, 200, 202)
    assert first[2] == again[2] != other[2]
    kept = catcher.get("/api/v1/sms")["messages"]
    assert [(one["to"], one["text"], one["id"]) for one in kept] == [tuple(sms.values())] * 2


@pytest.mark.parametrize(
    "body", [None, [], {}, {"to": "+7701", "text": " "}, {"to": 1, "text": "x"}]
)
def test_what_is_not_an_sms_is_refused(catcher: Catcher, body: Any) -> None:
    status, headers, _ = catcher.ask("/sms", "POST", body)
    assert status in (400, 422)
    assert headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    "path", ["/x", "/api/v1/message/none", "/api/v1/message/..%2fx/raw", "/view/1", "/sms/1"]
)
def test_what_is_not_there_is_not_found_in_json(catcher: Catcher, path: str) -> None:
    status, headers, body = catcher.ask(path)
    assert (status, json.loads(body)["status"]) == (404, 404)
    assert headers["Content-Type"].startswith("application/json")


def test_pages_escape_what_a_mail_says_and_let_nothing_run(
    catcher: Catcher, invitation: EmailMessage
) -> None:
    del invitation["Subject"]
    invitation["Subject"] = "<script>alert(1)</script>"
    catcher.send(invitation)
    catcher.ask("/sms", "POST", {"to": "+7701", "text": "<b>x</b>"})
    item = catcher.get("/api/v1/messages")["messages"][0]["ID"]
    sms = catcher.get("/api/v1/sms")["messages"][0]["ID"]
    for path in ("/", f"/view/{item}", f"/sms/{sms}"):
        status, headers, body = catcher.ask(path)
        assert status == 200
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert b"<script>" not in body
        assert b"<b>x" not in body
    assert b"https://kezek.example/m?x=1&amp;y=" in catcher.ask(f"/view/{item}")[2]
    _, headers, body = catcher.ask(f"/view/{item}/html")
    assert b"<script>" in body
    assert headers["Content-Security-Policy"].startswith("sandbox")


def test_a_box_keeps_the_newest(tmp_path: Path) -> None:
    box = Box(tmp_path, ".eml", keep=3)
    added = [box.add(str(n).encode()) for n in range(5)]
    assert box.ids() == added[:1:-1]
    assert Box(tmp_path, ".eml", keep=2).ids() == added[:2:-1]
    assert len(list(tmp_path.iterdir())) == 2
    read: Callable[[str], bytes] = box.read
    assert read(added[4]) == b"4"
