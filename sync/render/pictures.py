"""Pictures sent inside a session as `data:` URLs: raster types only, by declared type and by first bytes."""

import base64
import binascii
import re
from typing import Final

PICTURE_CHARACTERS: Final = 6_000_000
_DATA_URL: Final = re.compile(r"data:image/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/]+={0,2})")
_SIGNATURES: Final = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


def picture_source(url: str) -> str:
    """`url` when a page may show it as an image, else an empty string."""
    if len(url) > PICTURE_CHARACTERS:
        return ""
    found = _DATA_URL.fullmatch(url)
    if found is None:
        return ""
    kind, data = found.groups()
    try:
        start = base64.b64decode(data[:32] + "=" * (-len(data[:32]) % 4))
    except binascii.Error:
        return ""
    return url if _SIGNATURES[kind].match(start) else ""


def data_url_bytes(url: str) -> int | None:
    """The decoded size of a base64 `data:` URL in bytes; None for any other address."""
    head, separator, data = url.partition(";base64,")
    if not separator or not head.startswith("data:"):
        return None
    return len(data) * 3 // 4 - data[-2:].count("=")
