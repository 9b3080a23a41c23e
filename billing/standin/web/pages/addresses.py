"""Which page an address means, and what is said when it means none."""

import re
from collections.abc import Callable
from typing import Final

from billing.standin.sandbox import Sandbox
from billing.standin.web.exchange import Exchange
from billing.standin.web.html import STYLE, Shown, message
from billing.standin.web.pages.authenticate import authenticate_page
from billing.standin.web.pages.documents import invoice_page, invoice_pdf, receipt_page
from billing.standin.web.pages.pay import pay_page
from billing.standin.web.pages.portal import portal_page

PAGES: Final[list[tuple[re.Pattern[str], Callable[[Sandbox, Exchange, str], Shown]]]] = [
    (re.compile(r"/pay/(cs_test_\w{1,100})"), pay_page),
    (re.compile(r"/authenticate/(\w{1,200})"), authenticate_page),
    (re.compile(r"/portal/(test_\w{1,100})"), portal_page),
    (re.compile(r"/receipts/(\w{1,100})"), receipt_page),
    (re.compile(r"/invoices/(in_\w{1,100})"), invoice_page),
    (re.compile(r"/invoices/(in_\w{1,100})/pdf"), invoice_pdf),
]


def page_answer(sandbox: Sandbox, exchange: Exchange) -> Shown:
    if exchange.path == "/page.css":
        return Shown(200, {"content-type": "text/css", "cache-control": "max-age=300"}, STYLE)
    if exchange.method not in ("GET", "HEAD", "POST"):
        return message("Not allowed", "This page takes GET and POST.", 405)
    for pattern, shown in PAGES:
        if match := pattern.fullmatch(exchange.path):
            return shown(sandbox, exchange, match[1])
    return message("Not found", "There is nothing at this address.", 404)
