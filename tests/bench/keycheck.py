"""What checking a key costs: CPU without the database, under one and three hash keys, and the whole with its one read.

`python -m tests.bench.keycheck` prints it; it makes its own database in a folder that goes with it.
"""

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable

import django

ROUNDS = 20_000


def microseconds(work: Callable[[], object], rounds: int) -> float:
    """CPU of this process for one round."""
    began = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - began) / rounds * 1e6


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OPENCODE_DATA_DIR"] = folder
        django.setup()
        measure()


def measure() -> None:
    from django.conf import settings
    from django.core.management import call_command

    from opencode.lib.actor import THE_CONSOLE
    from opencode.lib.keyring import macs_of_all_versions
    from tests.cast import make_cast
    from workspaces.access import key_access
    from workspaces.keys.format import API_KEY_PREFIX, API_KEY_PURPOSE, is_well_formed
    from workspaces.services.api_keys import api_key_create

    call_command("migrate", verbosity=0)
    cast = make_cast()
    _, key = api_key_create(
        workspace=cast.alpha, created_by=cast.alice, name="bench", scopes=["sync:read"], actor=THE_CONSOLE
    )
    key_access(key)
    say = sys.stdout.write
    say(f"format and checksum           {microseconds(lambda: is_well_formed(key, API_KEY_PREFIX), ROUNDS):8.1f} µs\n")
    for versions in (1, 3):
        settings.OPENCODE_KEYRING = {
            **settings.OPENCODE_KEYRING,
            **{90 + number: secrets.token_bytes(32) for number in range(versions - 1)},
        }
        cost = microseconds(
            lambda: is_well_formed(key, API_KEY_PREFIX) and macs_of_all_versions(API_KEY_PURPOSE, key), ROUNDS
        )
        say(f"with hashes, {len(settings.OPENCODE_KEYRING)} key version(s)  {cost:8.1f} µs\n")
    key_access(key)
    say(f"whole, with its one read      {microseconds(lambda: key_access(key), ROUNDS // 10):8.1f} µs (SQLite)\n")


if __name__ == "__main__":
    main()
