"""What the benchmarks that compare checked-out consoles share: a server of each tree, and how figures are printed."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.support import server as server_module
from tests.support.server import ConsoleServer

ROOT: Final = Path(__file__).resolve().parents[2]


def in_each_tree(about: str, figures: Callable[[ConsoleServer, int], Awaitable[None]], **count: int) -> None:
    """Print each tree's name, then what `figures` prints for a fresh server of it and the number asked for.

    `count` names that option and its default, such as `pages=18`; without `--tree` the tree is this one.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", action="append", type=Path)
    ((name, default),) = count.items()
    parser.add_argument(f"--{name}", type=int, default=default)
    own = parser.parse_args()
    for tree in own.tree or [ROOT]:
        server_module.ROOT = tree.resolve()
        tell(f"{tree}")
        with tempfile.TemporaryDirectory() as folder, ConsoleServer(Path(folder)) as server:
            asyncio.run(figures(server, getattr(own, name)))


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
