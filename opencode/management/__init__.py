"""What starts the console by `manage.py`; a command a module, in `commands`."""
