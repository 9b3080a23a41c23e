"""What docs/protocol.md promises, checked against any console: see conftest.py for how to name one."""
