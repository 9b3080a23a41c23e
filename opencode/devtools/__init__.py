"""Tools for developers only: private servers for tests and for trying the server stack.

Started by name: `python -m opencode.devtools.withservers -- <command>`.
"""
