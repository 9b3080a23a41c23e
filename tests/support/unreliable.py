"""A channel layer that loses, doubles and reorders what goes between processes, by a seeded pattern.

Settings for a console on the server stack that uses it: `DJANGO_SETTINGS_MODULE=tests.support.unreliable_settings`.
"""

import logging
import random
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

log = logging.getLogger(__name__)
LOST, DOUBLED, HELD = 0.25, 0.15, 0.25


class UnreliableLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    def __init__(self, *arguments: Any, seed: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._random = random.Random(seed)
        self._held: list[tuple[str, dict[str, Any]]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """What is held back goes out after a later message of any group."""
        fate = self._random.random()
        if fate < LOST:
            log.warning("layer_lost")
            return
        if fate < LOST + HELD:
            log.warning("layer_held")
            self._held.append((group, message))
            return
        copies = 2 if fate < LOST + HELD + DOUBLED else 1
        held, self._held = self._held, []
        for addressee, text in [*[(group, message)] * copies, *reversed(held)]:
            await self._get_layer().group_send(addressee, text)
        if copies > 1:
            log.warning("layer_doubled")
