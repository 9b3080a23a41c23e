"""What scripts and documents name is there: modules that are started by name."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.support.server import ROOT

STARTED = re.compile(r"(?:\bpython\d?|PYTHON\S*|BIN\S*python)[`\"']? -m ([a-z_][\w.]*)")
SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE[=:]\s*([\w.]+)")
PART_OF_MODULE = re.compile(r"--scheduler ([\w.]+):(\w+)")


def scripts_and_documents() -> list[Path]:
    scripts = [
        ROOT / "Makefile",
        ROOT / ".ci" / "run",
        *(ROOT / ".github").rglob("*.yml"),
        *(ROOT / "deploy").glob("*"),
    ]
    return [file for file in [*scripts, ROOT / "README.md", *(ROOT / "docs").rglob("*.md")] if file.is_file()]


def test_every_module_that_is_started_by_name_exists() -> None:
    named = {
        (str(file.relative_to(ROOT)), module)
        for file in scripts_and_documents()
        for pattern in (STARTED, SETTINGS)
        for module in pattern.findall(file.read_text())
    }
    modules = {module for _, module in named}
    assert {"opencode.devtools.withservers", "opencode.server.worker", "opencode.settings.production"} <= modules
    assert [(file, module) for file, module in sorted(named) if find_spec(module) is None] == []


def test_the_scheduler_that_deployments_name_exists() -> None:
    ((module, name),) = PART_OF_MODULE.findall((ROOT / "deploy/start-beat.sh").read_text())
    assert hasattr(import_module(module), name)
