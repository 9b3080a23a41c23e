"""The stage on which people steer an agent."""

import pytest
from allauth.mfa.models import Authenticator
from asgiref.sync import sync_to_async

from steering.models import SteeringPolicy
from tests.support.devices import device_of
from tests.support.rooms import Room
from tests.support.steering import Stage


@pytest.fixture
async def stage(room: Room) -> Stage:
    await SteeringPolicy.objects.acreate(workspace=room.cast.alpha, ceiling="prompt")
    await Authenticator.objects.acreate(user=room.cast.carol, type="totp", data={})
    return Stage(room, await sync_to_async(device_of)(room.cast.carol))
