"""Ports: a port is a function slot that an app declares and an app above it binds in its `ready()`."""

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class PortUnbound(RuntimeError):
    """The port is not bound: an app is missing from INSTALLED_APPS."""


class Port(Generic[P, R]):
    """Call it like the function it stands for. It is bound once; binding the same function again changes nothing.

    `default` is called while the port is not bound, if there is one.
    """

    def __init__(self, name: str, default: Callable[P, R] | None = None) -> None:
        self.name = name
        self._default = default
        self._function: Callable[P, R] | None = None

    def bind(self, function: Callable[P, R]) -> None:
        if self._function not in (None, function):
            raise RuntimeError(f"the port {self.name} is bound already")
        self._function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        function = self._function or self._default
        if function is None:
            raise PortUnbound(self.name)
        return function(*args, **kwargs)
