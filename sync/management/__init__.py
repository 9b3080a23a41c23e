"""What operators do about sessions by `manage.py`; a command a module, in `commands`, beside what several share."""
