"""The page that asks whether to let an agent in, and the list of those that are in."""

from collections.abc import Callable

import pytest
import time_machine
from pytest_django import Settings

from accounts.models import Device
from opencode.lib.actor import THE_CONSOLE
from tests.cast import Cast, SignIn, browser
from tests.support.devices import AgentLogin, device_of
from workspaces.services.workspaces import workspace_create

pytestmark = pytest.mark.django_db


def test_stranger_signs_in_first_and_comes_back_to_the_code() -> None:
    page = browser().get("/device?user_code=BCDF-GHJK")
    assert (page.status_code, page["Location"]) == (302, "/accounts/login/?next=/device%3Fuser_code%3DBCDF-GHJK")


def test_link_alone_lets_nobody_in(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    code = agent.start()
    page = sign_in(cast.carol).get("/device", {"user_code": code})
    assert page.status_code == 200
    assert agent.poll()["error"] == "authorization_pending"


def test_post_without_an_answer_lets_nobody_in(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    code = agent.start()
    sign_in(cast.carol).post("/device", {"user_code": code})
    assert agent.poll()["error"] == "authorization_pending"


def test_page_shows_code_program_address_person_and_workspaces(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin(address="192.0.2.7", agent="opencode/1.18.33")
    code = agent.start()
    page = sign_in(cast.carol).get("/device", {"user_code": code}).content.decode()
    for shown in (code, "opencode/1.18.33", "192.0.2.7", cast.carol.email, "alpha"):
        assert shown in page
    assert "another address than yours (127.0.0.1)" in page


def test_page_is_calmer_when_the_agent_asks_from_the_same_address(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    page = sign_in(cast.carol).get("/device", {"user_code": agent.start()}).content.decode()
    assert "another address than yours" not in page
    assert "Did someone send you the code" in page


def test_what_a_program_calls_itself_is_shown_as_text(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin(agent="<script>alert(1)</script>\x1b[31m" + "x" * 200)
    page = sign_in(cast.carol).get("/device", {"user_code": agent.start()}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;[31mxxx" in page
    assert "x" * 100 not in page


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:4]} {code[5:]} "]
)
def test_code_is_typed_in_any_way(cast: Cast, sign_in: SignIn, change: Callable[[str], str]) -> None:
    typed = change(AgentLogin().start())
    page = sign_in(cast.carol).post("/device", {"user_code": typed})
    assert "Connect this agent?" in page.content.decode()


@pytest.mark.parametrize("typed", ["", "BCDF-GHJK", "BCDF", "AAAA-AAAA", "' OR 1=1 --", "x" * 5000])
def test_wrong_code_is_told_beside_the_field(cast: Cast, sign_in: SignIn, typed: str) -> None:
    page = sign_in(cast.carol).post("/device", {"user_code": typed})
    assert page.status_code == 422
    assert 'class="errorlist"' in page.content.decode()


def test_codes_cannot_be_tried_without_end(cast: Cast, sign_in: SignIn, settings: Settings) -> None:
    settings.DEVICE_GUESSES_PER_MINUTE = 3
    with time_machine.travel(1_800_000_000, tick=False):
        person = sign_in(cast.carol)
        statuses = [person.get("/device", {"user_code": "BCDF-GHJK"}).status_code for _ in range(4)]
        other = sign_in(cast.bob).get("/device", {"user_code": "BCDF-GHJK"}).status_code
    assert (statuses, other) == ([422, 422, 422, 429], 422)


def test_agent_starts_in_the_workspace_looked_at_last(cast: Cast, sign_in: SignIn) -> None:
    beta = workspace_create(owner=cast.carol, name="beta", actor=THE_CONSOLE)
    person = sign_in(cast.carol)
    person.get(f"/workspaces/{beta.slug}/settings/")
    agent = AgentLogin()
    code = agent.start()
    page = person.get("/device", {"user_code": code}).content.decode()
    assert f'value="{beta.pk}" checked' in page
    fields = {"user_code": code, "decision": "approve", "name": "laptop", "first_workspace_id": beta.pk}
    person.post("/device", fields)
    orgs = agent.get("/api/orgs", agent.poll()["access_token"])
    assert orgs.json() == [{"id": beta.pk, "name": "beta"}, {"id": cast.alpha.pk, "name": "alpha"}]  # type: ignore[attr-defined]


def test_foreign_workspace_to_start_in_opens_nothing(cast: Cast, sign_in: SignIn) -> None:
    agent = AgentLogin()
    code = agent.start()
    fields = {"user_code": code, "decision": "approve", "name": "laptop", "first_workspace_id": cast.gamma.pk}
    sign_in(cast.carol).post("/device", fields)
    orgs = agent.get("/api/orgs", agent.poll()["access_token"])
    assert [org["id"] for org in orgs.json()] == [cast.alpha.pk]  # type: ignore[attr-defined]


def test_list_shows_the_persons_own_devices_only(cast: Cast, sign_in: SignIn) -> None:
    device_of(cast.carol, name="carols laptop")
    device_of(cast.bob, name="bobs laptop")
    page = sign_in(cast.carol).get("/accounts/devices/").content.decode()
    assert "carols laptop" in page
    assert "opencode/1.18.33" in page
    assert "bobs laptop" not in page


def test_empty_list_says_what_to_type(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.carol).get("/accounts/devices/").content.decode()
    assert "opencode console login http://127.0.0.1:8000" in page


def test_device_is_revoked_after_a_question(cast: Cast, sign_in: SignIn) -> None:
    held = device_of(cast.carol)
    person = sign_in(cast.carol)
    assert "Revoke laptop?" in person.get(f"/accounts/devices/{held.id}/revoke/").content.decode()
    assert Device.objects.get().revoked_at is None
    page = person.post(f"/accounts/devices/{held.id}/revoke/", follow=True).content.decode()
    assert "laptop is signed out" in page
    assert "Revoked" in page
