"""The list of acts and the code that records them agree."""

import re

from tests.architecture.test_imports import product_files
from workspaces.auditactions import ACTIONS


def recorded() -> set[str]:
    """Every act's name that stands in the code outside the list itself."""
    code = "".join(file.read_text() for file in product_files() if file.name != "auditactions.py")
    return {name for name in re.findall(r'"([a-z]+\.[a-z_]+)"', code) if name in ACTIONS}


def test_every_act_the_log_knows_is_recorded_somewhere() -> None:
    assert set(ACTIONS) == recorded()
