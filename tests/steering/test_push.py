"""A person is told of what waits: by push that only their browser can read, by mail, and it is taken back."""

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import http_ece
import pytest
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from py_vapid import Vapid02
from pytest_django import Settings

from accounts.models import OutgoingMail
from opencode.lib.clock import utc_now
from steering.models import Ask, NotificationChoice, PushKey, PushSubscription
from steering.protocol.states import AskState
from steering.push import PushMessage, PushRefused, padless, public_key_of, push_address, push_request
from steering.services.changes import asks_change
from steering.services.notifying import MAIL_AFTER, notices_send
from steering.services.subscriptions import SUBSCRIPTIONS, push_key
from tests.cast import Cast, SignIn
from tests.steering.test_pages import asked
from workspaces.models import Membership

pytestmark = pytest.mark.django_db
PATH = "/accounts/notifications/"
HOST = "push.services.example"


class PushService:
    """A push service on loopback that keeps what it is sent, and the keys of one browser."""

    def __init__(self) -> None:
        service = self
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 201

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                service.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(service.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = b"0123456789abcdef"

    @property
    def fields(self) -> dict[str, str]:
        """What the browser's script posts to subscribe."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"do": "add", "url": f"{self.origin}/send/1", "p256dh": padless(point), "auth": padless(self.secret)}

    def read(self, number: int = -1) -> dict[str, Any]:
        """What the browser makes of a message."""
        body = self.got[number][2]
        text = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        return dict(json.loads(text))


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    settings.OUTBOUND_PRIVATE, settings.PUSH_HOSTS = True, ["127.0.0.1"]
    service = PushService()
    yield service
    service.server.shutdown()
    service.server.server_close()


@pytest.fixture
def carol(cast: Cast, sign_in: SignIn, service: PushService) -> Client:
    """Her browser, which is told."""
    client = sign_in(cast.carol)
    assert client.post(PATH, service.fields).status_code == 302
    return client


def waiting(cast: Cast, **more: Any) -> Ask:
    return asked(cast, notice_due_at=utc_now(), **more)


def test_push_reaches_the_browser_that_alone_can_read_it(cast: Cast, carol: Client, service: PushService) -> None:
    ask = waiting(cast)
    assert notices_send(now=utc_now()) == 1
    path, headers, _ = service.got[0]
    message = service.read()
    assert (path, message["title"], message["path"]) == ("/send/1", "bash waits in web on laptop", f"/asks/{ask.pk}/")
    assert "rm -rf" not in json.dumps(message)
    names = ("content-encoding", "ttl", "urgency", "topic")
    assert [headers[name] for name in names] == ["aes128gcm", "600", "high", message["tag"]]
    assert (len(message["tag"]), notices_send(now=utc_now())) == (32, 0)


def test_push_services_can_verify_who_sends(carol: Client, cast: Cast, service: PushService) -> None:
    waiting(cast)
    notices_send(now=utc_now())
    given = service.got[0][1]["authorization"]
    assert given.endswith(f"k={public_key_of(push_key())}")
    assert Vapid02.verify(given)
    claims = given.split("t=")[1].split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert (told["aud"], told["exp"] > utc_now().timestamp()) == (service.origin, True)
    assert not Vapid02.verify(given.replace("t=eyJ", "t=eyK"))


def test_key_is_made_once_and_kept_sealed() -> None:
    first = push_key()
    assert push_key() == first
    assert "PRIVATE KEY" not in PushKey.objects.get().sealed


def test_what_was_answered_elsewhere_is_taken_back(cast: Cast, carol: Client, service: PushService) -> None:
    ask = waiting(cast)
    notices_send(now=utc_now())
    asks_change([Ask.objects.get(pk=ask.pk)], AskState.ONCE)
    assert notices_send(now=utc_now()) == 1
    assert service.read() == {"tag": service.read(0)["tag"], "title": "", "path": "", "session": ""}


def test_what_was_answered_at_once_is_never_told(cast: Cast, carol: Client, service: PushService) -> None:
    ask = waiting(cast)
    asks_change([ask], AskState.REJECTED)
    assert (notices_send(now=utc_now()), service.got) == (0, [])


def test_two_that_wait_in_a_session_are_one_notification(cast: Cast, carol: Client, service: PushService) -> None:
    first = waiting(cast, asked_at=utc_now() - timedelta(seconds=9))
    waiting(cast)
    notices_send(now=utc_now())
    assert {service.read(0)["tag"]} == {service.read(1)["tag"]}
    assert service.read()["title"] == "bash waits in web on laptop, and 1 more"
    assert service.read()["path"] == f"/asks/{first.pk}/"


def test_nobody_is_told_of_a_workspace_that_was_left(cast: Cast, carol: Client, service: PushService) -> None:
    waiting(cast)
    Membership.objects.filter(user=cast.carol).delete()
    notices_send(now=utc_now())
    assert service.got == []


@pytest.mark.parametrize("status", [404, 410])
def test_subscription_that_has_ended_is_forgotten(cast: Cast, carol: Client, service: PushService, status: int) -> None:
    service.status = status
    waiting(cast)
    notices_send(now=utc_now())
    assert PushSubscription.objects.count() == 0


def test_failing_push_service_keeps_its_subscription(cast: Cast, carol: Client, service: PushService) -> None:
    service.status = 503
    waiting(cast)
    assert notices_send(now=utc_now()) == 1
    assert PushSubscription.objects.count() == 1


def test_service_that_was_taken_off_the_list_is_not_called(
    cast: Cast, carol: Client, service: PushService, settings: Settings
) -> None:
    settings.PUSH_HOSTS = [HOST]
    waiting(cast)
    assert (notices_send(now=utc_now()), service.got) == (1, [])


def test_browser_that_is_signed_out_is_told_no_more(cast: Cast, carol: Client) -> None:
    UserSession.objects.filter(user=cast.carol).delete()
    assert PushSubscription.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "https://elsewhere.example/send/1"},
        {"url": "https://127.0.0.1.elsewhere.example/"},
        {"url": "http://10.0.0.1/"},
        {"url": ""},
        {"p256dh": "AAAA"},
        {"p256dh": padless(b"\x04" + b"\x01" * 64)},
        {"p256dh": "ä"},
        {"auth": padless(b"short")},
    ],
)
def test_what_no_browser_sends_is_refused(carol: Client, service: PushService, wrong: dict[str, str]) -> None:
    assert carol.post(PATH, {**service.fields, **wrong}).status_code == 422
    assert PushSubscription.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "is_known"),
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://web.push.apple.com/x", True),
        ("https://db5p.notify.windows.com/x", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/x", True),
        ("https://evilfcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com.example/x", False),
        ("http://fcm.googleapis.com/x", False),
        ("https://user@fcm.googleapis.com/x", False),
        ("https://notify.windows.com.example/x", False),
    ],
)
def test_only_the_push_services_of_browsers_are_called(url: str, is_known: bool, settings: Settings) -> None:
    def answer() -> str:
        try:
            return push_address(url, settings.PUSH_HOSTS)
        except PushRefused:
            return ""

    assert answer() == (url if is_known else "")


def test_person_sees_and_removes_their_browsers_alone(carol: Client, cast: Cast, sign_in: SignIn) -> None:
    row = PushSubscription.objects.get()
    page = carol.get(PATH).content.decode()
    assert ("This browser" in page, "Firefox on Linux" in page) == (True, True)
    bob = sign_in(cast.bob)
    assert "Firefox on Linux" not in bob.get(PATH).content.decode()
    assert bob.post(PATH, {"do": "remove", "id": row.pk}).status_code == 404
    assert carol.post(PATH, {"do": "remove", "id": row.pk}).status_code == 302
    assert PushSubscription.objects.count() == 0


def test_person_has_so_many_browsers_and_no_more(carol: Client, cast: Cast, service: PushService) -> None:
    row = PushSubscription.objects.get()
    for number in range(SUBSCRIPTIONS - 1):
        browser = UserSession.objects.create(user=cast.carol, session_key=f"k{number}", ip="127.0.0.1", user_agent="x")
        row.pk, row.browser, row.fingerprint = None, browser, str(number)
        row.save()
    assert carol.post(PATH, service.fields).status_code == 302
    other = Client()
    other.force_login(cast.carol)
    other.get("/machines/")
    assert PushSubscription.objects.count() == SUBSCRIPTIONS
    assert other.post(PATH, {**service.fields, "url": f"{service.origin}/send/2"}).status_code == 429


def test_mail_follows_where_it_is_wanted_and_the_ask_still_waits(carol: Client, cast: Cast) -> None:
    carol.post(PATH, {"do": "mail", "by_mail": "on"})
    answered, _, _ = (waiting(cast) for _ in range(3))
    now = utc_now()
    notices_send(now=now)
    assert OutgoingMail.objects.count() == 0
    asks_change([Ask.objects.get(pk=answered.pk)], AskState.ONCE)
    notices_send(now=now + MAIL_AFTER)
    assert (
        list(OutgoingMail.objects.values_list("recipient", "subject"))
        == [("carol@example.com", "bash waits in web on laptop")] * 2
    )
    notices_send(now=now + 2 * MAIL_AFTER)
    assert OutgoingMail.objects.count() == 2
    carol.post(PATH, {"do": "mail"})
    assert not NotificationChoice.objects.get().by_mail


def test_service_worker_serves_the_whole_console(client: Client) -> None:
    answer = client.get("/push-worker.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert b"showNotification" in answer.content


def test_each_message_is_encrypted_anew() -> None:
    service = PushService()
    fields = service.fields
    names = {"url": fields["url"], "public_key": fields["p256dh"], "secret": fields["auth"]}
    requests = [
        push_request(PushMessage("t"), **names, key=push_key(), contact="mailto:a@example.com", now=utc_now())
        for _ in range(2)
    ]
    service.server.server_close()
    assert requests[0].body != requests[1].body
