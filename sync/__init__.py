"""Sessions, in rooms that import downwards only: docs/architecture.md has the list.

A room's door is its own `__init__`. The live part begins in `doors` and `agents`, pages in `pages`, writes in `writer`.
"""
