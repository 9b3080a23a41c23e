"""Browsers that are told of what waits, and how a person wants to be told besides."""

from typing import ClassVar

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now


class PushSubscription(models.Model):
    """A browser's address at its push service, for as long as the browser is signed in.

    `public_key` and `secret` are the browser's, in base64url; `fingerprint` is the SHA-256 of the address.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    browser = models.ForeignKey(UserSession, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64, unique=True)
    public_key = models.CharField(max_length=100)
    secret = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=utc_now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"subscription {self.pk} of {self.user_id}"


class PushKey(models.Model):
    """The one key by which push services know this console; made at first use, and kept: `sealed` is its PEM."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sealed = models.TextField()
    created_at = models.DateTimeField(default=utc_now, editable=False)

    def __str__(self) -> str:
        return "the push key"


class NotificationChoice(models.Model):
    """How a person is told beside their browsers; without a row by nothing else."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    by_mail = models.BooleanField(default=False)

    def __str__(self) -> str:
        return "by mail" if self.by_mail else "not by mail"
