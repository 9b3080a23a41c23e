"""Tools a machine may lack: their tests skip with a reason, or fail where OPENCODE_TEST_REQUIRE names the tool."""

import os
from typing import TypeVar

import pytest

Found = TypeVar("Found")


def require(tool: str, found: Found | None, reason: str) -> Found:
    """`found`, or a skip; with `OPENCODE_TEST_REQUIRE=node,browser,agent` naming the tool, a failure."""
    if found is not None:
        return found
    if tool in os.environ.get("OPENCODE_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{tool} is required here, but {reason}")
    pytest.skip(f"{tool}: {reason}")
