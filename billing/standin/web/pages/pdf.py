"""A PDF of one page of text, in the smallest form the format has."""

from typing import Final

LINES: Final = 48
CHARACTERS: Final = 90


def pdf_of(lines: list[str]) -> bytes:
    """The lines on one page; what is too much is cut, and what Latin-1 lacks becomes a question mark."""
    shown = [_escaped(line[:CHARACTERS]) for line in lines[:LINES]]
    text = b"BT /F1 11 Tf 50 790 Td 15 TL " + b" ".join(b"(%s) Tj T*" % line for line in shown) + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica "
        b"/Encoding /WinAnsiEncoding >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    body, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(body)


def _escaped(line: str) -> bytes:
    plain = line.replace("×", "x").replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return plain.encode("latin-1", "replace")
