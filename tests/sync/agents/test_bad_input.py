"""Whatever is sent to the agents' routes is answered in the denial contract and changes nothing, or is kept."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from opencode.asgi import application
from sync.models import Session, SessionEntry, Share
from sync.sharing import shares
from tests.support.agent_client import AgentClient, Shared, denial_of
from tests.support.logs import events

INFO = {"type": "session", "data": {"id": "ses_1", "title": "t", "time": {"updated": 5}}}
NO_JSON = [b"", b"{", b"not json", b"[1,", b"\x00\x01", b"[" * 5000]


@pytest.fixture
async def shared(agent: AgentClient) -> Shared:
    share = await agent.create()
    await agent.sync(share, INFO)
    return share


async def kept() -> tuple[int, int, int, list[str]]:
    """Everything a refused request might have changed."""
    heads = [session.head_seq async for session in Session.objects.all()]
    contents = [entry.content async for entry in SessionEntry.objects.order_by("id")]
    return len(heads), sum(heads), await Share.objects.acount(), contents


@pytest.mark.parametrize("body", [*NO_JSON, b"[]", b"null", b"{}", b'{"sessionID":5}', b'{"sessionID":"a/b"}'])
@pytest.mark.parametrize("path", ["/api/share", "/share_create"])
async def test_a_create_without_a_session_is_refused(agent: AgentClient, path: str, body: bytes) -> None:
    assert denial_of(await agent.send("POST", path, body)) == (400, "body_malformed")
    assert await Session.objects.acount() == 0


@pytest.mark.parametrize("body", [*NO_JSON, b"[]", b'{"data":{}}', b'{"secret":"x"}', b'{"data":"x"}'])
async def test_a_sync_without_items_is_refused(agent: AgentClient, shared: Shared, body: bytes) -> None:
    before = await kept()
    assert denial_of(await agent.send("POST", f"/api/share/{shared.id}/sync", body)) == (400, "body_malformed")
    assert await kept() == before


@pytest.mark.parametrize("body", NO_JSON)
@pytest.mark.parametrize("path", ["/share_sync", "/share_delete"])
async def test_an_older_request_without_json_is_refused(
    agent: AgentClient, shared: Shared, path: str, body: bytes
) -> None:
    before = await kept()
    assert denial_of(await agent.send("POST", path, body)) == (400, "body_malformed")
    assert await kept() == before


def wrong_secrets(right: Shared) -> list[Any]:
    share_id, version, mac = right.secret.split(".")
    return [
        "wrong",
        f"{share_id}.{version}.{'0' * 64}",
        f"{share_id}.9.{mac}",
        f"{share_id}.{version}.{mac.upper()}x",
        f"{'x' * 22}.{version}.{mac}",
        "\u2603",
        "\x00",
        "9" * 5000,
    ]


async def test_a_wrong_secret_is_refused_on_every_route(agent: AgentClient, shared: Shared) -> None:
    before = await kept()
    for secret in wrong_secrets(shared):
        older = {"sessionID": "ses_1", "secret": secret, "key": "session/info/ses_1", "content": {"id": "ses_1"}}
        refusals = [
            await agent.send("POST", f"/api/share/{shared.id}/sync", {"secret": secret, "data": [INFO]}),
            await agent.send("DELETE", f"/api/share/{shared.id}", {"secret": secret}),
            await agent.send("POST", "/share_sync", older),
            await agent.send("POST", "/share_delete", older),
        ]
        assert [denial_of(refusal) for refusal in refusals] == [(401, "credentials_invalid")] * 4
    assert await kept() == before


@pytest.mark.parametrize("fields", [{}, {"secret": ""}, {"secret": None}, {"secret": 5}, {"secret": ["x"]}])
async def test_a_missing_secret_is_refused_on_every_route(
    agent: AgentClient, shared: Shared, fields: dict[str, Any]
) -> None:
    before = await kept()
    older = {"sessionID": "ses_1", "key": "session/info/ses_1", "content": {}, **fields}
    refusals = [
        await agent.send("POST", f"/api/share/{shared.id}/sync", {"data": [INFO], **fields}),
        await agent.send("DELETE", f"/api/share/{shared.id}", fields),
        await agent.send("POST", "/share_sync", older),
        await agent.send("POST", "/share_delete", older),
    ]
    assert [denial_of(refusal) for refusal in refusals] == [(401, "credentials_missing")] * 4
    assert await kept() == before


async def test_another_shares_secret_is_refused(agent: AgentClient, shared: Shared) -> None:
    other = await agent.create("ses_2")
    before = await kept()
    crossed = Shared(shared.id, shared.url, other.secret)
    assert denial_of(await agent.sync(crossed, INFO)) == (401, "credentials_invalid")
    assert denial_of(await agent.unshare(crossed)) == (401, "credentials_invalid")
    assert await kept() == before


@pytest.mark.parametrize("share_id", ["unknown", "x" * 22, "..", "%00", "☃", "x" * 2000])
async def test_an_unknown_share_is_not_found(agent: AgentClient, share_id: str) -> None:
    refusals = [
        await agent.send("POST", f"/api/share/{share_id}/sync", {"secret": "s", "data": []}),
        await agent.send("GET", f"/api/share/{share_id}/data"),
        await agent.send("DELETE", f"/api/share/{share_id}", {"secret": "s"}),
        await agent.send("GET", "/share_data", params={"id": share_id}),
    ]
    assert [refusal.status_code for refusal in refusals[3:]] == [404]
    assert {denial_of(refusal)[1] for refusal in refusals} <= {"not_found", "method_not_allowed"}


@pytest.mark.parametrize(
    "key",
    [
        "session/info/ses_other",
        "session/message/ses_other/msg_1",
        "session/info",
        "session/info/",
        "other/info/ses_1",
        "session/info/ses_1/../../x",
        "",
        "session/message/ses_1/msg 1",
        "session/message/ses_1/" + "m" * 300,
    ],
)
async def test_an_older_sync_of_a_foreign_key_is_refused(agent: AgentClient, shared: Shared, key: str) -> None:
    before = await kept()
    assert denial_of(await agent.sync_older(shared, key, {"id": "x"})) == (400, "key_foreign")
    assert await kept() == before


@pytest.mark.parametrize("content", [None, 5, "text", []])
async def test_an_older_sync_of_no_object_is_refused(agent: AgentClient, shared: Shared, content: Any) -> None:
    before = await kept()
    assert denial_of(await agent.sync_older(shared, "session/message/ses_1/m", content)) == (400, "body_malformed")
    assert await kept() == before


async def test_an_older_sync_without_key_or_content_is_refused(agent: AgentClient, shared: Shared) -> None:
    for fields in ({"key": "session/info/ses_1"}, {"content": {}}, {"key": 5, "content": {}}):
        refused = await agent.send("POST", "/share_sync", {"secret": shared.secret, **fields})
        assert denial_of(refused) == (400, "body_malformed")


async def test_malformed_items_are_counted_and_the_rest_is_kept(agent: AgentClient, shared: Shared) -> None:
    good = {"type": "message", "data": {"id": "msg_1", "sessionID": "ses_1", "role": "user"}}
    answer = await agent.sync(shared, 5, {"type": "part", "data": {}}, good, {"type": "a b", "data": 1}, None)
    assert (answer.status_code, answer.json()) == (200, {"refused": 4})
    assert good in await agent.data(shared)


async def test_strange_strings_and_numbers_do_not_cost_the_batch(agent: AgentClient, shared: Shared) -> None:
    body = (
        b'{"secret":"%b","data":['
        b'{"type":"message","data":{"id":"msg_1","text":"\\ud800 \\u0000 \xff","n":1e999,"i":%b}},'
        b'{"type":"todo","data":{"id":"t1","x":NaN}}]}'
    ) % (shared.secret.encode(), b"9" * 5000)
    assert (await agent.send("POST", f"/api/share/{shared.id}/sync", body)).json() == {}
    data = {item["type"]: item["data"] for item in await agent.data(shared)}
    assert data["message"] == {"id": "msg_1", "text": "\ufffd \x00 \ufffd", "n": None, "i": None}
    assert data["todo"] == {"id": "t1", "x": None}


async def test_unknown_item_types_are_kept_and_read_back(agent: AgentClient, shared: Shared) -> None:
    items = [{"type": "todo", "data": {"id": "t1", "text": "x"}}, {"type": "weather", "data": "sunny"}]
    assert (await agent.sync(shared, *items)).json() == {}
    assert await agent.data(shared) == [INFO, *items]


async def test_a_part_without_its_message_waits_for_it(agent: AgentClient, shared: Shared) -> None:
    part = {"type": "part", "data": {"id": "p", "messageID": "m", "sessionID": "ses_1", "type": "text", "text": "hi"}}
    await agent.sync(shared, part)
    assert (await agent.send("GET", f"/share_data?id={shared.id}")).json()["messages"] == {}
    await agent.sync(shared, {"type": "message", "data": {"id": "m", "sessionID": "ses_1", "role": "user"}})
    tree = (await agent.send("GET", f"/share_data?id={shared.id}")).json()
    assert tree["messages"]["m"]["parts"] == [part["data"]]


async def test_an_oversized_item_becomes_a_placeholder_and_the_rest_is_kept(
    agent: AgentClient, shared: Shared, settings: Settings
) -> None:
    settings.SYNC_ENTRY_BYTES = 5000
    big = {
        "type": "part",
        "data": {"id": "p1", "messageID": "m", "sessionID": "ses_1", "type": "text", "text": "x" * 9000},
    }
    small = {"type": "part", "data": {"id": "p2", "messageID": "m", "sessionID": "ses_1", "type": "text", "text": "y"}}
    assert (await agent.sync(shared, big, small)).json() == {}
    parts = [item["data"] for item in await agent.data(shared) if item["type"] == "part"]
    assert [(part["id"], part.get("truncated")) for part in parts] == [("p1", True), ("p2", None)]
    assert "not kept" in parts[0]["text"]


async def test_a_batch_of_more_items_than_a_commit_takes_is_kept_whole(agent: AgentClient, shared: Shared) -> None:
    items = [{"type": "message", "data": {"id": f"msg_{n:05}"}} for n in range(2500)]
    assert (await agent.sync(shared, *items)).json() == {}
    assert len(await agent.data(shared)) == 2501


async def test_a_full_session_refuses_and_keeps_what_it_has(
    agent: AgentClient, shared: Shared, settings: Settings
) -> None:
    settings.SYNC_SESSION_ENTRIES = 1
    before = await kept()
    refused = await agent.sync(shared, {"type": "message", "data": {"id": "msg_1"}})
    assert denial_of(refused) == (413, "session_full")
    assert await kept() == before


# --- methods, addresses, headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/share", "POST"),
        ("PUT", "/api/share", "POST"),
        ("GET", "/api/share/abc", "DELETE"),
        ("GET", "/api/share/abc/sync", "POST"),
        ("POST", "/api/share/abc/data", "GET"),
        ("GET", "/share_create", "POST"),
        ("POST", "/share_data", "GET"),
        ("POST", "/share_poll", "GET"),
    ],
)
async def test_another_method_is_refused(agent: AgentClient, method: str, path: str, allowed: str) -> None:
    refused = await agent.send(method, path, b"x" if method != "GET" else None)
    assert denial_of(refused) == (405, "method_not_allowed")
    assert allowed in refused.json()["error"]["message"]


async def test_options_names_the_methods_and_head_sends_no_body(agent: AgentClient, shared: Shared) -> None:
    options = await agent.send("OPTIONS", f"/api/share/{shared.id}/data")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    head = await agent.send("HEAD", f"/api/share/{shared.id}/data")
    get = await agent.send("GET", f"/api/share/{shared.id}/data")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", ["/api/share/a/b/c", "/w", "/w/x", "/share_create/x", "/w/x/nothing"])
async def test_an_address_that_is_none_answers_in_json(agent: AgentClient, path: str) -> None:
    assert denial_of(await agent.send("POST", path, b"{}")) == (404, "not_found")


async def test_a_trailing_slash_is_served_not_redirected(agent: AgentClient) -> None:
    created = await agent.send("POST", "/api/share/", {"sessionID": "ses_1"})
    shared = Shared(**created.json())
    synced = await agent.send("POST", f"/api/share/{shared.id}/sync/", {"secret": shared.secret, "data": [INFO]})
    assert [created.status_code, synced.status_code] == [200, 200]


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_the_content_type_does_not_matter(agent: AgentClient, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await agent.send("POST", "/api/share", {"sessionID": "ses_1"}, headers=headers)
    assert answer.status_code == 200


async def test_cookies_are_neither_read_nor_set(agent: AgentClient) -> None:
    headers = {"cookie": "opencode_session=garbage; opencode_csrf=x", "origin": "https://evil.example"}
    answer = await agent.send("POST", "/api/share", {"sessionID": "ses_1"}, headers=headers)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


async def test_nobody_deletes_with_an_administrators_secret(agent: AgentClient, shared: Shared) -> None:
    before = await kept()
    for secret in ["", "x", None]:
        body = {"sessionShortName": shared.id, "adminSecret": secret}
        assert denial_of(await agent.send("POST", "/share_delete_admin", body)) == (403, "forbidden")
    assert await kept() == before


async def test_a_poll_over_plain_http_asks_for_an_upgrade(agent: AgentClient, shared: Shared) -> None:
    refused = await agent.send("GET", f"/share_poll?id={shared.id}")
    assert denial_of(refused) == (426, "upgrade_required")
    assert refused.headers["upgrade"] == "websocket"


async def test_share_data_without_an_id_is_refused(agent: AgentClient) -> None:
    assert denial_of(await agent.send("GET", "/share_data")) == (400, "share_id_missing")


async def test_a_bug_answers_and_keeps_the_connection(agent: AgentClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(shares, "agents_share", broken)
    refused = await agent.send("POST", "/api/share", {"sessionID": "ses_1"})
    assert denial_of(refused) == (500, "internal_error")
    assert "a bug" not in refused.text


async def test_no_log_line_shows_a_workspaces_token(agent: AgentClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "sync.agents")
    await agent.send("POST", "/w/oc_share_verysecret/api/share", {"sessionID": "ses_1"})
    lines = events(caplog, "agent_request")
    assert [(line["path"], line["status"]) for line in lines] == [("/w/[redacted]/api/share", 404)]
    assert "verysecret" not in json.dumps(lines, default=str)


# --- bodies as they stream in


class Stream:
    """An HTTP request that arrives in chunks; keeps what was answered and how much was read."""

    def __init__(self, chunks: list[bytes], *, length: int | None = None, breaks_off: bool = False) -> None:
        self.chunks = list(chunks)
        self.breaks_off = breaks_off
        self.read = 0
        self.sent: list[Any] = []
        headers = [(b"host", b"127.0.0.1:8000")]
        headers += [(b"content-length", str(length).encode())] if length is not None else []
        self.scope = {
            "type": "http", "method": "POST", "path": "/api/share", "headers": headers,
            "query_string": b"", "client": ("127.0.0.1", 1), "scheme": "http",
        }  # fmt: skip

    async def receive(self) -> dict[str, Any]:
        self.read += 1
        if self.chunks:
            return {
                "type": "http.request",
                "body": self.chunks.pop(0),
                "more_body": bool(self.chunks) or self.breaks_off,
            }
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def run(self) -> None:
        await application(self.scope, self.receive, self.send)

    @property
    def code(self) -> tuple[int, str]:
        return self.sent[0]["status"], json.loads(self.sent[1]["body"])["error"]["code"]


async def test_a_body_in_many_chunks_is_read_whole(sync_runtime: None) -> None:
    stream = Stream([bytes([byte]) for byte in b'{"sessionID":"ses_1"}'])
    await stream.run()
    assert stream.sent[0]["status"] == 200


async def test_a_body_up_to_the_limit_is_taken_and_one_byte_more_refused(
    sync_runtime: None, settings: Settings
) -> None:
    body = b'{"sessionID":"ses_1"}'
    settings.SYNC_BODY_BYTES = len(body) + 5
    fits, exceeds = Stream([body, b" " * 5]), Stream([body, b" " * 6])
    await fits.run()
    await exceeds.run()
    assert fits.sent[0]["status"] == 200
    assert exceeds.code == (413, "body_too_large")
    assert (b"connection", b"close") in exceeds.sent[0]["headers"]


async def test_a_body_too_large_is_read_to_its_end_before_it_is_refused(sync_runtime: None, settings: Settings) -> None:
    settings.SYNC_BODY_BYTES = 10
    stream = Stream([b"x" * 100] * 50, length=5000)
    await stream.run()
    assert stream.code == (413, "body_too_large")
    assert (stream.read, stream.chunks) == (50, [])


async def test_a_body_announced_beyond_all_measure_is_refused_unread(sync_runtime: None, settings: Settings) -> None:
    stream = Stream([b"x"], length=10 * settings.SYNC_BODY_BYTES)
    await stream.run()
    assert stream.code == (413, "body_too_large")
    assert stream.read == 0


async def test_a_client_that_goes_in_the_middle_of_its_body_changes_nothing(sync_runtime: None) -> None:
    stream = Stream([b'{"sessionID":'], breaks_off=True)
    await stream.run()
    assert stream.sent == []
    assert await Session.objects.acount() == 0


async def test_a_body_that_stops_arriving_is_refused(sync_runtime: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencode.lib.asgi.bodies.GRACE_SECONDS", 0.0)
    stream = Stream([b"{}"])

    async def never() -> dict[str, Any]:
        raise TimeoutError

    stream.receive = never  # type: ignore[method-assign]
    await stream.run()
    assert stream.code == (408, "body_timed_out")
