"""The ASGI application: Django's pages and, beside them, the hot routes and sockets of sync."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
application = get_asgi_application()
