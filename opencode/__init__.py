"""The Django project: composition root above the apps, small kernel (`lib`) below them."""

from opencode.celery import app as celery_app

__all__ = ["celery_app"]
