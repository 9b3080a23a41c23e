"""Search over many sessions: `python -m tests.bench.search [sessions] [words a session]`.

Prints milliseconds of a search, the page of sessions it leads to included (median and longest of twenty), and of the
database's CPU, on SQLite or, behind `python -m opencode.devtools.withservers --`, on MariaDB; then of indexing and
cleaning. All sessions are of one workspace, the words of a vocabulary in which a few are in most of them.
"""

import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import django

ROUNDS: Final = 20
VOCABULARY: Final = 60_000
CHUNK: Final = 1_000
SYLLABLES: Final = (
    "con dis per pro int sub res com tra str bal mon ker lin dor ves tam pol gri nex",
    "a e i o u ar en il on us ter ment tion ing ed er ly al is ic ate ize ous ble",
)
QUERIES: Final = {
    "a rare word": "{rare}",
    "a common word": "{common}",
    "three common words": "{common} {second} {third}",
    "the beginning of many words": "{prefix}",
    "a beginning and a common word": "{prefix} {common}",
    "two letters": "{prefix:.2}",
    "words that are nowhere": "{common} nowhere",
    "eight beginnings": "con dis per pro int sub res com",
}


def main(sessions: int, words: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("OPENCODE_DATA_DIR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
        os.environ.setdefault("OPENCODE_LOG_LEVEL", "WARNING")
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measure(sessions, words)


def measure(sessions: int, words: int) -> None:
    from opencode.lib.clock import utc_now
    from sync.models import Session, SessionSearch
    from sync.search import index_clean, index_write, sessions_find
    from sync.store import session_page
    from tests.cast import make_cast
    from tests.support.bigtables import analyse, fill_sessions

    cast = make_cast()
    fill_sessions(cast.alpha, sessions, 0)
    chance = random.Random(7)
    vocabulary = list(itertools.islice(made_words(chance), VOCABULARY))
    documents = made_documents(cast.alpha.pk, vocabulary, words, chance)
    rows = Session.objects.filter(workspace=cast.alpha).order_by("id").values_list("pk", "epoch")
    began = time.perf_counter()
    pairs = iter(list(rows))
    while chunk := list(itertools.islice(pairs, CHUNK)):
        SessionSearch.objects.bulk_create(
            SessionSearch(session_id=pk, epoch=epoch, seq=0, version=1, words=next(documents)) for pk, epoch in chunk
        )
    say(f"{sessions} documents of {words} words written in {time.perf_counter() - began:.0f} s")
    analyse()
    names = {"common": vocabulary[40], "second": vocabulary[60], "third": vocabulary[80], "rare": vocabulary[-5]}
    names["prefix"] = vocabulary[40][:3]
    for name, query in QUERIES.items():
        text = query.format(**names)

        def search(text: str = text) -> int:
            found = sessions_find(cast.alpha, text)
            session_page(cast.alpha, now=utc_now(), ids=found.ids)
            return len(found.ids) if found.in_time else -1

        say(f"{name:<32} {timed(search)}")
    changed = iter(list(rows[: 10 * ROUNDS]))

    def write() -> int:
        pk, epoch = next(changed)
        return index_write(session_id=pk, epoch=epoch, seq=1, words=next(documents))

    say(f"{'indexing a session':<32} {timed(write)}")
    Session.objects.filter(pk__in=[pk for pk, _ in rows[:100]]).delete()
    began, cpu = time.perf_counter(), cpu_seconds()
    index_clean(now=utc_now())
    say(f"cleaning: {time.perf_counter() - began:.1f} s, of the CPU {cpu_seconds() - cpu:.1f} s")


def made_words(chance: random.Random) -> Iterator[str]:
    first = SYLLABLES[0].split()
    rest = SYLLABLES[1].split()
    seen = set()
    while True:
        word = chance.choice(first) + "".join(chance.choices(rest, k=chance.randint(1, 4)))
        if word not in seen:
            seen.add(word)
            yield word


def made_documents(workspace_id: str, vocabulary: list[str], words: int, chance: random.Random) -> Iterator[str]:
    from sync.search.words import workspace_word

    first = workspace_word(workspace_id)
    weights = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(vocabulary))))
    while True:
        drawn = dict.fromkeys(chance.choices(vocabulary, cum_weights=weights, k=words + words // 3))
        yield " ".join([first, *(f"x{word}" for word in list(drawn)[:words])])


def timed(act: Callable[[], object]) -> str:
    taken, result, cpu = [], act(), cpu_seconds()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        result = act()
        taken.append((time.perf_counter() - began) * 1000)
    each = (cpu_seconds() - cpu) / ROUNDS * 1000
    return f"{statistics.median(taken):7.1f} ms, longest {max(taken):7.1f} ms, CPU {each:7.1f} ms ({result})"


def cpu_seconds() -> float:
    """Of this process and of the database's, if it has one."""
    from django.db import connection

    own = time.process_time()
    if connection.vendor == "sqlite":
        return own
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@pid_file, @@datadir")
        pid_file, folder = cursor.fetchone()
    pid = (Path(folder) / pid_file).read_text().strip()
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return own + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*(given + [100_000, 500][len(given) :]))
