"""A stand-in for models' providers, on loopback, in a thread of the test: it plays what a test scripts, byte by byte.

Without a script each form gets a short, good answer whose usage is USAGE.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.processes import wait_until

CUT = object()
"""In a reply: reset the connection here."""
HELD_SECONDS = 30
SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
CHAT_USAGE = {
    "prompt_tokens": 1100,
    "completion_tokens": 70,
    "total_tokens": 1170,
    "prompt_tokens_details": {"cached_tokens": 300},
    "completion_tokens_details": {"reasoning_tokens": 20},
}
RESPONSES_USAGE = {
    "input_tokens": 1100,
    "input_tokens_details": {"cached_tokens": 300},
    "output_tokens": 70,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 1170,
}
MESSAGES_USAGE = {"input_tokens": 800, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 0}
GOOGLE_USAGE = {
    "promptTokenCount": 1100,
    "candidatesTokenCount": 50,
    "thoughtsTokenCount": 20,
    "cachedContentTokenCount": 300,
    "totalTokenCount": 1170,
}


def event(data: Any, name: str = "") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return ((f"event: {name}\n" if name else "") + f"data: {text}\n\n").encode()


def chat_chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return event({"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more})


def chat_stream(*words: str, reason: str | None = "stop", usage: Any = CHAT_USAGE, done: bool = True) -> list[bytes]:
    events = [chat_chunk({"role": "assistant", "content": ""}), *(chat_chunk({"content": word}) for word in words)]
    events += [chat_chunk({}, reason)] if reason else []
    events += [event({"object": "chat.completion.chunk", "choices": [], "usage": usage})] if usage else []
    return [*events, *([event("[DONE]")] if done else [])]


def messages_event(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def messages_stream(
    *words: str, usage: Any = MESSAGES_USAGE, output: Any = 70, reason: str = "end_turn", stop: bool = True
) -> list[bytes]:
    start = {"id": "m1", "type": "message", "role": "assistant", "content": [], "usage": {**usage, "output_tokens": 1}}
    deltas = [
        messages_event("content_block_delta", index=0, delta={"type": "text_delta", "text": word}) for word in words
    ]
    end = messages_event(
        "message_delta",
        delta={"stop_reason": reason, "stop_sequence": None},
        usage={} if output is None else {"output_tokens": output},
    )
    return [
        messages_event("message_start", message=start),
        messages_event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *deltas,
        messages_event("content_block_stop", index=0),
        end,
        *([messages_event("message_stop")] if stop else []),
    ]


def responses_event(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def responses_stream(
    *words: str, usage: Any = RESPONSES_USAGE, last: str = "response.completed", **response: Any
) -> list[bytes]:
    whole = {"id": "r1", "object": "response", "status": "completed", "output": [], "usage": usage, **response}
    deltas = [responses_event("response.output_text.delta", item_id="i", output_index=0, delta=word) for word in words]
    started = responses_event("response.created", response={"id": "r1", "status": "in_progress", "usage": None})
    return [started, *deltas, responses_event(last, response=whole)]


def google_event(text: str, reason: str | None = None, usage: Any = GOOGLE_USAGE) -> bytes:
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    candidate |= {"finishReason": reason} if reason else {}
    return event({"candidates": [candidate], **({"usageMetadata": usage} if usage else {})})


def google_stream(*words: str, reason: str | None = "STOP", usage: Any = GOOGLE_USAGE) -> list[bytes]:
    return [*(google_event(word, usage=usage) for word in words), google_event("", reason, usage)]


@dataclass
class Reply:
    """What is played once: bytes are sent, numbers are seconds to wait, events are waited for; CUT ends it."""

    body: list[Any]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(SSE))


def json_reply(body: Any, status: int = 200, **headers: str) -> Reply:
    return Reply([json.dumps(body).encode()], status, {**JSON, **headers})


def streamed(*body: Any) -> Reply:
    return Reply(list(body))


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Provider:
    """`requests` are those that came, oldest first; `left` counts clients that closed in the middle of an answer.

    Every answer waits for `holds`, where it is set.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[Request] = []
        self.left = 0
        self.holds: threading.Event | None = None
        self._scripts: list[Reply] = []
        self._always: Reply | None = None
        self._lock = threading.Lock()

    def plays(self, *replies: Reply) -> None:
        """These replies, one a request; then the good answers again."""
        with self._lock:
            self._scripts += replies

    def always_plays(self, reply: Reply | None) -> None:
        self._always = reply

    def reply_to(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if self._scripts:
                return self._scripts.pop(0)
        return self._always or _good(request)

    def note_left(self) -> None:
        with self._lock:
            self.left += 1

    def forget(self) -> None:
        with self._lock:
            self.requests.clear()
            self._scripts.clear()
            self._always, self.left, self.holds = None, 0, None


def _good(request: Request) -> Reply:
    path = request.path
    is_stream = b'"stream":true' in request.body or ":streamGenerateContent" in path
    if path.endswith("/count_tokens"):
        return json_reply({"input_tokens": 42})
    if path.endswith("/chat/completions"):
        message = {"role": "assistant", "content": "pong"}
        whole = {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        return streamed(*chat_stream("pong ", "done")) if is_stream else json_reply({**whole, "usage": CHAT_USAGE})
    if path.endswith("/responses"):
        answer = {"id": "r1", "object": "response", "status": "completed", "usage": RESPONSES_USAGE}
        return streamed(*responses_stream("pong ", "done")) if is_stream else json_reply(answer)
    if path.endswith("/messages"):
        answer = {"type": "message", "stop_reason": "end_turn", "usage": {**MESSAGES_USAGE, "output_tokens": 70}}
        return streamed(*messages_stream("pong ", "done")) if is_stream else json_reply(answer)
    if "enerateContent" in path:
        answer = {"candidates": [{"finishReason": "STOP"}], "usageMetadata": GOOGLE_USAGE}
        return streamed(*google_stream("pong ", "done")) if is_stream else json_reply(answer)
    return json_reply({"error": {"message": "no such path"}}, 404)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: Provider


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        provider = self.server.provider
        holds, reply = provider.holds, provider.reply_to(Request(self.path, headers, body))
        if holds is not None:
            holds.wait(HELD_SECONDS)
        try:
            self._play(reply)
        except OSError:
            self.server.provider.note_left()
            self.close_connection = True

    def _play(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for part in reply.body:
            if part is CUT:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._part(part)
        self.wfile.write(b"0\r\n\r\n")

    def _part(self, part: Any) -> None:
        if isinstance(part, bytes):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
        elif isinstance(part, threading.Event):
            self._until(part)
        else:
            time.sleep(part)

    def _until(self, event: threading.Event) -> None:
        """Wait for the event, or for the client to close."""
        self.connection.settimeout(0.02)
        while not event.is_set():
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    raise ConnectionResetError
            except TimeoutError:
                continue
        self.connection.settimeout(None)


@contextmanager
def providing() -> Iterator[Provider]:
    """A stand-in that serves for the time of the context."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.provider = Provider(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.provider
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def wait_left(provider: Provider, count: int = 1) -> None:
    wait_until(lambda: provider.left >= count, "the client has left the provider")
