"""Which stack a test is for: `servers` and `embedded` mark those that make sense on one of them only."""

import pytest

from tests.support.serverstack import runs_on_servers


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("servers") and not runs_on_servers():
        pytest.skip("for the server stack: make test-servers")
    if item.get_closest_marker("embedded") and runs_on_servers():
        pytest.skip("for the embedded stack")
