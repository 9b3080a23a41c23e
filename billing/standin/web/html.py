"""HTML without scripts: what all pages share, with everything escaped that did not come from here."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

STYLE: Final = (Path(__file__).parent / "page.css").read_bytes()
BANNER: Final = "Test payments: no money moves, and no card but a test card works."


class Shown(NamedTuple):
    """An answer to a browser."""

    status: int
    headers: dict[str, str]
    body: bytes


def page(title: str, *parts: str, status: int = 200, leads_to: Iterable[str | None] = ()) -> Shown:
    """A page. `leads_to` are addresses its forms may end up at: a browser checks redirects after a form as well."""
    origins = sorted({origin for url in leads_to if url and (origin := origin_of(url))})
    targets = " ".join(["'self'", *origins])
    policy = f"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {targets}"
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · Test payments</title><link rel="stylesheet" href="/page.css"></head>'
    )
    body = (
        f'<body><p class="banner" role="note">{BANNER}</p><main><h1>{escape(title)}</h1>{"".join(parts)}</main></body>'
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return Shown(status, headers, f"{head}{body}</html>".encode())


def redirect(url: str) -> Shown:
    return Shown(303, {"location": url, "cache-control": "no-store"}, b"")


def message(title: str, text: str, status: int = 200) -> Shown:
    return page(title, f"<p>{escape(text)}</p>", status=status)


def alert(text: str | None) -> str:
    return f'<p class="alert" role="alert">{escape(text)}</p>' if text else ""


def form(action: str, *parts: str, button: str, quiet: bool = False) -> str:
    """A form that posts `act=<action>` to its own page."""
    style = ' class="quiet"' if quiet else ""
    hidden = f'<input type="hidden" name="act" value="{escape(action)}">'
    return f'<form method="post">{hidden}{"".join(parts)}<button{style}>{escape(button)}</button></form>'


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def field(name: str, label: str, value: str | None = "", kind: str = "text") -> str:
    return (
        f'<label>{escape(label)}<input type="{kind}" name="{escape(name)}" value="{escape(value or "")}" '
        'maxlength="200"></label>'
    )


def choices(name: str, label: str, options: list[tuple[str, str]], chosen: str = "") -> str:
    """Radio buttons; `chosen`, or else the first, is checked."""
    checked = chosen if chosen in dict(options) else options[0][0]
    rows = [
        f'<label class="choice"><input type="radio" name="{escape(name)}" value="{escape(value)}"'
        f"{' checked' if value == checked else ''}><span>{escape(text)}</span></label>"
        for value, text in options
    ]
    return f"<fieldset><legend>{escape(label)}</legend>{''.join(rows)}</fieldset>"


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values."""
    lines = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows)
    return f"<table>{lines}</table>"


def section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}" rel="noreferrer">{escape(text)}</a>'


def origin_of(url: str) -> str:
    """`https://console.example` of an address; empty when it is none, so that nothing odd gets into a header."""
    parts = urlsplit(url)
    safe = parts.scheme in ("http", "https") and parts.netloc and not set(parts.netloc) & set(" ;,'\"\\\r\n")
    return f"{parts.scheme}://{parts.netloc}" if safe else ""
