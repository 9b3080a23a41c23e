"""One of several web processes on one listening socket: `python -m opencode.server.webprocess <file descriptor>`.

`manage.py serve --processes N` starts it with the socket inherited and a lifeline as standard input.
"""

import socket
import sys

from opencode.lib.setup import django_setup
from opencode.server.lifeline import end_with_parent


def main(descriptor: int) -> None:
    end_with_parent()
    django_setup()
    # Imported late, as it needs the apps.
    from opencode.server.webserver import web_server

    listener = socket.socket(fileno=descriptor)
    web_server().run(sockets=[listener])


if __name__ == "__main__":
    main(int(sys.argv[1]))
