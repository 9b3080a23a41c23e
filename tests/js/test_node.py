"""The JavaScript modules have their tests in JavaScript; this runs them with the rest."""

import shutil
import subprocess
from pathlib import Path

from tests.support.requirements import require

HERE = Path(__file__).resolve().parent


def test_javascript_suites_pass() -> None:
    node = require("node", shutil.which("node"), "node (20 or later) is not on the path")
    suites = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    done = subprocess.run([node, "--test", *suites], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "\n# pass 0\n" not in done.stdout
