"""One act on a sandbox, whole or not at all: for requests of the API and for what people do on the pages."""

from collections.abc import Callable
from typing import TypeVar

from billing.standin.objects.following import catch_up, follow
from billing.standin.sandbox import Sandbox, StripeRefusal
from billing.standin.service.deliveries import deliveries_plan

Done = TypeVar("Done")


def perform(sandbox: Sandbox, act: Callable[[], Done]) -> Done:
    """Do what has become due, act, carry through what follows, plan the events.

    Raises what `act` raises. A refusal undoes everything unless it says that it keeps what was done.
    """
    catch_up(sandbox)
    deliveries_plan(sandbox)
    sandbox.commit()
    try:
        done = act()
        follow(sandbox)
    except StripeRefusal as refusal:
        if not refusal.keeps:
            sandbox.roll_back()
            raise
        follow(sandbox)
        deliveries_plan(sandbox)
        raise
    except Exception:
        sandbox.roll_back()
        raise
    deliveries_plan(sandbox)
    return done
