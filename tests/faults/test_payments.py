"""Processes that die while a top-up is begun, credited or refunded: after a reconcile, paid is credited once."""

import json
import os
import subprocess
import sys
import time

import pytest

from tests.support.fixtures import StartServer
from tests.support.server import ROOT
from tests.support.standin import API_KEY
from tests.support.standin_server import serving

STEP = 1 if os.environ.get("OPENCODE_PROVE") else 36
SECONDS = 1_800


@pytest.mark.timeout(SECONDS)
def test_paid_is_credited_once_wherever_a_process_dies(start_server: StartServer) -> None:
    with serving() as stripe:
        stripe.clock.now = int(time.time())
        server = start_server(
            environment={
                "OPENCODE_PAYMENTS": "stripe",
                "STRIPE_SECRET_KEY": API_KEY,
                "STRIPE_WEBHOOK_SECRET": "whsec_1",
                "STRIPE_API_HOST": stripe.url,
            }
        )
        server.ask("tests.support.seed")
        command = [sys.executable, "-m", "tests.faults.paying", json.dumps({"step": STEP})]
        done = subprocess.run(
            command, cwd=ROOT, env=server.environment(), capture_output=True, text=True, timeout=SECONDS, check=False
        )
    assert done.returncode == 0, done.stderr[-4_000:]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each for each in said if not each["is_right"] or each["problems"]] == []
    for act in ("begin", "converge", "refund"):
        mine = [each for each in said if each["act"] == act]
        assert {each["point"] for each in mine if each["was_killed"]} >= {"answer 1", "before commit", "after commit"}
        assert not mine[-1]["was_killed"], "there are more statements than points"
