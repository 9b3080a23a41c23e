"""A channel layer that loses, doubles and reorders what goes between processes, by a seeded pattern.

Settings for a console on the server stack that uses it: `DJANGO_SETTINGS_MODULE=tests.support.unreliable_settings`.
"""

import logging
import random
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

log = logging.getLogger(__name__)
LOST, DOUBLED, HELD = 0.25, 0.15, 0.25
# So many pass untouched at first: the processes find each other, and there is something to lose between them.
CALM = 8
# The layer's method, whom it is for, the message.
Sending = tuple[str, str, dict[str, Any]]


class UnreliableLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    def __init__(self, *arguments: Any, seed: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._random = random.Random(seed)
        self._held: list[Sending] = []
        self._calm = CALM

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._pass_on(("send", channel, message))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._pass_on(("group_send", group, message))

    async def _pass_on(self, sending: Sending) -> None:
        """What is held back goes out after any later message."""
        self._calm -= 1
        fate = 1.0 if self._calm >= 0 else self._random.random()
        if fate < LOST:
            log.warning("layer_lost")
            return
        if fate < LOST + HELD:
            log.warning("layer_held")
            self._held.append(sending)
            return
        copies = 2 if fate < LOST + HELD + DOUBLED else 1
        held, self._held = self._held, []
        for way, addressee, message in [*[sending] * copies, *reversed(held)]:
            await getattr(self._get_layer(), way)(addressee, message)
        if copies > 1:
            log.warning("layer_doubled")
