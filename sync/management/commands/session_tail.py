"""`manage.py session_tail SESSION`: prints a session's entries as they change, one JSON object a line.

Exit codes: 0 ended by Ctrl-C, 1 the server refused, 2 an option is unusable.
"""

import asyncio
import json
import os
from argparse import ArgumentParser
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from opencode_sync import Position, SyncClient, SyncEnded

REFUSED, UNUSABLE = 1, 2


class Command(BaseCommand):
    help = "Follow a session of a running console: one JSON object a line, whatever happens to the connection."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("session", help="The session's id, or a share's")
        parser.add_argument("--server", default=settings.PUBLIC_URL, help="The console's address (%(default)s)")
        parser.add_argument("--key-env", default="OPENCODE_API_KEY", help="The variable with the key (%(default)s)")
        parser.add_argument("--since", default="", help="Go on from a position, <epoch>:<seq>")

    def handle(self, *args: Any, **options: Any) -> None:
        client = SyncClient(
            _address(options["server"], options["session"]),
            key=os.environ.get(options["key_env"], ""),
            position=_position(options["since"]),
        )
        try:
            asyncio.run(self._tail(client))
        except KeyboardInterrupt:
            return
        except SyncEnded as ended:
            raise CommandError(f"The server ended it: {ended}", returncode=REFUSED) from ended

    async def _tail(self, client: SyncClient) -> None:
        async for frame in client.frames():
            for entry in frame["entries"]:
                self.stdout.write(json.dumps({"epoch": frame["epoch"], **entry}, ensure_ascii=False))
            self.stdout.flush()


def _address(server: str, session: str) -> str:
    parts = urlsplit(server if "://" in server else f"http://{server}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CommandError(f"{server} is no http address", returncode=UNUSABLE)
    return f"{parts.scheme}://{parts.netloc}/sync/v1/sessions/{quote(session, safe='')}"


def _position(since: str) -> Position | None:
    epoch, _, seq = since.partition(":")
    if not since:
        return None
    if not epoch or not seq.isdecimal():
        raise CommandError("--since reads <epoch>:<seq>", returncode=UNUSABLE)
    return Position(epoch, int(seq))
