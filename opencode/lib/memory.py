"""Returns free memory to the operating system: glibc keeps the gaps between pieces in use, and they add up."""

import ctypes


def memory_trim() -> None:
    """Takes some milliseconds, in any thread; does nothing under another C library."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
