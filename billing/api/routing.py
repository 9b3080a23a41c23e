"""The router of `/usage`: an address has one, so its operations share it."""

from typing import Final

from ninja import Router

USAGE: Final = Router()
