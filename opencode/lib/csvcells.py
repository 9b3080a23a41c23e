"""CSV files: cells that a spreadsheet cannot take for formulas, and answers that are streamed."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

_FORMULA: Final = re.compile(r"(^|[;,|\t\r\n])(\s*)(?=[=+\-@\t\r])")
"""What a spreadsheet takes for a formula at the start of a cell; for some, cells end at other signs than commas."""
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def plain_cell(cell: Any) -> str:
    """The cell's text, an apostrophe before whatever would be a formula; numbers stay as they are."""
    text = str(cell)
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1\2'", text)


def csv_lines(rows: Sequence[Sequence[Any]]) -> str:
    """The rows as lines of CSV, every cell quoted and plain."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([[plain_cell(cell) for cell in row] for row in rows])
    return text.getvalue()


def csv_response(pieces: Iterator[str], name: str) -> StreamingHttpResponse:
    """A download called `name`, sent piece by piece; each piece is read in a thread, and the event loop goes on."""
    return StreamingHttpResponse(
        _in_threads(pieces),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _in_threads(pieces: Iterator[str]) -> AsyncIterator[str]:
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
