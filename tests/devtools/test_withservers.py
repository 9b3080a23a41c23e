"""`python -m opencode.devtools.withservers`: the command's exit code, and what a missing server means."""

import subprocess
import sys

import pytest

from tests.support.server import ROOT

HIDDEN = """
import shutil, sys
shutil.which = lambda *_, **__: None
from opencode.devtools.withservers import main
sys.exit(main(sys.argv[1:]))
"""


def run_without_servers(*words: str, require: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HIDDEN, *words],
        cwd=ROOT,
        env={"OPENCODE_TEST_REQUIRE": require},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "require", "code"),
    [
        (("--", "true"), "", 2),
        (("--optional", "--", "true"), "", 0),
        (("--optional", "--", "true"), "browser,servers", 2),
    ],
)
def test_missing_server_is_a_reason_and_a_failure_where_it_is_required(
    words: tuple[str, ...], require: str, code: int
) -> None:
    ended = run_without_servers(*words, require=require)
    assert ended.returncode == code
    assert "the server stack is left out: " in ended.stderr
    assert "apt-get install mariadb-server redis-server" in ended.stderr
