"""Outgoing mails: one row each until it is delivered, so that no lost task or broken broker loses a mail."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_mail_id() -> str:
    return new_id("mail")


class OutgoingMail(models.Model):
    """`due_at` says when the next attempt may start; null once the mail is sent or given up.

    `body` is text and HTML, encrypted because mails carry links that sign people in. It is emptied when the mail is
    sent.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    id = models.CharField(primary_key=True, max_length=31, default=new_mail_id, editable=False)
    recipient = models.EmailField()
    template = models.CharField(max_length=120)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.subject} ({self.state})"
