"""What goes into the image and into git: nothing that holds secrets, made from the ignore files themselves."""

import subprocess
from pathlib import Path

import pytest

from tests.support.server import ROOT

DOCUMENTS = {"docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "opencode_sync"}
"""What the console shows as its documents."""
SECRETS = [
    "deploy/.env",
    "deploy/.env.production",
    ".env",
    "data/console.sqlite3",
    "data/secret_key",
    "data/hash_key_1",
]


def docker_excludes(path: str, patterns: list[str]) -> bool:
    """As Docker reads `.dockerignore`: a pattern stands for a path from the root, `**` for any folders before it."""
    parts = [Path(path), *Path(path).parents][:-1]
    excluded = False
    for pattern in patterns:
        negated, glob = pattern.startswith("!"), pattern.removeprefix("!").strip("/")
        names = [str(part) for part in parts]
        anywhere = glob.removeprefix("**/")
        hit = (
            any(Path(name).match(anywhere) for name in names)
            if anywhere != glob
            else any(Path("/" + name).match("/" + glob) for name in names)
        )
        excluded = not negated if hit else excluded
    return excluded


def patterns() -> list[str]:
    return [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines() if line.strip()]


@pytest.mark.parametrize("path", SECRETS)
def test_no_secret_is_in_the_image(path: str) -> None:
    assert docker_excludes(path, patterns())


@pytest.mark.parametrize("path", SECRETS)
def test_no_secret_is_in_git(path: str) -> None:
    assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0


def test_the_code_is_in_the_image() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    needed = [
        path
        for path in tracked
        if path.split("/")[0] in {"opencode", "accounts", "sync", "templates", "deploy", *DOCUMENTS}
    ]
    assert len(needed) > 500
    assert [path for path in needed if docker_excludes(path, patterns())] == []
