"""Who has to go when there is no room for another connection."""

from opencode.server.waiting import WaitingConnections


def waiting_of(*rows: tuple[str, str, bool]) -> WaitingConnections[str]:
    waiting: WaitingConnections[str] = WaitingConnections()
    for name, address, is_kept in rows:
        waiting.enter(name, address, is_kept=is_kept)
    return waiting


def test_an_address_with_a_quarter_of_all_pays_with_its_own() -> None:
    rows = [(f"other{number}", f"address{number}", False) for number in range(6)]
    waiting = waiting_of(*rows, ("old", "crowd", True), ("new", "crowd", False))
    assert waiting.least_needed("crowd") == "old"


def test_the_longest_silent_goes_before_any_that_was_answered() -> None:
    rows = [(f"kept{number}", f"address{number}", True) for number in range(6)]
    waiting = waiting_of(*rows, ("first", "a", False), ("second", "b", False))
    assert waiting.least_needed("newcomer") == "first"
    waiting.leave("first")
    waiting.leave("second")
    assert waiting.least_needed("newcomer") == "kept0"


def test_with_nobody_waiting_nobody_goes() -> None:
    waiting = waiting_of(("one", "a", False))
    waiting.leave("one")
    waiting.leave("one")
    assert len(waiting) == 0
    assert waiting.least_needed("a") is None
