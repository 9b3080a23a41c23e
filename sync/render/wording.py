"""Numbers, times and untrusted one-line text, worded for a reader."""

import math
import re
from datetime import UTC, datetime
from typing import Final

TITLE_CHARACTERS: Final = 300
LATEST_MS: Final = 253_402_300_799_000  # the last second of the year 9999
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# Terminal escapes: CSI sequences, OSC strings, two-character escapes.
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[@-Z\\-_])")


def short_line(text: str, limit: int = TITLE_CHARACTERS) -> str:
    """Untrusted text as a title or label: one line, no control characters, cut at `limit` characters."""
    line = " ".join(_CONTROLS.sub(" ", text[: limit * 4]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def headed(text: str, otherwise: str, limit: int = 40) -> str:
    """Untrusted text at the head of something: one line that begins with a capital letter, or `otherwise`."""
    line = short_line(text, limit) or otherwise
    return line[:1].upper() + line[1:]


def terminal_text(text: str) -> str:
    """A program's output without the escapes that colour it or move the cursor."""
    return _ESCAPES.sub("", text).replace("\r\n", "\n") if "\x1b" in text or "\r" in text else text


def moment(milliseconds: float | None) -> datetime | None:
    """The agent's clock (ms since 1970) as UTC; None when absent, 0 or after the year 9999."""
    if not milliseconds or milliseconds > LATEST_MS:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def duration(start_ms: float | None, end_ms: float | None) -> str:
    """`38 ms`, `4.2 s`, `42 s`, `3 min 5 s`; empty when either end is unknown."""
    if not start_ms or not end_ms or end_ms < start_ms:
        return ""
    seconds = (end_ms - start_ms) / 1000
    if seconds < 1:
        return f"{end_ms - start_ms:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def byte_size(size: float) -> str:
    """`812 bytes`, `3.4 KB`, `12 MB`."""
    unit = "bytes"
    for larger in ("KB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    if unit == "bytes":
        return f"{size:.0f} bytes"
    return f"{size:.1f} {unit}" if size < 10 else f"{size:.0f} {unit}"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def dollars(amount: float | None) -> str:
    """The cost the agent reported, in dollars; empty for nothing or for a figure that cannot be a price.

    Two decimals; below a dollar as many more as two significant digits need, down to the micro-cent.
    """
    if not amount or amount > 1_000_000_000 or amount < 0.000_000_005:
        return ""
    if amount >= 1:
        return f"${amount:,.2f}"
    places = min(8, max(2, 1 - math.floor(math.log10(amount))))
    whole, _, decimals = f"{amount:.{places}f}".partition(".")
    return f"${whole}.{decimals.rstrip('0').ljust(2, '0')}"
