"""The audit log of a workspace with many entries, filtered: `python -m tests.bench.audit [entries]`.

Prints milliseconds of the database and the selector for the first page and for one in the middle, the median of twenty,
on SQLite or, behind `python -m opencode.devtools.withservers --`, on MariaDB. One entry in a thousand is the console's.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Final

import django

ROUNDS: Final = 20
PAGE_ROWS: Final = 51


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("OPENCODE_DATA_DIR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
        os.environ.setdefault("OPENCODE_LOG_LEVEL", "WARNING")
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measure(count)


def measure(count: int) -> None:
    from tests.cast import make_cast
    from tests.support.bigtables import analyse, fill_audit
    from workspaces.selectors.audit import AuditFilter, audit_entries

    cast = make_cast()
    fill_audit(cast.alpha, 1_000, count, [cast.alice.pk, cast.bob.pk, cast.carol.pk])
    analyse()
    wanted = {
        "everything": AuditFilter(),
        "by kind of actor: the console": AuditFilter(actor="console"),
        "by kind of actor: staff, of whom there are none": AuditFilter(actor="staff"),
        "by action": AuditFilter(action="session.unshare"),
        "by a person's name": AuditFilter(actor="carol"),
    }
    for name, asked in wanted.items():
        rows = audit_entries(cast.alpha, asked)
        first = median(lambda rows=rows: list(rows[:PAGE_ROWS]))
        middle = median(lambda rows=rows: list(rows.filter(seq__lt=count // 2)[:PAGE_ROWS]))
        sys.stdout.write(f"{name:<50} {first:7.1f} ms, from the middle {middle:7.1f} ms\n")
        sys.stdout.flush()


def median(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["1000000"])[0]))
