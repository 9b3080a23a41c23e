"""Payments through the stand-in, in the process of the test."""

from typing import Any

import pytest

from opencode.settings.sources.payments import Payments
from tests.billing.stripe.payments import SECRET, Paying
from tests.cast import Cast
from tests.support.standin import API_KEY


@pytest.fixture
def paying(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Paying:
    """alpha's payments."""
    settings.PAYMENTS = Payments("test", "http://127.0.0.1:1", API_KEY, (SECRET,), 1, "http://127.0.0.1:1")
    world = Paying(cast.alpha)
    monkeypatch.setattr("billing.stripe.client._client", lambda host, key: world.client)
    return world
