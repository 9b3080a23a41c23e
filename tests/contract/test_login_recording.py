"""What the real agent did to log in, start and share with an account, replayed: every answer has what it needs."""

import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from pytest_django import Settings

from accounts.services.device_logins import device_login_approve
from opencode.lib.actor import THE_CONSOLE
from sync.models import Session
from tests.cast import Cast
from tests.contract.recordings import LOGIN, requests_of
from tests.support.agent_client import AgentClient
from workspaces.services.configurations import config_save

CONFIG = '{"share": "auto", "model": "corp/fake-1"}'
OWN = {"host", "content-length", "connection", "accept-encoding"}


class Replay:
    """Sends what was recorded, with the codes, tokens and ids that this server gave instead of the recorded ones."""

    def __init__(self, agent: AgentClient, org: str) -> None:
        self.agent = agent
        self.given: dict[str, str] = {"org_1": org}

    async def send(self, request: dict[str, Any]) -> Any:
        """The answer, after comparing its status and shape with the recorded one."""
        headers = {name: self.now(value) for name, value in request["headers"].items() if name.lower() not in OWN}
        body = {name: self.now(value) for name, value in (request["body"] or {}).items()} or None
        answer = await self.agent.send(request["method"], self.now(request["path"]), body, headers=headers)
        assert answer.status_code == request["status"], f"{request['method']} {request['path']}: {answer.text}"
        answered = answer.json()
        assert needed(request["response"]).items() <= shape_of(answered).items()
        self.learn(request["response"], answered)
        return answered

    def learn(self, recorded: Any, answered: Any) -> None:
        """The answered values stand for the recorded ones from here on."""
        self.given |= {
            recorded[name]: answered[name]
            for name in ("device_code", "access_token", "refresh_token", "id", "secret")
            if isinstance(recorded, dict) and name in recorded and name in answered
        }

    def now(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        known = "|".join(re.escape(name) for name in self.given)
        return re.sub(rf"(?<!\w)(?:{known})(?!\w)", lambda found: self.given[found[0]], value)


def shape(value: Any) -> Any:
    """The names and kinds an agent reads, without the values; what a list holds is its own affair."""
    kinds = {dict: lambda: {name: shape(child) for name, child in value.items()}, list: lambda: "list"}
    return kinds.get(type(value), lambda: type(value).__name__)()


def shape_of(answer: Any) -> dict[str, Any]:
    named: dict[str, Any] = shape({"answer": answer} if isinstance(answer, list) else answer)
    return named


def needed(recorded: Any) -> dict[str, Any]:
    """What the recorded answer gave the agent by name."""
    return {name: kind for name, kind in shape_of(recorded).items() if name != "config"}


@pytest.mark.django_db(transaction=True)
async def test_recorded_login_start_and_share_get_answers_of_the_recorded_shape(
    sync_runtime: None, cast: Cast, settings: Settings
) -> None:
    settings.DEVICE_POLL_SECONDS = 0
    await sync_to_async(config_save)(
        workspace=cast.alpha, user=cast.bob, text=CONFIG, note="", based_on=0, actor=THE_CONSOLE
    )
    replay = Replay(AgentClient(), cast.alpha.pk)
    code, *waiting = requests_of(LOGIN)
    user_code = (await replay.send(code))["user_code"]
    questions = [request for request in waiting if request["status"] == 400]
    for request in questions:
        await replay.send(request)
    await sync_to_async(device_login_approve)(
        user_code=user_code, user=cast.carol, name="laptop", first_workspace_id=""
    )
    for request in waiting[len(questions) :]:
        await replay.send(request)
    session = await Session.objects.select_related("workspace", "created_by").aget()
    assert (session.workspace, session.created_by, session.title) == (cast.alpha, cast.carol, "Fake title")


def test_recording_holds_every_step_of_the_protocol() -> None:
    paths = {re.sub(r"/api/shares/[^/]+", "/api/shares/<id>", request["path"]) for request in requests_of(LOGIN)}
    assert paths == {
        "/auth/device/code",
        "/auth/device/token",
        "/api/user",
        "/api/orgs",
        "/api/config",
        "/api/shares",
        "/api/shares/<id>/sync",
        "/api/shares/<id>/data",
    }


@pytest.mark.django_db
def test_no_address_of_the_login_redirects_with_a_slash_at_its_end() -> None:
    """The agent loses a POST that is redirected."""
    paths = ["/auth/device/code", "/auth/device/token", "/api/user", "/api/orgs", "/api/config"]
    assert [Client().post(path).status_code // 100 for path in paths] == [4] * 5
