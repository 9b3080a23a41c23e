"""What operators do about workspaces by `manage.py`; a command a module, in `commands`."""
