"""The documents keep up with the code: nothing undocumented, no dead link, nothing of one machine."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.test import Client

from opencode.lib.errors import every_denial
from opencode.settings.sources.environment import Environment
from tests.support.server import ROOT

OWN_APPS = {"opencode", "accounts", "workspaces", "billing", "sync", "gateway", "steering"}
LIMITS = ("SYNC_", "DEVICE", "CONFIG_", "API_", "LEAK_", "GATEWAY_")
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
PERSONAL_PATH = re.compile(r"(?<![\w.])/(?:home|Users|work|root)/[\w.-]+|\.\./shared")
# The recordings' own bodies say where an agent ran; they are kept as they were sent.
RECORDED = ("tests/contract/data/",)


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def table_names(document: str) -> set[str]:
    """The code words in the first column of a document's tables."""
    rows = [line.split("|")[1] for line in (ROOT / document).read_text().splitlines() if line.startswith("|")]
    return {word for cell in rows for word in re.findall(r"`([^`]+)`", cell)}


def test_every_environment_variable_is_documented() -> None:
    documented = {name for name in table_names("docs/operations.md") if re.fullmatch(r"[A-Z][A-Z0-9_]+", name)}
    assert documented == set(Environment.__struct_fields__)


def test_every_default_of_a_variable_is_documented() -> None:
    rows = {
        line.split("|")[1].strip(" `"): line
        for line in (ROOT / "docs/operations.md").read_text().splitlines()
        if line.startswith("| `")
    }
    defaults = zip(Environment.__struct_fields__, Environment.__struct_defaults__, strict=True)
    wrong = [name for name, default in defaults if default and f"`{default}`" not in rows[name]]
    assert wrong == []


def test_every_limit_is_documented() -> None:
    limits = {name for name in dir(settings) if name.startswith(LIMITS)}
    assert {name for name in table_names("docs/limits.md") if name.startswith(LIMITS)} == limits


def spoken(name: str, value: int) -> str:
    """A setting's value as docs/limits.md says it."""
    if name.endswith("_BYTES") and value >= 1024**2:
        return f"{value // 1024**2} MB"
    units = {"BYTES": " bytes", "SECONDS": " s", "MINUTES": " min", "HOURS": " h"}
    return f"{value:,}" + units.get(name.rpartition("_")[2], "")


def test_every_limit_is_documented_with_its_value() -> None:
    rows = [row for row in (ROOT / "docs/limits.md").read_text().splitlines() if row[3:].startswith(LIMITS)]
    names = [row.split("`")[1] for row in rows]
    said = {name: row.split("|")[2].strip() for name, row in zip(names, rows, strict=True)}
    assert said == {name: spoken(name, getattr(settings, name)) for name in names}


def test_every_command_of_ours_is_documented() -> None:
    apps = get_commands()
    ours = {name for name, app in apps.items() if str(getattr(app, "name", app)) in OWN_APPS}
    documented = {name.split()[1] for name in table_names("docs/operations.md") if name.startswith("manage.py ")}
    assert ours
    assert documented == ours


@pytest.mark.django_db
def test_every_denial_code_has_a_section_on_the_page_of_codes() -> None:
    page = Client().get("/docs/errors").content.decode()
    missing = [denial.code for denial in every_denial() if f'id="{denial.code}"' not in page]
    assert missing == []


def test_every_denial_says_something_of_its_own() -> None:
    sentences = [denial.default_message for denial in every_denial()]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith((".", "…")) for sentence in sentences)


def test_no_link_between_documents_is_dead() -> None:
    documents = [file for file in tracked_files() if file.suffix == ".md"]
    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in LINK.findall(document.read_text())
        if not (document.parent / target).exists()
    ]
    assert dead == []


def test_every_document_is_reachable_from_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text()
    lost = [str(file) for file in (ROOT / "docs").rglob("*.md") if f"({file.relative_to(ROOT / 'docs')})" not in index]
    assert lost == [str(ROOT / "docs/index.md")]


def test_no_file_names_a_path_of_one_machine() -> None:
    found = []
    for file in tracked_files():
        name = str(file.relative_to(ROOT))
        content = file.read_bytes()
        if b"\0" in content or name.startswith(RECORDED) or file == Path(__file__):
            continue
        found += [f"{name}: {match[0]}" for match in PERSONAL_PATH.finditer(content.decode())]
    assert found == []


def test_no_lock_file_names_an_index() -> None:
    named = [file.name for file in (ROOT / "deploy/requirements").iterdir() if "://" in file.read_text()]
    assert named == []


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    assert set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)) == targets
