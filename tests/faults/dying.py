"""Kills the process, as SIGKILL does, at the point of a model call that TEST_DIES names."""

import functools
import os
import signal
from collections.abc import Callable
from typing import Any

from django.apps import AppConfig

POINTS = {
    "reserved": ("gateway.relay.serving", "call_reserve", "after"),
    "connecting": ("gateway.relay.attempts", "_post", "before"),
    "answered": ("gateway.relay.relaying", "answer_open", "after"),
    "forwarded": ("gateway.relay.relaying", "_forward", "after"),
    "unspooled": ("gateway.relay.settling", "Settling.keep", "before"),
    "spooled": ("gateway.relay.settling", "Settling.settle", "before"),
    "settled": ("gateway.relay.settling", "asettle", "after"),
    "ending": ("gateway.relay.settling", "Settling.settle", "after"),
}
"""By name: a module, what in it, and whether the process dies before or after it."""


class DyingConfig(AppConfig):
    name = "tests.faults"
    label = "dying"

    def ready(self) -> None:
        point = os.environ.get("TEST_DIES")
        if point:
            _mine(*POINTS[point])


def _mine(module: str, name: str, when: str) -> None:
    import importlib

    holder: Any = importlib.import_module(module)
    *owners, last = name.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    setattr(holder, last, _deadly(getattr(holder, last), when))


def _deadly(work: Callable[..., Any], when: str) -> Callable[..., Any]:
    if when == "after":

        @functools.wraps(work)
        async def dies_after(*args: Any, **kwargs: Any) -> Any:
            await work(*args, **kwargs)
            _die()

        return dies_after

    @functools.wraps(work)
    def dies_before(*_args: Any, **_kwargs: Any) -> Any:
        _die()

    return dies_before


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
