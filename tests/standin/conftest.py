"""A sandbox with Stripe's SDK on it."""

import pytest

from tests.support.standin import World


@pytest.fixture
def world() -> World:
    return World()
