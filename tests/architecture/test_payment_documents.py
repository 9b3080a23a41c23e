"""docs/billing.md lists what test payments offer: every card, switch and fault, and nothing that is not there."""

import re

from billing.standin.objects.cards import CARDS
from billing.standin.service.faults import EVENT_FAULTS, REQUEST_FAULTS
from billing.standin.web.switches import SWITCHES
from tests.support.server import ROOT


def words_of(heading: str, *, column: str) -> set[str]:
    """The code words in the first column of the tables under a heading, of those whose head is `column`."""
    section = (ROOT / "docs/billing.md").read_text().split(f"### {heading}\n")[1].split("\n## ")[0]
    tables = re.findall(rf"^\| {column} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", section, re.MULTILINE)
    rows = [row.split("|")[1] for table in tables for row in table.splitlines()]
    return {word for cell in rows for word in re.findall(r"`([^`]+)`", cell)}


def test_every_card_is_documented() -> None:
    others = {"us", "visa_chargeDeclined"}  # other names of cards in the list
    assert words_of("Its cards", column="card") == set(CARDS) - others


def test_every_switch_and_fault_is_documented() -> None:
    assert words_of("Its switches", column="switch") == set(SWITCHES)
    assert words_of("Its switches", column="fault") == set(REQUEST_FAULTS) | set(EVENT_FAULTS)
