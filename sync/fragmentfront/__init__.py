"""In front of Django: the many who follow one share are answered together (decision 0022)."""

from sync.fragmentfront.front import FragmentFront, answers_forget

__all__ = ["FragmentFront", "answers_forget"]
