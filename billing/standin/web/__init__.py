"""The stand-in as a server: the API, switches for tests, pages to pay on, webhooks, and the file it lives in."""

from billing.standin.web.application import StandIn
from billing.standin.web.file import SandboxFile

__all__ = ["SandboxFile", "StandIn"]
