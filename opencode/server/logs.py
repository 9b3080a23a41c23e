"""Structured logs: one line an event, with the request id and without secrets."""

import logging
from typing import Any, Final

import structlog

from opencode.lib.redaction import redact

# A workspace without a managed configuration: each agent asks for one at its start, and takes 404 to mean "none".
EXPECTED: Final = {("/api/config", 404)}


def is_unexpected(record: logging.LogRecord) -> bool:
    """Whether Django's line about a refused request is worth showing to an operator."""
    path = getattr(getattr(record, "request", None), "path", "")
    return (path, getattr(record, "status_code", 0)) not in EXPECTED


def _shorten_refusals(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Log what Django refuses as suspicious, such as an unknown Host, without traceback: any client can cause it."""
    record = event.get("_record")
    if record is not None and record.name.startswith("django.security."):
        event.pop("exc_info", None)
    return event


def _redact_event(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    event.pop("color_message", None)
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    """The value without secrets. Libraries log objects too, such as a request with its path: they become text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): _redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(inner) for inner in value]
    return redact(str(value))


def logging_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING: all records, libraries' too, through structlog's formatter to standard error."""
    steps = _steps()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *steps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": steps,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(as_json)],
            }
        },
        "filters": {"unexpected": {"()": _unexpected_only}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Their lines only repeat what the console logs itself ("Started server process", "Uvicorn running on").
            "uvicorn": {"level": "WARNING"},
            "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
            "django.request": {"filters": ["unexpected"]},
            # `announce` logs failing receivers itself, with the fact.
            "django.dispatch": {"handlers": [], "propagate": False},
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "celery": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            # A line for each request, with its address.
            "stripe": {"level": "WARNING"},
        },
    }


def _unexpected_only() -> Any:
    return is_unexpected


def _steps() -> list[Any]:
    """The processors that every event, ours or a library's, passes before it is rendered."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _shorten_refusals,
        structlog.processors.format_exc_info,
        _redact_event,
    ]


def _renderer(as_json: bool) -> Any:
    if as_json:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
