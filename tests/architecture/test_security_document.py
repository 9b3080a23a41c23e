"""docs/security.md and docs/api.md say what the code does: what they name is there, the scopes are the matrix's."""

import re

from opencode.lib.paging import PAGE_ROWS
from tests.architecture.tenancy_table import OPERATIONS
from tests.support.server import ROOT
from workspaces.calls.paging import PAGE_ROWS_LIMIT
from workspaces.roles import SCOPES
from workspaces.services.repeats import KEPT_HOURS

SECURITY = (ROOT / "docs/security.md").read_text()
API = (ROOT / "docs/api.md").read_text()
CHAPTERS = [line.split("|")[1:5] for line in SECURITY.splitlines() if re.match(r"\| V\d+ ", line)]


def test_every_chapter_has_its_row() -> None:
    assert [int(row[0].split()[0][1:]) for row in CHAPTERS] == list(range(1, 18))


def test_what_the_table_names_is_there() -> None:
    named = {name for row in CHAPTERS for name in re.findall(r"`([^`]+)`", row[2])}
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []


def opened_by_keys() -> dict[str, set[str]]:
    """The scopes that open each operation for a key of its workspace, by the matrix."""
    found: dict[str, set[str]] = {}
    for row in OPERATIONS:
        answers = zip(SCOPES, row.keys.split()[1:], strict=True)
        found.setdefault(row.id, set()).update(scope for scope, status in answers if status.startswith("2"))
    return {name: scopes for name, scopes in found.items() if scopes}


def test_scopes_are_those_of_the_matrix() -> None:
    rows = [line.split("|")[1:3] for line in API.splitlines() if line.startswith("| `")]
    said = {
        name: set(re.findall(r"`([^`]+)`", scopes)) or set(SCOPES)
        for names, scopes in rows
        for name in re.findall(r"`([^`]+)`", names)
    }
    said["leaks_report"] = set(SCOPES)
    assert said == opened_by_keys()


def test_numbers_are_those_of_the_code() -> None:
    assert f"`limit` is {PAGE_ROWS} unless told, {PAGE_ROWS_LIMIT} at most" in API
    assert f"for {KEPT_HOURS} hours" in API
