"""Makes children end when their parent ends, in whatever way, SIGKILL included."""

import os
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Final

ORPHAN_GRACE_SECONDS: Final = 10.0


def end_with_parent() -> None:
    """For a child whose standard input is a pipe from its parent: send SIGTERM to itself when the pipe closes."""
    threading.Thread(target=_end_when_closed, name="lifeline", daemon=True).start()


def _end_when_closed() -> None:
    """Ask for an orderly end, and end hard if that takes too long."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(ORPHAN_GRACE_SECONDS)
    os._exit(1)


def ending_with_parent(command: Sequence[str]) -> list[str]:
    """The command of a program that is not ours; the kernel sends it SIGTERM when its starter thread ends (Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else list(command)
