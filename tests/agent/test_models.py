"""The real agent after `console login` alone: it has the models there are, and each call is metered to its session."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.agent.agent import CODE_LINK, Agent, agent_binary
from tests.support.fixtures import StartServer
from tests.support.model_seed import MODELS, SECRET
from tests.support.processes import wait_until
from tests.support.providers import RESPONSES_USAGE, Reply, Request, providing, responses_event, streamed
from tests.support.server import ConsoleServer

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.timeout(300)]
NOWHERE = "http://127.0.0.1:9"
PRIVATE = {"OPENCODE_OUTBOUND_PRIVATE": "true"}
PATHS = {
    "/v1/messages",
    "/v1/responses",
    "/v1/models/gemini-3.5-flash:streamGenerateContent",
    "/v1/chat/completions",
}
PRICED = {
    "anthropic/claude-sonnet-5": True,
    "openai/gpt-6-luna": True,
    "google/gemini-3.5-flash": True,
    "local/free": False,
}


def whole_response() -> Reply:
    """An answer in OpenAI's form with the item its text belongs to, which the agent insists on."""
    item: dict[str, Any] = {"id": "i", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    done = {**item, "status": "completed", "content": [{"type": "output_text", "text": "pong", "annotations": []}]}
    answer = {"id": "r1", "object": "response", "created_at": 1, "model": "gpt", "output": [], "error": None}
    end = {**answer, "status": "completed", "output": [done], "usage": RESPONSES_USAGE, "incomplete_details": None}
    return streamed(
        responses_event("response.created", response={**answer, "status": "in_progress", "usage": None}),
        responses_event("response.output_item.added", output_index=0, item=item),
        responses_event("response.output_text.delta", item_id="i", output_index=0, content_index=0, delta="pong"),
        responses_event("response.output_item.done", output_index=0, item=done),
        responses_event("response.completed", response=end),
    )


def usage(server: ConsoleServer) -> list[tuple[str, str, int, str]]:
    """(model, session, cost, payer) of every metered request."""
    with closing(sqlite3.connect(f"file:{server.data_dir}/console.sqlite3?mode=ro", uri=True)) as database:
        return list(database.execute("SELECT model, session_id, cost, payer FROM billing_usage ORDER BY id"))


def logged_in(server: ConsoleServer, folder: Path) -> Agent:
    agent = Agent(agent_binary(), folder, NOWHERE, NOWHERE)
    with agent.logging_in(server.url) as login:
        code = CODE_LINK.search(login.link())[0].partition("user_code=")[2]  # type: ignore[index]
        server.ask("tests.support.device_approve", code, "alice@example.com")
        assert login.end() == 0
    return agent


def test_login_alone_brings_all_four_forms_and_every_call_is_metered(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(environment=PRIVATE)
    server.ask("tests.support.seed")
    with providing() as provider:
        server.ask("tests.support.model_seed", provider.url)
        play = provider.reply_to

        def reply_to(request: Request) -> Reply:
            usual = play(request)
            return whole_response() if request.path.endswith("/responses") else usual

        provider.reply_to = reply_to  # type: ignore[method-assign]
        agent = logged_in(server, tmp_path)
        with agent.serving():
            said = {slug: agent.run("hello", "--model", f"console/{slug}") for slug in MODELS}
        assert {slug: "pong" in words for slug, words in said.items()} == dict.fromkeys(MODELS, True)
        called = [request.path.partition("?")[0] for request in provider.requests]
        assert set(called) == PATHS
        assert all(SECRET in " ".join(request.headers.values()) for request in provider.requests)
        wait_until(lambda: len(usage(server)) == len(called), "every call is settled", 20)
    found = usage(server)
    assert {payer for *_, payer in found} == {"own"}
    assert len({session for _, session, *_ in found if session}) == len(MODELS)
    assert {model: cost > 0 for model, _, cost, _ in found} == PRICED
    assert SECRET not in agent.log + json.dumps(said)
