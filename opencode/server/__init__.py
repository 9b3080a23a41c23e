"""Processes: serving, supervision, the worker, readiness, metrics, logs."""
