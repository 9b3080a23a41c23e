"""`manage.py run_servers`: the server stack on this machine, for trying it out: private servers, two web processes."""

import os
import signal
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from opencode.devtools.privateservers import PrivateServers, ServerFailed, ServerMissing
from opencode.server.lifeline import ending_with_parent
from opencode.settings.sources.datadir import secret_of

STOP_SECONDS: Final = 20


class Command(BaseCommand):
    help = "Start private MariaDB, Redis and S3 servers, then the console on them. Ctrl-C ends everything."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--processes", type=int, default=2, metavar="N", help="Web processes on the one port")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _end)
        folder = settings.DATA_DIR / "servers"
        self.stdout.write("\n  Starting MariaDB, Redis and S3 …\n")
        self.stdout.flush()
        try:
            with PrivateServers(folder) as servers:
                code = _serve(folder, servers, options["processes"])
        except (ServerMissing, ServerFailed) as error:
            raise CommandError(str(error), returncode=2) from error
        sys.exit(code)


def _serve(folder: Path, servers: PrivateServers, processes: int) -> int:
    """Run the console until it ends by itself or a signal arrives; returns its exit code."""
    console = subprocess.Popen(
        ending_with_parent([sys.executable, "manage.py", "serve", "--processes", str(processes)]),
        cwd=settings.BASE_DIR,
        env={**os.environ, **_environment(folder), **servers.environment()},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return console.wait()
    finally:
        console.terminate()
        try:
            console.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            console.kill()
            console.wait()


def _environment(folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "opencode.settings.production",
        "OPENCODE_DATA_DIR": str(folder / "console"),
        "OPENCODE_PUBLIC_URL": settings.PUBLIC_URL,
        "OPENCODE_ALLOWED_HOSTS": ",".join(settings.ALLOWED_HOSTS),
        "OPENCODE_SECRET_KEY": secret_of(folder, "secret_key"),
        "OPENCODE_HASH_KEYS": "1:" + secret_of(folder, "hash_key_1"),
    }


def _end(_number: int, _frame: FrameType | None) -> None:
    """A normal end, once: signals during the shutdown are ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)
