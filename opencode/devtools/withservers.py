"""Runs a command beside private servers: `python -m opencode.devtools.withservers -- pytest …`.

Its exit code is the command's. With `--optional` before the `--`, a missing server only prints the reason and exits
with 0, unless OPENCODE_TEST_REQUIRE names `servers`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from opencode.devtools.privateservers import PrivateServers, ServerFailed, ServerMissing


def inherited_environment() -> dict[str, str]:
    """The environment without the settings' default, set by importing this package: the command has its own."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


def main(words: list[str]) -> int:
    split = words.index("--") if "--" in words else -1
    options, command = words[: max(split, 0)], words[split + 1 :]
    required = "servers" in os.environ.get("OPENCODE_TEST_REQUIRE", "").split(",")
    with tempfile.TemporaryDirectory(prefix="opencode-servers-") as folder:
        try:
            with PrivateServers(Path(folder)) as servers:
                return subprocess.call(command, env={**inherited_environment(), **servers.environment()})
        except (ServerMissing, ServerFailed) as error:
            sys.stderr.write(f"the server stack is left out: {error}\n")
            return 0 if "--optional" in options and isinstance(error, ServerMissing) and not required else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
