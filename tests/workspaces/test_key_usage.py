"""How keys' use is counted: in memory, written together, nothing lost when the database is away."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from opencode.lib.clock import utc_now
from tests.cast import Cast
from tests.support.uses import uses_flush
from tests.workspaces.conftest import MakeKey
from workspaces.access import key_access
from workspaces.keys.usage import COUNTS, count_publish, count_request, usage_flush
from workspaces.models import APIKey, KeyUsage


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    COUNTS.take()


def rows() -> list[tuple[str, int, int]]:
    return list(KeyUsage.objects.order_by("key_id").values_list("key_id", "requests", "publishes"))


def test_counts_of_a_day_add_up(cast: Cast) -> None:
    for _ in range(2):
        count_request(cast.alpha.pk, "key_1")
        count_publish(cast.alpha.pk, "key_1")
        count_publish(cast.alpha.pk, "key_2")
        usage_flush()
    assert rows() == [("key_1", 2, 2), ("key_2", 0, 2)]
    assert set(KeyUsage.objects.values_list("day", "workspace")) == {(utc_now().date(), cast.alpha.pk)}


def test_counting_costs_a_request_no_query(
    cast: Cast, make_key: MakeKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, secret = make_key(cast.carol)
    key_access(secret)
    with django_assert_num_queries(1):
        key_access(secret)


def test_nothing_counted_writes_nothing(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        usage_flush()
    assert [each for each in queries.captured_queries if "workspaces_keyusage" in each["sql"]] == []


def test_what_cannot_be_written_is_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    count_request(cast.alpha.pk, "key_1")
    with monkeypatch.context() as broken:
        broken.setattr(KeyUsage.objects, "get_or_create", lambda **_: 1 / 0)
        usage_flush()
    usage_flush()
    assert rows() == [("key_1", 1, 0)]


@pytest.mark.django_db(transaction=True)
def test_fifty_requests_at_once_with_one_key_are_all_served_and_its_use_is_written_once(
    cast: Cast, make_key: MakeKey
) -> None:
    key, secret = make_key(cast.carol)
    start = Barrier(50)

    def ask(number: int) -> str:
        start.wait()
        try:
            return key_access(secret, ip=f"192.0.2.{number}").key_id
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(ask, range(50)))
    assert answers == {key.pk}
    usage_flush()
    assert rows() == [(key.pk, 50, 0)]
    uses_flush()
    first = APIKey.objects.values_list("last_used_at", "last_used_ip").get()
    key_access(secret, ip="192.0.2.99")
    uses_flush()
    assert APIKey.objects.values_list("last_used_at", "last_used_ip").get() == first
