"""`/metrics`: this process's counts since its start, and present values, in Prometheus' format."""

import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from math import nan
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from prometheus_client import REGISTRY, Gauge, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from accounts.selectors.mails import mails_waiting
from opencode.lib.clock import utc_now
from opencode.lib.http import FORWARDING, bearer_of, is_loopback
from sync.archive import snapshot_lag_seconds
from sync.live import runtime_load

Send = Callable[[Mapping[str, Any]], Awaitable[None]]

log = structlog.get_logger(__name__)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HEALTH: Final = frozenset({"/healthz", "/readyz", "/metrics"})
PREFIXES: Final = (("/static/", "static"), ("/api/v1/", "api"), ("/admin/", "admin"))

disable_created_metrics()  # type: ignore[no-untyped-call]
SOCKETS: Final = Gauge("opencode_open_sockets", "WebSockets and event streams that are open.")
HUBS: Final = Gauge("opencode_hubs", "Sessions that are followed.")
QUEUED: Final = Gauge("opencode_writer_queue_bytes", "Bytes of publishes that wait for their commit.")
SNAPSHOT_LAG: Final = Gauge("opencode_snapshot_lag_seconds", "How long the oldest due snapshot is due, of all.")
MAILS: Final = Gauge("opencode_mails_waiting", "Mails that are to be sent, of all.")


class Requests(Collector):
    """Answered requests by method, kind of route and status. Only the event loop counts, so it needs no lock."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, int]] = Counter()

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily("opencode_requests", "Answered requests.", labels=["method", "route", "status"])
        for (method, route, status), count in list(self.counts.items()):
            family.add_metric([method, route, str(status)], count)
        yield family


REQUESTS: Final = Requests()
REGISTRY.register(REQUESTS)


def route_class(path: str) -> str:
    """The kind of one of Django's paths: few enough values for a label."""
    if path in HEALTH:
        return "health"
    return next((name for prefix, name in PREFIXES if path.startswith(prefix)), "page")


def counted(send: Send, method: str, route: str) -> Send:
    """`send`, which counts the response too."""
    method = method if method in METHODS else "other"

    async def counting(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            REQUESTS.counts[method, route, message["status"]] += 1
        await send(message)

    return counting


def may_read_metrics(request: HttpRequest) -> bool:
    """Whether the request shows OPENCODE_METRICS_TOKEN or, when none is set, comes from this machine itself."""
    if settings.METRICS_TOKEN:
        return hmac.compare_digest(bearer_of(request).encode(), settings.METRICS_TOKEN.encode())
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and not any(map(request.headers.get, FORWARDING))


def metrics_text() -> bytes:
    """All metrics, in Prometheus' text format. Values from the database are NaN when it does not answer."""
    load = runtime_load()
    SOCKETS.set(load.sockets)
    HUBS.set(load.hubs)
    QUEUED.set(load.queued_bytes)
    try:
        SNAPSHOT_LAG.set(snapshot_lag_seconds(now=utc_now()))
        MAILS.set(mails_waiting())
    except DatabaseError:
        log.exception("database_unreachable")
        SNAPSHOT_LAG.set(nan)
        MAILS.set(nan)
    return generate_latest(REGISTRY)
