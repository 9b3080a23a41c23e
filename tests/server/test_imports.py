"""What nobody uses is not loaded: it is memory in every process, and seconds of every start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import ROOT

# Twisted itself is loaded by structlog wherever it is installed, which is where the tests run.
UNUSED = ("billing.standin", "stripe", "daphne", "autobahn", "boto3", "botocore", "s3transfer", "MySQLdb", "redis")
SCRIPT = "import sys, json, {module}; print(json.dumps([name for name in {names!r} if name in sys.modules]))"


@pytest.mark.parametrize("module", ["opencode.asgi", "opencode.server.worker"])
def test_the_embedded_stack_loads_nothing_of_what_only_servers_need(tmp_path: Path, module: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "opencode.settings.embedded",
        "OPENCODE_DATA_DIR": str(tmp_path),
    }
    script = SCRIPT.format(module=module, names=UNUSED)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
