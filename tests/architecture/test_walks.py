"""Documents for whoever changes the code name files that are there, and the walks functions that are in them."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.server import ROOT

DOCUMENTS = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs/architecture.md",
    ROOT / "docs/glossary.md",
    *sorted((ROOT / "docs/decisions").glob("*.md")),
]
APPS = {"opencode", "accounts", "workspaces", "billing", "sync", "gateway", "steering", "opencode_sync"}
TOP = APPS | {"tests", "templates", "deploy", "docs"}
CODE = re.compile(r"`([^`\n]+)`")
STEP = re.compile(r"^\d+\. .*(?:\n   .*)*", re.M)


def named_paths(text: str) -> list[str]:
    """The code words that are paths of this repository, without a line number or a wildcard's last part."""
    words = [word.rstrip("/") for word in CODE.findall(text)]
    paths = [word for word in words if "/" in word and word.partition("/")[0] in TOP and " " not in word]
    return [re.sub(r"/[^/]*[*<{].*$", "", path) for path in paths]


def defined_in(file: Path) -> set[str]:
    tree = ast.walk(ast.parse(file.read_text()))
    return {node.name for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


def walks() -> list[str]:
    """The steps of all walks."""
    architecture = (ROOT / "docs/architecture.md").read_text()
    section = architecture.partition("## Walks")[2].partition("\n## ")[0]
    return STEP.findall(section)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    missing = [path for path in named_paths(document.read_text()) if not (ROOT / path).exists()]
    assert missing == []


def test_documents_name_files_at_all() -> None:
    assert len(named_paths((ROOT / "docs/architecture.md").read_text())) >= 30
    assert len(walks()) >= 35


def test_every_function_of_a_step_is_in_the_file_named_before_it() -> None:
    lost = []
    for step in walks():
        words = CODE.findall(step)
        names = [word.removesuffix("()") for word in words if word.endswith("()")]
        assert names, f"names no function: {step}"
        file = Path()
        for word in words:
            if word.endswith("()"):
                assert file.suffix == ".py", f"names no file before {word}: {step}"
                lost += [] if word.removesuffix("()") in defined_in(file) else [f"{file.relative_to(ROOT)}: {word}"]
            elif "/" in word:
                file = ROOT / word
    assert lost == []
