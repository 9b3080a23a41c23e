"""The fragments of one share for many followers, on a real server: the same answers, and none after its end."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.processes import wait_until
from tests.support.server import ConsoleServer

FOLLOWERS = 40
HEARTBEAT_SECONDS = 4.0
MESSAGE = "session/message/ses_1/msg_1"
PART = "session/part/ses_1/msg_1/prt_1"
# Cookies and the like are nobody else's; the rest must not depend on who happened to ask first.
ITS_OWN = {"date", "x-request-id", "content-length"}
END_SHARES = (
    "from sync.models import Share; from opencode.lib.clock import utc_now; Share.objects.update(revoked_at=utc_now())"
)


class SharedText:
    """A share of one session with a text that grows: nobody's, or with `prefix` a workspace's, which keeps it after."""

    def __init__(self, client: httpx.Client, prefix: str = "") -> None:
        self.client = client
        self.prefix = prefix
        self.share = self.client.post(f"{prefix}/api/share", json={"sessionID": "ses_1"}).json()
        self.publish("first")

    def publish(self, text: str) -> None:
        message = {"id": "msg_1", "sessionID": "ses_1", "role": "assistant", "time": {"created": 1_700_000_000_000}}
        part = {"id": "prt_1", "messageID": "msg_1", "sessionID": "ses_1", "type": "text", "text": text}
        items = [{"type": "message", "data": message}, {"type": "part", "data": part}]
        body = {"secret": self.share["secret"], "data": items}
        self.client.post(f"{self.prefix}/api/share/{self.share['id']}/sync", json=body).raise_for_status()

    def state(self) -> tuple[str, dict[str, int]]:
        body = self.client.get(f"/sync/v1/sessions/{self.share['id']}/entries").json()
        return body["epoch"], {entry["key"]: entry["seq"] for entry in body["entries"]}

    def ask(self, epoch: str, seqs: dict[str, int]) -> httpx.Response:
        items = [("k", f"{key}:{seqs[key]}") for key in (MESSAGE, PART)]
        return self.client.get(f"/share/{self.share['id']}/fragments", params=[("epoch", epoch), *items])

    def follow(self) -> list[httpx.Response]:
        epoch, seqs = self.state()
        with ThreadPoolExecutor(FOLLOWERS) as threads:
            return list(threads.map(lambda _: self.ask(epoch, seqs), range(FOLLOWERS)))

    def follow_rendered(self) -> list[httpx.Response]:
        """What they get once the entries are rendered: on a busy machine plain text comes first, and is asked again."""
        return wait_until(lambda: _rendered(self.follow()), "the entries are rendered")


def _rendered(answers: list[httpx.Response]) -> list[httpx.Response]:
    """The answers when none of them holds plain text in place of a rendered entry, else none."""
    return [] if any('"plain"' in answer.text for answer in answers) else answers


@pytest.fixture
def client(console_server: ConsoleServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=console_server.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def shared(client: httpx.Client) -> SharedText:
    return SharedText(client)


def headers_of(response: httpx.Response) -> dict[str, list[str]]:
    """Each as a set: the directives of a policy come in any order."""
    return {name: sorted(value.split("; ")) for name, value in response.headers.items() if name not in ITS_OWN}


def test_all_followers_get_the_newest_with_the_same_headers(shared: SharedText) -> None:
    for text in ("second", "third"):
        shared.publish(text)
        answers = shared.follow_rendered()
        assert {answer.status_code for answer in answers} == {200}
        assert [answer.json() for answer in answers] == [answers[0].json()] * FOLLOWERS
        assert text in answers[0].json()["fragments"][1]["html"]
        assert [headers_of(answer) for answer in answers] == [headers_of(answers[0])] * FOLLOWERS
        assert len({answer.headers["x-request-id"] for answer in answers}) == FOLLOWERS
    assert answers[0].headers["content-security-policy"]
    assert "set-cookie" not in answers[0].headers


@pytest.mark.parametrize("is_kept", [False, True], ids=["session erased with it", "session kept"])
def test_nothing_is_answered_once_the_agent_ended_the_share(
    client: httpx.Client, console_server: ConsoleServer, is_kept: bool
) -> None:
    shared = SharedText(client, f"/w/{console_server.ask('tests.support.seed')['token']}" if is_kept else "")
    epoch, seqs = shared.state()
    assert shared.ask(epoch, seqs).status_code == 200
    url = f"{shared.prefix}/api/share/{shared.share['id']}"
    client.request("DELETE", url, json={"secret": shared.share["secret"]}).raise_for_status()
    assert shared.ask(epoch, seqs).status_code == 404


def test_an_end_in_another_process_shows_within_a_heartbeat(shared: SharedText, console_server: ConsoleServer) -> None:
    epoch, seqs = shared.state()
    console_server.manage("shell", "-c", END_SHARES)
    ended = time.monotonic()
    wait_until(lambda: shared.ask(epoch, seqs).status_code == 404, "the share's fragments are gone", HEARTBEAT_SECONDS)
    assert time.monotonic() - ended < HEARTBEAT_SECONDS
