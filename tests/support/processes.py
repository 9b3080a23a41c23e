"""Processes a test started: free ports, waiting with a deadline, and ending a whole tree by its ids."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")
POLL_SECONDS = 0.05


class DeadlinePassed(AssertionError):
    """What was waited for did not happen in time."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(condition: Callable[[], Value], what: str, seconds: float = 10) -> Value:
    """The first truthy answer of `condition`; DeadlinePassed names `what` when none comes."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise DeadlinePassed(f"not within {seconds:g} s: {what}")
        time.sleep(POLL_SECONDS)
    return found


def command_of(pid: int) -> str:
    """The command line of a process, its words separated by spaces; empty for one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def children_of(pid: int) -> list[int]:
    """All descendants of a process, nearest first."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (parent := _parent(folder)) is not None:
            parents.setdefault(parent, []).append(int(folder.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        young = parents.get(waiting.pop(), [])
        found += young
        waiting += young
    return found


def _parent(folder: Path) -> int | None:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def kill_all(pids: Iterable[int]) -> None:
    """SIGKILL to each, in the order given; one that has ended already is fine."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def memory_bytes(pid: int) -> int:
    """The resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def proportional_memory_bytes(pid: int) -> int:
    """The memory of a process, of shared pages its part only."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
