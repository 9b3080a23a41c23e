"""Which documents the console shows, in which order, under which addresses. One line a document."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings

EXAMPLES: Final = "docs/examples"
DOCUMENTS: Final = "docs"
EXAMPLE_BYTES: Final = 200_000
_EXAMPLE_SUFFIXES: Final = {".js", ".mjs", ".ts", ".py", ".sh", ".json"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the documents: `file` from the project's folder, empty for one that is made from the code.

    `address` is what follows `/docs/`.
    """

    address: str
    label: str
    about: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    title: str
    entries: tuple[Entry, ...]


SHELVES: Final = (
    Shelf(
        "Guides",
        (
            Entry("start", "Getting started", "What it is, how to run it, how to connect an agent", "README.md"),
            Entry("steering", "Steering", "See what agents wait for, and answer from anywhere", "docs/steering.md"),
            Entry("gateway", "Models", "Providers' keys, models and who may use them", "docs/gateway.md"),
            Entry("billing", "Billing and usage", "What a request costs, budgets, price lists", "docs/billing.md"),
            Entry("github", "GitHub Actions", "The agent in jobs of your repositories", "docs/github.md"),
            Entry("webhooks", "Webhooks", "Events for your programs, signatures, repeats", "docs/webhooks.md"),
        ),
    ),
    Shelf(
        "Reference",
        (
            Entry("api", "API reference", "Every operation of the JSON API"),
            Entry("programs", "API conventions", "What all operations have in common", "docs/api.md"),
            Entry("protocol", "Sync protocol", "Follow and publish sessions live", "docs/protocol.md"),
            Entry("python-client", "Python client", "Follow sessions from Python", "opencode_sync/README.md"),
            Entry("errors", "Error codes", "What each refusal means"),
            Entry("limits", "Limits", "How large and how many", "docs/limits.md"),
        ),
    ),
    Shelf(
        "Operating",
        (
            Entry("operations", "Operations", "Settings, commands, backup, health", "docs/operations.md"),
            Entry("provisioning", "Provisioning", "Set a console up from a file", "docs/provisioning.md"),
            Entry("security", "Security", "What protects the console and what is missing", "docs/security.md"),
            Entry(
                "security/authentication",
                "Signing in",
                "Sign-in and sessions, held against OWASP ASVS",
                "docs/security/authentication.md",
            ),
            Entry("performance", "Performance", "How fast it is, and how that was measured", "docs/performance.md"),
        ),
    ),
    Shelf(
        "About",
        (
            Entry("changes", "What's new", "What changed, version by version", "CHANGELOG.md"),
            Entry("glossary", "Glossary", "Words with a meaning of their own here", "docs/glossary.md"),
            Entry("architecture", "Architecture", "How the code is laid out and why", "docs/architecture.md"),
            Entry("contributing", "Contributing", "How to change the code", "CONTRIBUTING.md"),
            Entry("decisions", "All documents", "Every file, and why it is so: one record a decision", "docs/index.md"),
        ),
    ),
)


@cache
def every_entry() -> dict[str, Entry]:
    """All documents by address: those of the shelves, every other text below docs, the examples."""
    listed = [entry for shelf in SHELVES for entry in shelf.entries]
    found = {entry.address: entry for entry in listed}
    named = {entry.file for entry in listed}
    others = [entry for entry in (*_texts(), *_examples()) if entry.file not in named]
    return found | {entry.address: entry for entry in others}


@cache
def addresses() -> dict[str, str]:
    """Where each file is shown, by its path from the project's folder."""
    return {entry.file: entry.address for entry in every_entry().values() if entry.file}


def path_of(entry: Entry) -> Path:
    return Path(settings.BASE_DIR) / entry.file


def _texts() -> list[Entry]:
    """Every text of the documents, records of decisions among them."""
    folder = Path(settings.BASE_DIR) / DOCUMENTS
    files = [file for file in sorted(folder.rglob("*.md")) if EXAMPLES not in str(file)]
    names = [(file, str(file.relative_to(folder))) for file in files]
    return [Entry(name.removesuffix(".md"), _first_heading(file), "", f"{DOCUMENTS}/{name}") for file, name in names]


def _examples() -> list[Entry]:
    """Every text below the folder of examples."""
    folder = Path(settings.BASE_DIR) / EXAMPLES
    files = [file for file in sorted(folder.rglob("*")) if file.suffix in {*_EXAMPLE_SUFFIXES, ".md"}]
    names = [str(file.relative_to(folder)) for file in files if file.stat().st_size <= EXAMPLE_BYTES]
    return [Entry(f"examples/{name}", name, "", f"{EXAMPLES}/{name}") for name in names]


def _first_heading(file: Path) -> str:
    with file.open() as lines:
        return next((line.removeprefix("#").strip() for line in lines if line.startswith("# ")), file.stem)
