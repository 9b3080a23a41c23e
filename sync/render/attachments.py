"""A file attached to a part: its name, its type, its size, and the picture if it is one."""

from typing import Any

from sync.render.fields import text_at
from sync.render.html import Html, block, tag
from sync.render.pictures import data_url_bytes, picture_source
from sync.render.wording import byte_size, short_line


def attachment(data: Any) -> Html:
    url, mime = text_at(data, "url"), short_line(text_at(data, "mime"), 80)
    size, picture = data_url_bytes(url), picture_source(url)
    name = short_line(text_at(data, "filename"), 200) or short_line(text_at(data, "source", "path"), 200) or "file"
    caption = block(
        "figcaption",
        tag("span", tag("bdi", name), class_="file-name"),
        tag("span", tag("bdi", mime), class_="file-mime") if mime else None,
        tag("span", byte_size(size), class_="file-size") if size is not None else None,
    )
    return block("figure", tag("img", src=picture, alt=name) if picture else None, caption, class_="attachment")
