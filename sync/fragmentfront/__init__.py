"""In front of Django: the many who follow one share are answered together (decision 0022)."""

from sync.fragmentfront.asked import KEYS_LIMIT
from sync.fragmentfront.front import UNCHANGING, FragmentFront, answers_forget

__all__ = ["KEYS_LIMIT", "UNCHANGING", "FragmentFront", "answers_forget"]
