"""The stand-in for Stripe as a process: `python -m opencode.server.testpayments [file descriptor]`.

`manage.py serve` starts it when OPENCODE_PAYMENTS is `test`, with its listening socket inherited and a lifeline as
standard input. Started by hand, without a descriptor, it listens by itself. It loads no app and no model.
"""

import socket
import sys
import time
from logging.config import dictConfig
from typing import Final

import uvicorn
from django.conf import settings

from billing.standin.objects.webhooks import endpoint_ensure
from billing.standin.service import perform
from billing.standin.web import SandboxFile, StandIn
from opencode.server.lifeline import end_with_parent
from opencode.server.listening import listening_socket

LOOPBACK: Final = "127.0.0.1"
EVENTS_PATH: Final = "/webhooks/stripe"
FILE_NAME: Final = "test_payments.sqlite3"
GRACEFUL_SHUTDOWN_SECONDS: Final = 2


def main(descriptor: int | None) -> None:
    """Serve until a signal arrives, or the parent ends."""
    if descriptor is not None:
        end_with_parent()
    dictConfig(settings.LOGGING)
    payments = settings.PAYMENTS
    if payments.mode != "test":
        sys.exit("OPENCODE_PAYMENTS is not `test`.")
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    file = SandboxFile(settings.DATA_DIR / FILE_NAME)
    sandbox = file.sandbox(lambda: int(time.time()), payments.pages_url)
    events_url = f"{settings.PUBLIC_URL}{EVENTS_PATH}"
    perform(sandbox, lambda: endpoint_ensure(sandbox, events_url, payments.webhook_secrets[0]))
    listener = (
        listening_socket(LOOPBACK, payments.test_port) if descriptor is None else socket.socket(fileno=descriptor)
    )
    config = uvicorn.Config(
        StandIn(sandbox, payments.secret_key, file),
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])
    file.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
