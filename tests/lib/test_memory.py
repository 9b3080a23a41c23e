"""Threads that once took much memory do not keep it; the databases' caches are sized together."""

import re
import subprocess
import sys

import pytest
from django.conf import settings

from opencode.lib.groupcommit.transactions import CACHE_KIB
from opencode.web.pageshandler import FORM_THREADS, HEALTH_PATHS, PAGE_THREADS, SESSION_THREADS
from sync.live.runtime import READING_THREADS

THREADS = 8
# As much as hashing one password takes.
HASH_BYTES = 19 * 1024 * 1024
# Python's limit for the threads of an event loop, on a machine with many cores.
LOOP_THREADS = 32
CACHES_KIB = 160 * 1024
HASHED_IN_THREADS = f"""
import ctypes, threading
from opencode.lib.memory import memory_bound
memory_bound()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
turn, done = threading.Semaphore(2), threading.Barrier({THREADS} + 1)

def hash():
    with turn:
        piece = libc.malloc({HASH_BYTES})
        ctypes.memset(piece, 1, {HASH_BYTES})
        libc.free(piece)
    done.wait()
    done.wait()

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

before = resident()
for _ in range({THREADS}):
    threading.Thread(target=hash, daemon=True).start()
done.wait()
print(resident() - before)
done.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is glibc's, and /proc tells what is resident")
def test_threads_that_hashed_a_password_keep_nothing_of_its_memory() -> None:
    grown = int(subprocess.check_output([sys.executable, "-c", HASHED_IN_THREADS], text=True))
    assert grown < HASH_BYTES


@pytest.mark.embedded
def test_caches_of_all_connections_together_are_bounded() -> None:
    options = settings.DATABASES["default"]["OPTIONS"]["init_command"]
    (each,) = re.findall(r"cache_size=-(\d+);", options)
    # Sync's and billing's.
    writers = 2
    threads = PAGE_THREADS + SESSION_THREADS + FORM_THREADS + len(HEALTH_PATHS) + READING_THREADS + LOOP_THREADS
    assert threads * int(each) + writers * CACHE_KIB <= CACHES_KIB
