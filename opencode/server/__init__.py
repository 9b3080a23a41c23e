"""Processes: serving, supervision, the worker, test payments, readiness, metrics, logs.

`manage.py serve` starts them; `webserver` is where uvicorn begins, `supervisor` keeps the children.
"""
