"""Settings: typed environment, clear errors, and nothing dangerous by default."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from opencode.settings.base import parse_keyring
from opencode.settings.sources.environment import Environment, read_environment
from tests.support.server import ROOT

PRODUCTION = {
    "OPENCODE_SECRET_KEY": "s" * 50,
    "OPENCODE_HASH_KEYS": "1:" + "k" * 32,
    "OPENCODE_PUBLIC_URL": "https://console.example",
    "DATABASE_URL": "mysql://u:p%40ss@db.example:3307/console",
    "REDIS_URL": "redis://redis.example:6379/0",
}


def run_production(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "opencode.settings.production"}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False
    )


def test_no_variable_gives_the_defaults() -> None:
    assert read_environment({}) == Environment()


def test_empty_value_counts_as_not_set() -> None:
    assert read_environment({"PORT": "", "HOST": ""}) == Environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("OPENCODE_SIGNUP", "maybe"),
        ("OPENCODE_LOG_JSON", "perhaps"),
    ],
)
def test_senseless_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        read_environment({name: value})


@pytest.mark.parametrize("text", ["secret", "1:short", "one:" + "k" * 32])
def test_malformed_keyring_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="OPENCODE_HASH_KEYS"):
        parse_keyring(text)


def test_keyring_has_a_key_for_each_version() -> None:
    assert parse_keyring("1:" + "a" * 32 + ", 2:" + "b" * 32) == {1: b"a" * 32, 2: b"b" * 32}


@pytest.mark.parametrize("missing", PRODUCTION)
def test_production_without_a_needed_variable_does_not_start(missing: str) -> None:
    given = {name: value for name, value in PRODUCTION.items() if name != missing}
    done = run_production("import opencode.settings.production", given)
    assert done.returncode != 0
    assert missing in done.stderr.splitlines()[-1]


def test_production_is_strict() -> None:
    script = (
        "from opencode.settings import production as p;"
        "assert p.DEBUG is False and p.SESSION_COOKIE_SECURE and p.CSRF_COOKIE_SECURE;"
        "assert p.ALLOWED_HOSTS == ['console.example'];"
        "assert p.SECURE_HSTS_SECONDS >= 365 * 86400 and p.SECURE_HSTS_INCLUDE_SUBDOMAINS;"
        "assert p.SESSION_COOKIE_NAME.startswith('__Host-') and p.CSRF_COOKIE_NAME.startswith('__Host-');"
        "assert p.DATABASES['default']['PASSWORD'] == 'p@ss' and p.ANONYMOUS_SHARES is False or p.HOST == '127.0.0.1'"
    )
    done = run_production(script, PRODUCTION)
    assert done.stderr == ""


def test_anonymous_shares_are_off_where_strangers_can_reach() -> None:
    script = "from opencode.settings import production as p; assert p.ANONYMOUS_SHARES is False"
    assert run_production(script, PRODUCTION | {"HOST": "0.0.0.0"}).stderr == ""


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "True True 0"),
        ({"OPENCODE_PUBLIC_URL": "https://console.example"}, "False True 31536000"),
        ({"HOST": "0.0.0.0"}, "False True 0"),
        ({"HOST": "0.0.0.0", "OPENCODE_PUBLIC_URL": "http://127.0.0.1"}, "False True 0"),
        ({"OPENCODE_PUBLIC_URL": "https://console.example", "OPENCODE_ANONYMOUS_SHARES": "on"}, "True False 31536000"),
        ({"OPENCODE_ANONYMOUS_SHARES": "off"}, "False False 0"),
    ],
)
def test_the_embedded_stack_shares_anonymously_where_only_this_machine_is_and_tells_of_tls(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    script = (
        "from opencode.settings import embedded as e;"
        "print(e.ANONYMOUS_SHARES, e.ANONYMOUS_SHARES_LOCAL_ONLY, e.SECURE_HSTS_SECONDS)"
    )
    done = run_production(script, {"OPENCODE_DATA_DIR": str(tmp_path), **environment})
    assert done.stdout.strip() == said


def test_nothing_that_comes_out_of_redis_is_unpickled() -> None:
    script = (
        "from django.core.cache import cache; import django; django.setup();"
        "print(type(cache._cache._serializer).__module__, cache.key_prefix)"
    )
    done = run_production(script, PRODUCTION)
    assert done.stdout.split() == ["opencode.lib.countscache", "json"]


def test_every_commit_is_synced() -> None:
    assert "synchronous=FULL" in settings.DATABASES["default"]["OPTIONS"]["init_command"]
    assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_every_scheduled_task_exists() -> None:
    from opencode.celery import app

    app.loader.import_default_modules()
    scheduled = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(app.tasks)


def test_django_has_nothing_to_complain_about() -> None:
    call_command("check", fail_level="WARNING")
