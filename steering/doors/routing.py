"""The WebSocket address of bridges."""

from django.urls import re_path

from steering.doors.sockets import BridgeConsumer

bridge_urlpatterns = [re_path(r"^sync/v1/bridge$", BridgeConsumer.as_asgi())]
