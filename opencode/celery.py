"""The Celery application, configured by the settings with the prefix CELERY_."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")

app = Celery("opencode")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
