"""`manage.py serve`: the whole console on one machine: prepares the data directory, then web server and worker."""

import signal
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from accounts.services.first_owner import owner_link_create
from billing.pricing.pricereading import PricesInvalid
from billing.services.prices import prices_prepare
from gateway.providers.modellist import ModelsInvalid
from gateway.services.catalogue import models_prepare
from opencode.provisioning import ProvisionFailed, provision_file
from opencode.server.listening import AddressUnavailable, listening_socket
from opencode.server.openfiles import open_files_raise
from opencode.server.preparation import schema_prepare, static_files_prepare
from opencode.server.supervisor import (
    ProcessSupervisor,
    stop_all,
    test_payments_supervisor,
    web_supervisors,
    worker_supervisor,
)
from opencode.server.webserver import web_server

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Migrate when needed, then run the web server and, beside it, the Celery worker. HOST and PORT say where."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-worker", action="store_true", help="Leave the Celery worker out")
        parser.add_argument(
            "--processes", type=int, default=1, metavar="N", help="Web processes on the one port (needs Redis)"
        )
        parser.add_argument(
            "--no-prepare",
            action="store_true",
            help="The deployment has migrated and collected the static files itself",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        processes = options["processes"]
        _check_processes(processes)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _end)
        listener = _listening(settings.HOST, settings.PORT, "HOST or PORT")
        # Beside the worker only, of which a deployment of several servers has one.
        has_test_payments = settings.PAYMENTS.mode == "test" and not options["no_worker"]
        payments_listener = _test_payments_listening() if has_test_payments else None
        prepares = not options["no_prepare"]
        migrated = schema_prepare() if prepares else 0
        if prepares:
            lists_loaded()
        said = provisioned() if prepares and settings.PROVISION_FILE else []
        collected = prepares and static_files_prepare()
        self._greet(said)
        connections.close_all()
        children = [] if options["no_worker"] else [worker_supervisor()]
        if payments_listener is not None:
            children.append(test_payments_supervisor(payments_listener.fileno()))
        log.info(
            "console_starting",
            address=settings.PUBLIC_URL,
            data_dir=str(settings.DATA_DIR),
            database=connection.vendor,
            web_processes=processes,
            worker=not options["no_worker"],
            payments=settings.PAYMENTS.mode,
            open_files=open_files_raise(),
            migrations_run=migrated,
            static_files_collected=collected,
        )
        if processes > 1:
            children += web_supervisors(processes, listener.fileno())
        _run(children, listener, serves_itself=processes == 1)

    def _greet(self, said: list[str]) -> None:
        self.stdout.write(f"\n  opencode console   {settings.PUBLIC_URL}\n")
        for line in said:
            self.stdout.write(f"  {line}\n")
        if link := owner_link_create():
            self.stdout.write(f"  First owner        {link}\n")
            self.stdout.write("  The link works once, for a day. No one else can sign up before the owner.\n")
            self.stdout.write("  Another link: manage.py first_owner\n")
        self.stdout.write("  Ctrl-C ends it.\n\n")
        self.stdout.flush()


def _end(_number: int, _frame: FrameType | None) -> None:
    """Both signals end the command normally: `finally` blocks run and the exit code is 0."""
    sys.exit(0)


def _listening(host: str, port: int, named: str) -> socket.socket:
    try:
        return listening_socket(host, port)
    except AddressUnavailable as error:
        raise CommandError(f"{error}. Set {named} to another address.", returncode=2) from error


def _test_payments_listening() -> socket.socket:
    """The stand-in listens on loopback only, whatever the console listens on."""
    return _listening("127.0.0.1", settings.PAYMENTS.test_port, "OPENCODE_TEST_PAYMENTS_PORT")


def lists_loaded() -> None:
    """Load the console's prices and models and the operator's; a fault in an operator's file ends the start."""
    try:
        prices_prepare()
    except PricesInvalid as error:
        raise CommandError(f"Prices, see OPENCODE_PRICES: {error}", returncode=2) from error
    try:
        models_prepare()
    except ModelsInvalid as error:
        raise CommandError(f"Models, see OPENCODE_MODELS: {error}", returncode=2) from error


def provisioned() -> list[str]:
    """Make the console what the operator's file says; lines for them. A fault in the file ends the start."""
    try:
        return provision_file(Path(settings.PROVISION_FILE)).lines()
    except ProvisionFailed as failure:
        said = f"Provisioning, see OPENCODE_PROVISION: {failure} ({failure.denial.code})"
        raise CommandError(said, returncode=2) from failure


def _check_processes(processes: int) -> None:
    if processes < 1:
        raise CommandError("--processes takes a number from 1", returncode=2)
    if processes > 1 and str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).endswith(".InMemoryChannelLayer"):
        raise CommandError(
            "More than one web process needs Redis: see the server stack in docs/operations.md", returncode=2
        )


def _run(children: list[ProcessSupervisor], listener: socket.socket, *, serves_itself: bool) -> None:
    """Run until a signal arrives; this process serves too when its children include no web processes."""
    try:
        for child in children:
            child.start()
        if serves_itself:
            web_server().run(sockets=[listener])
        else:
            signal.pause()
    finally:
        # Closed first, so that no client connects to a socket on which nothing accepts any more.
        listener.close()
        stop_all(children)
        log.info("console_ended")
