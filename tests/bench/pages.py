"""CPU of a page of the Sessions list, as the server makes it: `python -m tests.bench.pages` prints it.

Everything from the request to the last byte in one thread, the database (SQLite) included; it makes its own in a folder
that goes with it. With `--profile` the costliest functions follow.
"""

import argparse
import cProfile
import os
import pstats
import sys
import tempfile
import time

import django

ROUNDS = 40
SESSIONS = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true")
    own = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    os.environ.setdefault("OPENCODE_LOG_LEVEL", "WARNING")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OPENCODE_DATA_DIR"] = folder
        django.setup()
        measure(own.profile)


def measure(with_profile: bool) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from sync.models import Session
    from tests.cast import browser, make_cast
    from tests.support.bigtables import fill_sessions

    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    cast = make_cast()
    fill_sessions(cast.alpha, SESSIONS, 0)
    Session.objects.update(created_by=cast.carol, model="anthropic/claude-sonnet", tokens_input=12345, cost=67_000_000)
    client = browser(cast.alice)
    for name in ("sessions/", "sessions/rows"):
        path = f"/workspaces/alpha/{name}"
        sys.stdout.write(f"{name:16} {milliseconds(client, path):6.2f} ms of CPU\n")
    if with_profile:
        profile = cProfile.Profile()
        profile.runcall(milliseconds, client, "/workspaces/alpha/sessions/")
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def milliseconds(client: "object", path: str) -> float:
    """CPU of one page, the least of ROUNDS: others on the machine only add to it."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        answer = client.get(path)  # type: ignore[attr-defined]
        taken.append(time.process_time() - began)
        assert answer.status_code == 200, answer.status_code
    return min(taken) * 1000


if __name__ == "__main__":
    main()
