"""Nothing is hidden in what holds no secret: this project's own code, lock files, hashes, pictures, identifiers."""

import base64
import random
from pathlib import Path

import pytest

from sync.masking import find_secrets
from tests.support.server import ROOT

# These show or make what a secret looks like.
SHOWING = {"sync/masking/rules.py"}


def own_sources() -> list[Path]:
    folders = (
        "accounts",
        "workspaces",
        "billing",
        "sync",
        "opencode",
        "opencode_sync",
        "static",
        "templates",
        "deploy",
    )
    kinds = {".py", ".js", ".css", ".html", ".txt", ".sh", ".yaml"}
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*")) if file.suffix in kinds]


def test_this_projects_code_and_lock_files_are_left_alone() -> None:
    marked = {
        f"{file.relative_to(ROOT)}: {file.read_text()[found.start : found.end][:60]}"
        for file in own_sources()
        if str(file.relative_to(ROOT)) not in SHOWING
        for found in find_secrets(file.read_text())
    }
    assert marked == set()


@pytest.mark.parametrize("seed", range(5))
def test_pictures_in_base64_are_left_alone(seed: int) -> None:
    picture = base64.b64encode(random.Random(seed).randbytes(200_000)).decode()
    assert find_secrets(f"![x](data:image/png;base64,{picture})") == []


@pytest.mark.parametrize(
    "text",
    [
        "commit 4300f27c8de20d20db4d8c83ac4f3d1f0b9c6a5e4d3c2b1a",
        "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        '"integrity": "sha512-6LQBb5K5Lq0Xu8DkT0oWmv0pZrZ3pbIcHj0hI1jvVtP0wIYrQ1R6h1hpVRLb5zG4YDk9w=="',
        "ses_df8f24a38ffeU5ryvcXWGTEjuS msg_df8f24a38001 prt_df8f24a38ffe",
        "wrk_01JD3W6Z9K8N0M7Q5R4S2T1V0X key_01JD3W6Z9K8N0M7Q5R4S2T1V0X",
        "123e4567-e89b-12d3-a456-426614174000",
        "https://example.com/a:b@c and mailto:ann@example.com",
        "http://user:password@proxy:3128 and postgres://user:pass@host/db",
    ],
)
def test_hashes_and_identifiers_are_left_alone(text: str) -> None:
    assert find_secrets(text) == []
