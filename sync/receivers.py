"""What follows from facts of session sync and of the apps below."""

from collections.abc import Sequence
from typing import Any

import structlog
from django.dispatch import receiver

from sync.signals import session_erased
from sync.snapshots import prefix_of, tree_delete

log = structlog.get_logger(__name__)


@receiver(session_erased)
def erased_session_objects_delete(*, session_id: int, object_names: Sequence[str], **_fact: Any) -> None:
    """Remove everything stored below the session's prefix; what a broken storage keeps, the daily sweep removes."""
    for prefix in {prefix_of(name) for name in object_names}:
        try:
            tree_delete(prefix)
        except Exception:
            log.exception("objects of an erased session could not be removed", session=session_id, prefix=prefix)
