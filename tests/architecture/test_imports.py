"""The import contracts hold, and every app and contract is really watched; modules keep their size."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.server import ROOT
from tests.support.source import APPS, product_files

LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
VAGUE = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_contracts_cover_every_app() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(config["root_packages"]) == set(APPS)
    (order,) = [contract for contract in config["contracts"] if contract["name"] == "Apps import downwards only"]
    named = {layer.strip() for layers in order["layers"] for layer in layers.split("|")}
    assert set(APPS) - {"opencode", "opencode_sync"} <= named


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(file) for file in product_files() if file.name in VAGUE] == []


def test_no_module_is_too_long() -> None:
    long = {str(file): len(file.read_text().splitlines()) for file in product_files()}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_MODULE} == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
        for file in product_files()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_opens_with_its_duty() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in product_files()
        if file.read_text().strip() and not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert silent == []
