"""Reactions to facts: what this process remembers of models is read again."""

from typing import Any

from django.dispatch import receiver

from gateway.selectors.shelves import shelves_forget
from gateway.signals import models_changed


@receiver(models_changed)
def changed_models_read_again(**_fact: Any) -> None:
    shelves_forget()
