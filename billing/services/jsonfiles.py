"""Reads JSON files given by operators: bounded in size, with every fault in words."""

import json
from pathlib import Path

from billing.pricing.pricereading import PricesInvalid


def json_file_read(path: Path, *, at_most: int) -> object:
    """The content of a file of up to that many bytes. Raises PricesInvalid, which names the file."""
    try:
        with path.open("rb") as file:
            text = file.read(at_most + 1)
    except OSError as error:
        raise PricesInvalid(str(path), error.strerror or "cannot be read") from error
    if len(text) > at_most:
        raise PricesInvalid(str(path), f"is larger than {at_most} bytes")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PricesInvalid(str(path), "is not JSON") from error
