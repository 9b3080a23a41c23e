"""REDIS_URL to the channel layer's settings."""

from typing import Any
from urllib.parse import urlsplit


def channel_layer_settings(url: str) -> dict[str, Any]:
    """Redis publishes across its numbered databases: the prefix keeps two consoles apart that share one server."""
    number = urlsplit(url).path.strip("/") or "0"
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [url], "prefix": f"opencode.{number}."},
    }
