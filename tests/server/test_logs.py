"""Log lines: structured, libraries' included, and without secrets. A process of its own writes them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.test import RequestFactory

from opencode.server.logs import _redact_event, redact
from tests.support.server import ROOT

SECRETS = [
    "/w/oc_share_abc123/api/share",
    "oc_live_0123456789abcdef",
    "abcdefghijklmnopqrst.1." + "0" * 32,
    "/workspaces/invitations/3fK9aQ3fK9aQ/",
    "/accounts/password/reset/key/usr_01-abcdef-123/",
    "/accounts/confirm-email/MQ:abc:def/",
]
SCRIPT = """
import logging, logging.config, sys, structlog
from opencode.server.logs import logging_config
logging.config.dictConfig(logging_config(level="INFO", as_json=True))
own, library = structlog.get_logger("console.test"), logging.getLogger("some.library")
own.info("session stored", session=3)
library.warning("took %s tries", 2)
for secret in sys.argv[1:]:
    own.info("asked", path=f"GET {secret} 200")
    library.warning("asked for %s", secret)
    try:
        raise ValueError(secret)
    except ValueError:
        library.exception("failed")
"""

Line = dict[str, object]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *SECRETS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_own_and_foreign_lines_have_one_form(lines: list[Line]) -> None:
    own, foreign = lines[:2]
    assert {"event": "session stored", "session": 3, "level": "info", "logger": "console.test"}.items() <= own.items()
    assert {"event": "took 2 tries", "level": "warning", "logger": "some.library"}.items() <= foreign.items()
    assert "timestamp" in own
    assert "timestamp" in foreign


@pytest.mark.parametrize("number", range(len(SECRETS)))
def test_secret_never_reaches_a_log(lines: list[Line], number: int) -> None:
    in_field, in_message, in_trace = lines[2 + 3 * number : 5 + 3 * number]
    secret = SECRETS[number].removesuffix("/api/share").strip("/").rpartition("/")[2]
    assert "[redacted]" in str(in_field["path"])
    assert "[redacted]" in str(in_message["event"])
    assert "[redacted]" in str(in_trace["exception"])
    assert secret not in json.dumps([in_field, in_message, in_trace])


@pytest.mark.parametrize("place", [list, tuple, lambda values: {"inner": values[0]}, lambda values: values[0]])
def test_secret_in_an_object_reaches_no_log(place: Callable[[list[object]], object]) -> None:
    """Django logs the request itself with every refusal."""
    request = RequestFactory().get("/accounts/first-owner/3fK9aQ3fK9aQ")
    event = _redact_event(None, "warning", {"event": "Not Found", "request": place([request])})
    assert "3fK9aQ" not in str(event)
    assert "[redacted]" in str(event)


@pytest.mark.parametrize("piece", ["a-", "a", "a.", "aaaaaaaaaaaaaaaa.1", "oc_live_", "/w/", "-1."])
def test_hostile_path_costs_no_more_than_its_length(piece: str) -> None:
    """A doubled text may take a few times as long, not the square: 60 KB of `a-` once took half a minute."""
    began = time.process_time()
    redact(piece * (60_000 // len(piece)))
    assert time.process_time() - began < 2
