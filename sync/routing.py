"""WebSocket addresses of session sync."""

from django.urls import re_path

from sync.consumers import SessionConsumer

websocket_urlpatterns = [
    re_path(r"^sync/v1/sessions/(?P<target>[^/]+)$", SessionConsumer.as_asgi()),
]
