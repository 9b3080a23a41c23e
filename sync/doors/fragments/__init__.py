"""A cache in front of Django for shares' fragments: followers of a share are answered together (decision 0022).

The door: `FragmentFront` around Django's pages, `answers_invalidate` when a share ends.
"""

from sync.doors.fragments.front import FragmentFront, answers_invalidate

__all__ = ["FragmentFront", "answers_invalidate"]
