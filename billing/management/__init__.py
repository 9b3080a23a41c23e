"""What operators do about money by `manage.py`; a command a module, in `commands`, beside what several share."""
