"""Log lines: structured, libraries' included, and without secrets. A process of its own writes them."""

import json
import subprocess
import sys

import pytest

from tests.support.server import ROOT

SECRETS = ["/w/oc_share_abc123/api/share", "oc_live_0123456789abcdef", "abcdefghijklmnopqrst.1." + "0" * 32]
SCRIPT = """
import logging, logging.config, sys, structlog
from opencode.logs import logging_config
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
    secret = SECRETS[number].removeprefix("/w/").removesuffix("/api/share")
    assert "[redacted]" in str(in_field["path"])
    assert "[redacted]" in str(in_message["event"])
    assert "[redacted]" in str(in_trace["exception"])
    assert secret not in json.dumps([in_field, in_message, in_trace])
