"""Cells of CSV files that a spreadsheet cannot take for formulas."""

import re
from typing import Any, Final

_FORMULA: Final = re.compile(r"(^|[;,|\t\r\n])(\s*)(?=[=+\-@\t\r])")
"""What a spreadsheet takes for a formula at the start of a cell; for some, cells end at other signs than commas."""
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def plain_cell(cell: Any) -> str:
    """The cell's text, an apostrophe before whatever would be a formula; numbers stay as they are."""
    text = str(cell)
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1\2'", text)
