"""In front of Django for a share's fragments: whoever follows a share is answered together (decision 0022)."""

from sync.doors.fragments.front import FragmentFront, answers_forget

__all__ = ["FragmentFront", "answers_forget"]
