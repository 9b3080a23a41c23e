"""The product's own source files, for tests that read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.server import ROOT

APPS = ("opencode", "accounts", "workspaces", "billing", "sync", "gateway", "steering", "opencode_sync")


def product_files() -> list[Path]:
    return [file for app in APPS for file in (ROOT / app).rglob("*.py") if "migrations" not in file.parts]


def product_trees() -> Iterator[tuple[str, ast.Module]]:
    """Each product file, by its path below the project's root, and what it parses to."""
    for file in product_files():
        yield str(file.relative_to(ROOT)), ast.parse(file.read_text())
