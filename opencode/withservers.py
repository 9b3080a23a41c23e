"""Runs a command beside private servers: `python -m opencode.withservers -- pytest …`; its exit code is theirs."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from opencode.privateservers import PrivateServers, ServerFailed, ServerMissing


def inherited_environment() -> dict[str, str]:
    """Without the settings' default, which importing this package has set: the command has its own."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


def main(words: list[str]) -> int:
    command = words[1:] if words[:1] == ["--"] else words
    with tempfile.TemporaryDirectory(prefix="opencode-servers-") as folder:
        try:
            with PrivateServers(Path(folder)) as servers:
                return subprocess.call(command, env={**inherited_environment(), **servers.environment()})
        except (ServerMissing, ServerFailed) as error:
            sys.stderr.write(f"{error}\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
