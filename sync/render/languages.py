"""Which language a file name or a fence names. Only lexers listed here ever run on untrusted text."""

from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

SUFFIXES: Final = {
    "bash": "sh bash zsh shell console",
    "c": "c h",
    "cpp": "cpp cc cxx hpp hh c++",
    "csharp": "cs c# csharp",
    "css": "css",
    "diff": "diff patch",
    "docker": "dockerfile docker",
    "elixir": "ex exs elixir",
    "go": "go golang",
    "haskell": "hs haskell",
    "html": "html htm vue svelte",
    "ini": "ini cfg conf",
    "java": "java",
    "javascript": "js mjs cjs jsx javascript",
    "json": "json jsonc jsonl",
    "kotlin": "kt kts kotlin",
    "lua": "lua",
    "make": "makefile mk make",
    "markdown": "md markdown mdx",
    "php": "php",
    "python": "py pyi python python3",
    "ruby": "rb ruby",
    "rust": "rs rust",
    "scss": "scss sass",
    "sql": "sql",
    "swift": "swift",
    "toml": "toml",
    "typescript": "ts tsx mts cts typescript",
    "xml": "xml svg plist",
    "yaml": "yaml yml",
    "zig": "zig",
}
_LANGUAGES: Final = {word: language for language, words in SUFFIXES.items() for word in (language, *words.split())}


def language_of_fence(info: str) -> str:
    """The language of a Markdown fence (` ```py title=… `), or an empty string."""
    words = info.split(maxsplit=1)
    return _LANGUAGES.get(words[0].lower(), "") if words else ""


def language_of_file(path: str) -> str:
    """The language a file's name suggests, or an empty string."""
    name = PurePosixPath(path.replace("\\", "/")).name.lower()
    return _LANGUAGES.get(name, "") or _LANGUAGES.get(name.rpartition(".")[2], "")


@lru_cache(maxsize=64)
def lexer_for(language: str) -> Lexer:
    """The lexer of a language listed in this module; it keeps every character of its input.

    A fence inside a Markdown file is not highlighted: its lexer would be any that the text names, listed or not.
    """
    return get_lexer_by_name(language, stripnl=False, ensurenl=False, handlecodeblocks=False)


def load_lexers() -> None:
    """Build every lexer now, so that processes forked afterwards share them in memory."""
    for language in SUFFIXES:
        lexer_for(language)
