"""Paths as the lines of a tree: each folder once, chains of folders with nothing beside them on one line. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

Folder = dict[str, "Folder | int"]


class TreeLine(NamedTuple):
    """A folder, or the file with this `number`; `depth` counts from 0."""

    depth: int
    name: str
    number: int | None = None


def tree_lines(paths: Mapping[str, int]) -> list[TreeLine]:
    """The files of `paths` (each with its number), folders before files, both by name."""
    root: Folder = {}
    for path, number in paths.items():
        *folders, name = _pieces(path)
        place = root
        for folder in folders:
            found = place.setdefault(f"{folder}/", {})
            assert isinstance(found, dict)
            place = found
        place[name] = number
    return list(_lines(root, 0))


def _pieces(path: str) -> list[str]:
    pieces = [piece for piece in path.replace("\\", "/").split("/") if piece] or [path]
    return ["/" + pieces[0], *pieces[1:]] if path.startswith("/") and len(pieces) > 1 else pieces


def _lines(folder: Folder, depth: int) -> Iterator[TreeLine]:
    for name, inner in sorted(folder.items(), key=lambda item: (not isinstance(item[1], dict), item[0])):
        if not isinstance(inner, dict):
            yield TreeLine(depth, name, inner)
            continue
        chain, last = _chain(name, inner)
        yield TreeLine(depth, chain)
        yield from _lines(last, depth + 1)


def _chain(name: str, folder: Folder) -> tuple[str, Folder]:
    """The folder with those below it as far as each is alone, as one name, and the last of them."""
    while len(folder) == 1:
        ((below, inner),) = folder.items()
        if not isinstance(inner, dict):
            break
        name, folder = name + below, inner
    return name, folder
