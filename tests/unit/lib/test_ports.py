"""Function slots between apps."""

import pytest

from opencode.lib.ports import Port, PortUnbound


def double(number: int) -> int:
    return 2 * number


def triple(number: int) -> int:
    return 3 * number


def test_bound_port_is_the_function() -> None:
    port: Port[[int], int] = Port("example")
    port.bind(double)
    assert port(21) == 42


def test_unbound_port_names_itself() -> None:
    port: Port[[int], int] = Port("example")
    with pytest.raises(PortUnbound, match="example"):
        port(1)


def test_default_stands_in_until_something_is_bound() -> None:
    port: Port[[int], int] = Port("example", default=double)
    assert port(21) == 42
    port.bind(triple)
    assert port(14) == 42


def test_port_is_bound_once() -> None:
    port: Port[[int], int] = Port("example")
    port.bind(double)
    port.bind(double)
    with pytest.raises(RuntimeError, match="bound already"):
        port.bind(triple)
