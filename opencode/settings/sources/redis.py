"""REDIS_URL as the settings of the channel layer and the cache."""

from typing import Any
from urllib.parse import urlsplit


def channel_layer_settings(url: str) -> dict[str, Any]:
    """Redis publishes across its numbered databases: the prefix separates two consoles that share one server."""
    number = urlsplit(url).path.strip("/") or "0"
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [url], "prefix": f"opencode.{number}."},
    }


def cache_settings(url: str) -> dict[str, Any]:
    """The prefix skips entries that an earlier release wrote in another format."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "json",
        "OPTIONS": {"serializer": "opencode.lib.countscache.JSONSerializer"},
    }
