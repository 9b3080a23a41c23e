"""The agents' routes behind the real server: connections, large bodies, sockets."""

import asyncio
import json
import socket
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.support.server import ConsoleServer

MEGABYTE = 1024 * 1024


@pytest.fixture
def http(console_server: ConsoleServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=console_server.url, trust_env=False, timeout=60) as client:
        yield client


def create(http: httpx.Client) -> dict[str, str]:
    shared: dict[str, str] = http.post("/api/share", json={"sessionID": "ses_1"}).raise_for_status().json()
    return shared


def test_a_refusal_does_not_cost_the_connection(console_server: ConsoleServer) -> None:
    with socket.create_connection(("127.0.0.1", console_server.port), 10) as raw:
        statuses = []
        for body in (b"{", b'{"sessionID":"ses_1"}', b"", b'{"sessionID":"ses_1"}'):
            head = f"POST /api/share HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
            raw.sendall(head.encode() + body)
            statuses.append(read_answer(raw)[0])
    assert statuses == [400, 200, 400, 200]


def read_answer(raw: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += raw.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    while len(body) < int(headers["content-length"]):
        body += raw.recv(65536)
    return int(lines[0].split()[1]), headers, body


def test_a_picture_of_megabytes_is_kept_whole(http: httpx.Client) -> None:
    shared = create(http)
    part = {
        "id": "p",
        "messageID": "m",
        "type": "file",
        "mime": "image/png",
        "url": "data:image/png;base64," + "A" * 5 * MEGABYTE,
    }
    body = {"secret": shared["secret"], "data": [{"type": "part", "data": part}]}
    assert http.post(f"/api/share/{shared['id']}/sync", json=body).json() == {}
    assert http.get(f"/api/share/{shared['id']}/data").json() == [{"type": "part", "data": part}]


def test_a_body_of_nearly_64_mb_keeps_what_fits_and_marks_the_rest(http: httpx.Client) -> None:
    shared = create(http)
    parts = [
        {"id": f"p{n}", "messageID": "m", "type": "text", "text": "x" * size * MEGABYTE}
        for n, size in enumerate([50, 5, 5])
    ]
    body = {"secret": shared["secret"], "data": [{"type": "part", "data": part} for part in parts]}
    assert http.post(f"/api/share/{shared['id']}/sync", json=body).json() == {}
    stored = [item["data"] for item in http.get(f"/api/share/{shared['id']}/data").json()]
    assert [part.get("truncated", False) for part in stored] == [True, False, False]


def test_a_body_above_64_mb_is_refused_and_the_next_is_taken(http: httpx.Client) -> None:
    shared = create(http)
    refused = http.post(f"/api/share/{shared['id']}/sync", content=b"x" * (65 * MEGABYTE))
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")
    assert refused.headers["connection"] == "close"
    assert (
        http.post(f"/api/share/{shared['id']}/sync", json={"secret": shared["secret"], "data": []}).status_code == 200
    )


def test_an_agents_socket_follows_and_a_wrong_one_learns_why(http: httpx.Client, console_server: ConsoleServer) -> None:
    shared = create(http)
    message = {"type": "message", "data": {"id": "msg_1"}}

    async def follow() -> tuple[dict[str, object], list[int]]:
        url = f"{console_server.sockets_url}/share_poll"
        async with connect(f"{url}?id={shared['id']}", proxy=None) as followed:
            body = {"secret": shared["secret"], "data": [message]}
            await asyncio.to_thread(http.post, f"/api/share/{shared['id']}/sync", json=body)
            frame = json.loads(await asyncio.wait_for(followed.recv(), 5))
        statuses = []
        for wrong in (url, f"{url}?id=unknown"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(wrong, proxy=None)
            statuses.append(refused.value.response.status_code)
        return frame, statuses

    assert asyncio.run(follow()) == ({"key": "session/message/ses_1/msg_1", "content": {"id": "msg_1"}}, [400, 404])


def test_what_the_server_logs_shows_no_secret(http: httpx.Client, console_server: ConsoleServer) -> None:
    shared = create(http)
    http.post("/w/oc_share_verysecret/api/share", json={"sessionID": "ses_1"})
    http.post(f"/api/share/{shared['id']}/sync", content=shared["secret"].encode())
    assert "/w/[redacted]/api/share" in console_server.log
    assert "verysecret" not in console_server.log
    assert shared["secret"] not in console_server.log
