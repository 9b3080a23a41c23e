"""Test payments as an operator meets them: beside the console, kept over restarts, refused where strangers are."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import stripe
from django.core.exceptions import ImproperlyConfigured

from opencode.settings.sources.environment import read_environment
from opencode.settings.sources.payments import read_payments
from tests.support.processes import children_of, command_of, free_port, wait_until
from tests.support.server import ROOT, ConsoleServer

# Which database is beside it makes no difference to the stand-in.
pytestmark = pytest.mark.embedded

SECRET = "s" * 50
LOCAL = "http://127.0.0.1:8000"
PUBLIC = "https://console.example"


def payments_of(environment: dict[str, str], public_url: str = LOCAL) -> tuple[str, str, str]:
    read = read_payments(read_environment(environment), public_url, SECRET)
    return read.mode, read.api_host, read.pages_url


@pytest.mark.parametrize(
    ("environment", "public_url", "expected"),
    [
        ({}, PUBLIC, ("none", "", "")),
        ({"OPENCODE_PAYMENTS": "test"}, LOCAL, ("test", "http://127.0.0.1:12111", "http://127.0.0.1:12111")),
        (
            {"OPENCODE_PAYMENTS": "test", "OPENCODE_TEST_PAYMENTS_URL": "https://pay.example/"},
            PUBLIC,
            ("test", "http://127.0.0.1:12111", "https://pay.example"),
        ),
        (
            {"OPENCODE_PAYMENTS": "stripe", "STRIPE_SECRET_KEY": "sk", "STRIPE_WEBHOOK_SECRET": "whsec_1, whsec_2"},
            PUBLIC,
            ("stripe", "https://api.stripe.com", ""),
        ),
    ],
)
def test_payments_are_as_the_variables_say(
    environment: dict[str, str], public_url: str, expected: tuple[str, str, str]
) -> None:
    assert payments_of(environment, public_url) == expected


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"OPENCODE_PAYMENTS": "test"}, "OPENCODE_TEST_PAYMENTS_URL"),
        ({"OPENCODE_PAYMENTS": "stripe"}, "STRIPE_SECRET_KEY"),
        ({"OPENCODE_PAYMENTS": "stripe", "STRIPE_SECRET_KEY": "sk"}, "STRIPE_WEBHOOK_SECRET"),
        (
            {"OPENCODE_PAYMENTS": "stripe", "STRIPE_SECRET_KEY": "sk", "STRIPE_WEBHOOK_SECRET": ","},
            "STRIPE_WEBHOOK_SECRET",
        ),
        ({"OPENCODE_PAYMENTS": "cash"}, "OPENCODE_PAYMENTS"),
    ],
)
def test_what_cannot_be_meant_is_refused(environment: dict[str, str], named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        payments_of(environment, PUBLIC)


def test_several_webhook_secrets_stand_beside_each_other_while_rotating() -> None:
    given = {"OPENCODE_PAYMENTS": "stripe", "STRIPE_SECRET_KEY": "sk", "STRIPE_WEBHOOK_SECRET": "whsec_1, whsec_2"}
    assert read_payments(read_environment(given), PUBLIC, SECRET).webhook_secrets == ("whsec_1", "whsec_2")


def key_of(server: ConsoleServer) -> str:
    shown = server.manage(
        "shell", "-v", "0", "-c", "from django.conf import settings; print(settings.PAYMENTS.secret_key)"
    )
    return shown.split()[-1]


def payments_process(server: ConsoleServer) -> list[int]:
    return [pid for pid in children_of(server.pid) if "opencode.server.testpayments" in command_of(pid)]


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_test_payments_run_beside_the_console_and_outlive_kills(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"OPENCODE_PAYMENTS": "test", "OPENCODE_TEST_PAYMENTS_PORT": str(port)}
    with ConsoleServer(tmp_path / "console", with_worker=True, environment=environment) as server:
        wait_until(lambda: is_up(url), "test payments answer", 30)
        client = stripe.StripeClient(key_of(server), base_addresses={"api": url}, max_network_retries=0)
        customer = client.v1.customers.create({"name": "kept"})
        (process,) = payments_process(server)
        os.kill(process, 9)
        wait_until(lambda: payments_process(server) not in ([], [process]), "another process is started", 30)
        wait_until(lambda: is_up(url), "test payments answer again", 30)
        assert client.v1.customers.retrieve(customer.id).name == "kept"
        server.restart()
        wait_until(lambda: is_up(url), "test payments answer after a restart", 30)
        assert client.v1.customers.retrieve(customer.id).name == "kept"
        last = payments_process(server)
        server.kill9()
    wait_until(lambda: not any(command_of(pid) for pid in last), "they end with the console", 15)


def test_without_test_payments_no_process_is_started(console_server: ConsoleServer) -> None:
    assert payments_process(console_server) == []
    assert not (console_server.data_dir / "test_payments.sqlite3").exists()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with ConsoleServer(tmp_path / "first") as running:
        environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "opencode.settings.embedded",
            "OPENCODE_DATA_DIR": str(tmp_path / "second"),
            "PORT": str(free_port()),
            "OPENCODE_PAYMENTS": "test",
            "OPENCODE_TEST_PAYMENTS_PORT": str(running.port),
        }
        command = [sys.executable, "manage.py", "serve"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert "OPENCODE_TEST_PAYMENTS_PORT" in done.stderr
