"""What operators do about accounts by `manage.py`; a command a module, in `commands`."""
