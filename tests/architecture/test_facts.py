"""Facts are announced in one way: `opencode.lib.announce`, on commit and robustly."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.server import ROOT
from tests.support.source import product_files

ANNOUNCER = ROOT / "opencode/lib/announce.py"
SENDS = {"send", "asend", "send_robust", "asend_robust"}
ROBUST_SENDS = {"send_robust", "asend_robust"}


def facts_of(tree: ast.AST) -> set[str]:
    """The names a module has for signals of the console's own apps."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("signals")
        for alias in node.names
    }


def name_of(node: ast.expr) -> str:
    """`fact` of both `fact` and `signals.fact`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def sends_in(source: str, declared: set[str]) -> Iterator[int]:
    """The lines that send a fact, or hang something on a commit, by hand."""
    tree = ast.parse(source)
    facts = declared | facts_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "on_commit" for alias in node.names):
            yield node.lineno
        if not isinstance(node, ast.Attribute):
            continue
        is_send = node.attr in SENDS and name_of(node.value) in facts
        if is_send or node.attr in ROBUST_SENDS or node.attr == "on_commit":
            yield node.lineno


def declared_facts() -> set[str]:
    modules = [file for file in product_files() if file.name == "signals.py"]
    assignments = [
        node for file in modules for node in ast.parse(file.read_text()).body if isinstance(node, ast.Assign)
    ]
    return {name_of(target) for assignment in assignments for target in assignment.targets}


def test_facts_are_found() -> None:
    assert {"account_closed", "mail_stored", "membership_removed", "share_ended", "session_erased"} <= declared_facts()


def test_nothing_sends_a_fact_or_waits_for_a_commit_by_itself() -> None:
    declared = declared_facts()
    sends = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in product_files()
        if file != ANNOUNCER
        for line in sends_in(file.read_text(), declared)
    ]
    assert sends == []


def test_every_fact_is_announced() -> None:
    announced = {
        name_of(node.args[0])
        for file in product_files()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and name_of(node.func) == "announce"
    }
    assert declared_facts() - announced == set()


@pytest.mark.parametrize(
    "source",
    [
        "share_ended.send(Share)",
        "signals.share_ended.send(Share)",
        "partial(share_ended.send_robust, Share)",
        "lambda: share_ended.asend(Share)",
        "other.send_robust(Share)",
        "from sync.signals import share_ended as ended\nended.send(None)",
        "transaction.on_commit(tell)",
        "from django.db.transaction import on_commit",
    ],
)
def test_every_idiom_would_be_seen(source: str) -> None:
    assert list(sends_in(source, {"share_ended"})) != []


@pytest.mark.parametrize(
    "source", ["socket.send(frame)", "announce(share_ended, share_id=1)", "share_ended.connect(f)"]
)
def test_what_sends_no_fact_is_let_through(source: str) -> None:
    assert list(sends_in(source, {"share_ended"})) == []
