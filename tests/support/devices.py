"""Agents that are signed in, made the way they come to be."""

from typing import NamedTuple

from django.test import Client

from accounts.models import Device, User
from accounts.services.device_logins import device_login_approve, device_login_poll, device_login_start

AGENT = "opencode/1.18.33"
CLIENT_ID = "opencode-cli"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class SignedIn(NamedTuple):
    """A device and the tokens it holds."""

    id: str
    access: str
    refresh: str

    @property
    def device(self) -> Device:
        return Device.objects.get(pk=self.id)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}


def device_of(user: User, *, name: str = "laptop", first_workspace_id: str = "") -> SignedIn:
    started = device_login_start(ip="127.0.0.1", user_agent=AGENT)
    device_login_approve(user_code=started.user_code, user=user, name=name, first_workspace_id=first_workspace_id)
    tokens = device_login_poll(device_code=started.device_code, ip="127.0.0.1", user_agent=AGENT, request_id="req_test")
    device = Device.objects.filter(user=user).latest("id")
    return SignedIn(device.pk, tokens.access, tokens.refresh)


class AgentLogin:
    """The agent's side of a login, through the product's addresses."""

    def __init__(self, *, address: str = "127.0.0.1", agent: str = AGENT) -> None:
        self.http = Client(headers={"Accept": "application/json", "User-Agent": agent}, REMOTE_ADDR=address)
        self.codes: dict[str, object] = {}

    def start(self) -> str:
        """The user code."""
        answer = self.post("/auth/device/code", client_id=CLIENT_ID)
        assert answer.status_code == 200, answer.content
        self.codes = answer.json()
        return str(self.codes["user_code"])

    def poll(self) -> dict[str, object]:
        answer: dict[str, object] = self.post(
            "/auth/device/token", grant_type=DEVICE_GRANT, device_code=self.codes["device_code"], client_id=CLIENT_ID
        ).json()
        return answer

    def refresh(self, token: object) -> dict[str, object]:
        answer: dict[str, object] = self.post(
            "/auth/device/token", grant_type="refresh_token", refresh_token=token, client_id=CLIENT_ID
        ).json()
        return answer

    def get(self, path: str, token: object, **headers: str) -> object:
        return self.http.get(path, headers={"Authorization": f"Bearer {token}", **headers})

    def post(self, path: str, **fields: object):  # type: ignore[no-untyped-def]
        return self.http.post(path, fields, content_type="application/json")
