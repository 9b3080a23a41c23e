"""Facts reach their receivers once they are true, whatever becomes of other receivers."""

from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal

from opencode.lib.announce import announce
from opencode.server.logs import logging_config
from tests.support.logs import events

pytestmark = pytest.mark.django_db(transaction=True)


class Listener:
    """Keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def __call__(self, *, number: int, **_fact: Any) -> None:
        self.heard.append(number)


def fail(**_fact: Any) -> None:
    raise RuntimeError("the receiver broke")


@pytest.fixture
def counted() -> Signal:
    return Signal()


@pytest.fixture
def listener(counted: Signal) -> Listener:
    heard = Listener()
    counted.connect(heard, weak=False)
    return heard


def test_a_fact_is_sent_when_it_is_committed(counted: Signal, listener: Listener) -> None:
    with transaction.atomic():
        announce(counted, number=1)
        announce(counted, number=2)
        assert listener.heard == []
    assert listener.heard == [1, 2]


def test_what_was_rolled_back_is_no_fact(counted: Signal, listener: Listener) -> None:
    with transaction.atomic():
        announce(counted, number=1)
        transaction.set_rollback(True)
    assert listener.heard == []


def test_what_an_inner_transaction_took_back_is_no_fact(counted: Signal, listener: Listener) -> None:
    with transaction.atomic():
        announce(counted, number=1)
        with transaction.atomic():
            announce(counted, number=2)
            transaction.set_rollback(True)
    assert listener.heard == [1]


def test_outside_a_transaction_a_fact_is_sent_at_once(counted: Signal, listener: Listener) -> None:
    announce(counted, number=3)
    assert listener.heard == [3]


def test_a_receiver_that_fails_stops_nobody(counted: Signal) -> None:
    after = Listener()
    counted.connect(fail)
    counted.connect(after, weak=False)
    with transaction.atomic():
        announce(counted, number=1)
        announce(counted, number=2)
        transaction.on_commit(lambda: after(number=3))
    assert after.heard == [1, 2, 3]


def test_outside_a_transaction_a_receiver_that_fails_raises_nothing(counted: Signal, listener: Listener) -> None:
    counted.connect(fail)
    announce(counted, number=4)
    assert listener.heard == [4]


def test_a_failure_is_an_event_that_names_receiver_and_fact(counted: Signal, caplog: pytest.LogCaptureFixture) -> None:
    counted.connect(fail)
    announce(counted, number=5)
    (event,) = events(caplog, "fact_receiver_failed")
    assert event["receiver"] == f"{__name__}.fail"
    assert event["fact"] == {"number": 5}
    assert "the receiver broke" in event["exception"]


def test_a_failure_is_logged_once() -> None:
    """Django's own line about it says less: the console's logging does not take it."""
    djangos = logging_config(level="INFO", as_json=True)["loggers"]["django.dispatch"]
    assert djangos == {"handlers": [], "propagate": False}
