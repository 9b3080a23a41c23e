"""What a page of a very large session costs: `python -m tests.bench.longsessions [megabytes] [parts]`.

Makes a session in a database of its own (SQLite in a folder that is removed, or whatever DATABASE_URL names), then asks
for its page and exports as a visitor does, in a process that has shown another session before. Prints milliseconds,
bytes, and by how much the process's memory grew at its highest. The first view renders, the second finds what was
rendered.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django

PARTS_A_MESSAGE = 12
CREATED = 1_795_340_283_445


def main(megabytes: int, parts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("OPENCODE_DATA_DIR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
        django.setup()
        from django.core.management import call_command

        from opencode.server.preparation import static_files_prepare

        call_command("migrate", verbosity=0)
        static_files_prepare()
        small, large = seed("ses_small", 10_000, 3), seed("ses_large", megabytes * 1_000_000, parts)
        for line in figures(small, large):
            sys.stdout.write(line + "\n")


def seed(client_id: str, size: int, parts: int) -> str:
    from sync.models import Session, SessionEntry, Share

    session = Session.objects.create(client_id=client_id, owner_key="anonymous", title="A large session")
    rows: Iterator[Any] = (
        SessionEntry(session=session, key=key, seq=seq, content=content, size=len(content))
        for seq, (key, content) in enumerate(contents(client_id, size // parts, parts), start=1)
    )
    count = 0
    while batch := [row for _, row in zip(range(500), rows, strict=False)]:
        SessionEntry.objects.bulk_create(batch)
        count += len(batch)
    Session.objects.filter(pk=session.pk).update(head_seq=count, entry_count=count, content_bytes=size)
    return str(Share.objects.create(session=session, secret_version=1).pk)


def contents(client_id: str, size: int, parts: int) -> Iterator[tuple[str, str]]:
    """Prose with code, commands with their output, written files, in turn: `size` bytes each."""
    code = "def f(a: int) -> str:\\n    return 'x' * a  # a comment\\n"
    prose = "Some *words* about `the code`, and a [link](https://example.com).\\n\\n- a point\\n- another\\n\\n"
    fence = "```python\\n" + code * 8 + "```\\n\\n"
    texts = [
        '{"type": "text", "text": "' + (fence + prose * (size // 90))[:size].rstrip("\\") + '"}',
        '{"type": "tool", "tool": "bash", "state": {"status": "completed", "title": "Run it", '
        '"input": {"command": "make"}, "output": "%s"}}' % ("a line of output\\n" * (size // 18)),
        '{"type": "tool", "tool": "write", "state": {"status": "completed", "input": {"filePath": "a.py", '
        '"content": "%s"}}}' % (code * (size // 60)),
    ]
    for number in range(parts):
        message = f"msg_{number // PARTS_A_MESSAGE:06d}"
        if number % PARTS_A_MESSAGE == 0:
            time_ = f'{{"created": {CREATED + number}}}'
            yield f"session/message/{client_id}/{message}", f'{{"role": "assistant", "time": {time_}}}'
        yield f"session/part/{client_id}/{message}/prt_{number:06d}", texts[number % 3]


def figures(small: str, share_id: str) -> Iterator[str]:
    from django.test import Client

    from sync.transcript import rendering_start

    client = Client(headers={"Accept": "text/html"}, SERVER_NAME="127.0.0.1")
    # What every process pays once: imports, templates, a connection, the masking rules, the rendering process.
    rendering_start()
    client.get(f"/share/{small}")
    time.sleep(2)
    yield measured("first view", lambda: len(client.get(f"/share/{share_id}").content))
    yield measured("second view", lambda: len(client.get(f"/share/{share_id}").content))
    middle = f"/share/{share_id}?at=msg_000100"
    yield measured("a message in the middle", lambda: len(client.get(middle).content))
    packed = {"Accept-Encoding": "gzip"}
    yield measured("compressed", lambda: len(client.get(f"/share/{share_id}", headers=packed).content))
    for suffix in (".json", ".md"):
        yield measured(f"export {suffix}", lambda suffix=suffix: sent(client.get(f"/share/{share_id}{suffix}")))


def sent(response: Any) -> int:
    return sum(map(len, response.streaming_content)) if response.streaming else len(response.content)


def measured(name: str, act: Callable[[], int]) -> str:
    """The highest memory since the last figure; the kernel forgets the mark before each."""
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    began, cpu = time.perf_counter(), time.process_time()
    size = act()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    grown = (memory("VmHWM") - before) / 1024
    return f"{name:<26} {took * 1000:8.0f} ms {cpu * 1000:8.0f} ms CPU {size:>12,} bytes {grown:7.1f} MB"


def memory(name: str) -> int:
    """KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


if __name__ == "__main__":
    main(*(int(word) for word in [*sys.argv[1:], "200", "50000"][:2]))
