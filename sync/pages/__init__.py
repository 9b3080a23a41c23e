"""Pages and addresses of session sync. They authenticate, read and render.

`sync/urls.py` leads here; `reading` says who reads what, and masks it for readers by links.
"""
