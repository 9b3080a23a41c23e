"""Secrets in what agents share, found and hidden for readers who have only a link. Pure: text in, text out.

The door: `mask_text` for titles and plain text, `mask_entry` for an entry's JSON, `find_secrets` for counting.
"""

from sync.masking.detection import FoundSecret, find_secrets
from sync.masking.entries import mask_entry
from sync.masking.masks import Masked, mask_text
from sync.masking.rules import RULES_VERSION

__all__ = [
    "RULES_VERSION",
    "FoundSecret",
    "Masked",
    "find_secrets",
    "mask_entry",
    "mask_text",
]
