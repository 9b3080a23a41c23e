"""`manage.py serve`: the whole console on one machine: prepares the data directory, then web server and worker."""

import signal
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from accounts.services.first_owner import owner_link_create
from opencode.preparation import schema_prepare, static_files_prepare
from opencode.supervisor import WorkerSupervisor
from opencode.webserver import AddressUnavailable, listening_socket, web_server

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Migrate when needed, then run the web server and, beside it, the Celery worker. HOST and PORT say where."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-worker", action="store_true", help="leave the Celery worker out")
        parser.add_argument(
            "--no-prepare",
            action="store_true",
            help="the deployment has migrated and collected the static files itself",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _end)
        try:
            listener = listening_socket(settings.HOST, settings.PORT)
        except AddressUnavailable as error:
            raise CommandError(f"{error}. Set HOST or PORT to another address.", returncode=2) from error
        prepares = not options["no_prepare"]
        migrated = schema_prepare() if prepares else 0
        collected = prepares and static_files_prepare()
        self._greet()
        connections.close_all()
        worker = None if options["no_worker"] else WorkerSupervisor()
        log.info(
            "console is starting",
            address=settings.PUBLIC_URL,
            data_dir=str(settings.DATA_DIR),
            database=connection.vendor,
            worker=worker is not None,
            migrations_run=migrated,
            static_files_collected=collected,
        )
        try:
            if worker:
                worker.start()
            web_server().run(sockets=[listener])
        finally:
            if worker:
                worker.stop()
            listener.close()
            log.info("console has ended")

    def _greet(self) -> None:
        self.stdout.write(f"\n  opencode console   {settings.PUBLIC_URL}\n")
        if link := owner_link_create():
            self.stdout.write(f"  first owner        {link}\n  (a sign-in link that works once)\n")
        self.stdout.write("  Ctrl-C ends it.\n\n")
        self.stdout.flush()


def _end(_number: int, _frame: FrameType | None) -> None:
    """Both signals are an ordinary end: `finally` blocks run and the exit code is 0."""
    sys.exit(0)
