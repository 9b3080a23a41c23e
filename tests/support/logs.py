"""The console's own log events, as pytest's `caplog` keeps them."""

from typing import Any

import pytest


def events(caplog: pytest.LogCaptureFixture, name: str) -> list[dict[str, Any]]:
    """The fields of each event of that name, in order; `level` and `logger` are among them."""
    own = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return [fields for fields in own if fields["event"] == name]
