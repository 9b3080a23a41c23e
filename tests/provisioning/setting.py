"""Provisioning files for tests: the documented one, and smaller ones made of it."""

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.support.server import ROOT

DOCUMENT = ROOT / "docs/provisioning.md"
ADDRESS = "https://api.anthropic.com/v1"


def documented() -> Any:
    """The document's example."""
    (example,) = re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return json.loads(example)


def provision(path: Path, declared: Any, *options: str) -> Any:
    """What `manage.py provision --json` answers to this file."""
    path.write_text(declared if isinstance(declared, str) else json.dumps(declared))
    out = StringIO()
    call_command("provision", str(path), "--json", *options, stdout=out)
    return json.loads(out.getvalue())


Provision = Callable[..., Any]
