"""Keeps a process small: what glibc's allocator may hold on to, and giving it back.

Under another C library every function does nothing.
"""

import ctypes
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
LARGE_BYTES: Final = 4 * 1024 * 1024
"""A piece from this size on goes back to the system as soon as it is free."""
ARENAS: Final = 4


def memory_bound() -> None:
    """Bound what threads keep of freed memory; before a process starts them.

    Otherwise glibc learns that 19 MB are an ordinary size once a password was hashed, and each of the threads that hash
    one keeps as much from then on.
    """
    configure = getattr(ctypes.CDLL(None), "mallopt", None)
    if configure is not None:
        configure(_M_MMAP_THRESHOLD, LARGE_BYTES)
        configure(_M_ARENA_MAX, ARENAS)


def memory_trim() -> None:
    """Return free memory to the system: gaps between pieces in use add up. Takes some milliseconds, in any thread."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
