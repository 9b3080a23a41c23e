"""A model for the agent under test: OpenAI's streaming chat completions, answered by rules instead of weights.

The last thing the user said decides: `RUN_TOOL <command>` calls the shell tool, `WRITE_FILE <name>` the write tool,
`ASK_PERSON <question>` the question tool, `SUBAGENT <prompt>` hands that prompt to a subagent;
after a tool's result, or for anything else, comes text. The agent's request for a session title gets TITLE.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

TITLE = "a session for the tests"
FILE_TEXT = "one line\n"
DONE = "the tool has run"
USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
ARGUMENT_PIECE = 16


class ToolCall(NamedTuple):
    name: str
    arguments: dict[str, Any]


def answer(messages: list[dict[str, Any]], folder: Path) -> str | ToolCall:
    """What the model says next to this conversation; files are written below `folder`."""
    if any(
        "title" in _text(message).lower()
        for message in messages
        if message["role"] == "system" and _asks_title(message)
    ):
        return TITLE
    if messages[-1]["role"] == "tool":
        return DONE
    prompt = next((_text(message) for message in reversed(messages) if message["role"] == "user"), "")
    word, _, rest = prompt.strip().strip('"').partition(" ")
    if word == "RUN_TOOL":
        return ToolCall("bash", {"command": rest, "description": "Run what was asked"})
    if word == "WRITE_FILE":
        return ToolCall("write", {"filePath": str(folder / rest), "content": FILE_TEXT})
    if word == "ASK_PERSON":
        options = [{"label": label, "description": ""} for label in ("PostgreSQL", "MySQL")]
        return ToolCall("question", {"questions": [{"question": rest, "header": "Choice", "options": options}]})
    if word == "SUBAGENT":
        return ToolCall("task", {"description": "do it", "prompt": rest, "subagent_type": "general"})
    return f"you said: {prompt.strip()}"


def chunks(said: str | ToolCall) -> list[dict[str, Any]]:
    """The answer as the deltas of a stream."""
    if isinstance(said, str):
        return [
            {"role": "assistant", "content": ""},
            *({"content": word} for word in said.split(" ") for word in (word + " ",)),
        ]
    text = json.dumps(said.arguments)
    start = {"index": 0, "id": "call_1", "type": "function", "function": {"name": said.name, "arguments": ""}}
    pieces = [text[at : at + ARGUMENT_PIECE] for at in range(0, len(text), ARGUMENT_PIECE)]
    return [
        {"role": "assistant", "tool_calls": [start]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces),
    ]


def _asks_title(message: dict[str, Any]) -> bool:
    return "title generator" in _text(message).lower()


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(piece.get("text", "") for piece in content)


class FakeModel:
    """The server, as a context manager; `url` goes into the agent's provider options."""

    def __init__(self, folder: Path) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _request_class(folder))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _request_class(folder: Path) -> type[BaseHTTPRequestHandler]:
    class ChatRequest(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            said = answer(request["messages"], folder)
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for delta in chunks(said):
                self._chunk(request["model"], delta)
            self._chunk(request["model"], {}, "stop" if isinstance(said, str) else "tool_calls")
            self.wfile.write(b"data: [DONE]\n\n")

        def _chunk(self, model: str, delta: dict[str, Any], finish: str | None = None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            chunk: dict[str, Any] = {
                "id": "c1",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": model,
                "choices": [choice],
            }
            if finish:
                chunk["usage"] = USAGE
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return ChatRequest
