"""Which addresses may stand in an <img>."""

import base64

import pytest

from sync.render.pictures import PICTURE_CHARACTERS, data_url_bytes, picture_source

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
WEBP = base64.b64encode(b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20)).decode()
SVG = base64.b64encode(b"<svg onload=alert(1)>").decode()


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/png;base64,{PNG}",
        f"data:image/webp;base64,{WEBP}",
        "data:image/gif;base64," + base64.b64encode(b"GIF89a" + bytes(20)).decode(),
        "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(20)).decode(),
    ],
)
def test_raster_pictures_are_shown(url: str) -> None:
    assert picture_source(url) == url


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/svg+xml;base64,{SVG}",
        f"data:image/png;base64,{SVG}",
        f"data:text/html;base64,{PNG}",
        f'data:image/png;base64,{PNG}" onerror="alert(1)',
        f"data:image/png,{PNG}",
        f" data:image/png;base64,{PNG}",
        f"data:image/png;base64,{PNG}\n",
        "data:image/png;base64,A",
        "data:image/png;base64,",
        "https://tracker.example/p.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "",
        "data:image/png;base64," + PNG + "A" * PICTURE_CHARACTERS,
    ],
)
def test_anything_else_is_not(url: str) -> None:
    assert picture_source(url) == ""


def test_size_of_what_a_data_url_holds() -> None:
    assert data_url_bytes("data:application/pdf;base64," + base64.b64encode(bytes(1000)).decode()) == 1000
    assert data_url_bytes("https://example.com/x.pdf") is None
