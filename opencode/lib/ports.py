"""A port: a function slot an app declares and an app above it binds in its `ready()`."""

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class PortUnbound(RuntimeError):
    """Nobody bound the port: an app is missing from INSTALLED_APPS."""


class Port(Generic[P, R]):
    """Call it as the function it stands for. Bound once; binding the same function again changes nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._function: Callable[P, R] | None = None

    def bind(self, function: Callable[P, R]) -> None:
        if self._function not in (None, function):
            raise RuntimeError(f"the port {self.name} is bound already")
        self._function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._function is None:
            raise PortUnbound(self.name)
        return self._function(*args, **kwargs)
