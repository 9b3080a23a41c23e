"""Pages of our own beside allauth's; `accounts/urls.py` says which page is whose."""
