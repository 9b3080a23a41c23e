"""Constants are `Final`: mypy then refuses whoever assigns them again."""

import ast
import re

import pytest

from tests.support.source import product_trees

CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]+")
# Django reads settings as plain names, and its files of settings assign each other's anew.
SETTINGS = "opencode/settings/"


def open_constants(tree: ast.Module) -> list[str]:
    """Names of module-level constants that are not `Final`."""
    plain = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    typed = [
        node.target
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and not re.search(r"Final|TypeAlias", ast.unparse(node.annotation))
    ]
    names = [target.id for target in [*plain, *typed] if isinstance(target, ast.Name)]
    return [name for name in names if CONSTANT.fullmatch(name)]


def test_every_constant_is_final() -> None:
    trees = [(path, tree) for path, tree in product_trees() if not path.startswith(SETTINGS)]
    assert len(trees) > 400
    assert [(path, name) for path, tree in trees for name in open_constants(tree)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LIMIT: Final = 3", []),
        ("LIMIT: Final[int] = 3", []),
        ("log = get_logger()", []),
        ("K = TypeVar('K')", []),
        ("LIMIT = 3", ["LIMIT"]),
        ("_LIMIT = 3", ["_LIMIT"]),
        ("LIMIT: int = 3", ["LIMIT"]),
    ],
)
def test_open_constants_are_found(text: str, found: list[str]) -> None:
    assert open_constants(ast.parse(text)) == found
