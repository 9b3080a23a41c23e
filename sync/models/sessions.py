"""Live state: sessions, their shares, entries, operations and snapshots. The database is the truth."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id, random_base62
from workspaces.models import Workspace

SHARE_ID_BITS: Final = 128
# Foreign keys without an index of their own: a unique constraint below starts with the same column.


def new_epoch() -> str:
    """A new random epoch: under another epoch `seq` counts another history."""
    return secrets.token_hex(8)


def new_share_id() -> str:
    return random_base62(SHARE_ID_BITS)


def new_receipt_id() -> str:
    return new_id("rcp")


def first_check() -> datetime:
    """When a deletion is first checked: by then an upload that was under way has ended, and its worker has removed the
    object or died.
    """
    return utc_now() + timedelta(minutes=5)


class Session(models.Model):
    """One conversation of a person with an agent.

    `client_id` is the agent's own id (`ses_…`), unique within its owner; `owner_key` is the workspace's id, or a
    stand-in for sessions without one. `head_seq` numbers the updates, without gaps, and never starts again.
    Once `cold_at` is set, its entries are only in the snapshot of `head_seq`; it is warmed before any read or write.
    """

    client_id = models.CharField(max_length=128)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The share token, API key or signed-in agent that made the session, and its name then, which outlives it.
    made_with_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    made_with_name = models.CharField(max_length=80, blank=True, default="", db_default="")
    owner_key = models.CharField(max_length=64)
    epoch = models.CharField(max_length=16, default=new_epoch)
    head_seq = models.BigIntegerField(default=0)
    entry_count = models.IntegerField(default=0)
    content_bytes = models.BigIntegerField(default=0)
    snapshot_seq = models.BigIntegerField(default=0)
    # Up to this number the session's turns are right; the writer keeps them so only while it is the head's.
    turn_seq = models.BigIntegerField(default=0, db_default=0)
    snapshot_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # The number up to which reported costs are rolled up, and when the rest is due.
    reported_seq = models.BigIntegerField(default=0, db_default=0)
    reported_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    title = models.CharField(max_length=300, blank=True)
    model = models.CharField(max_length=200, blank=True)
    agent_version = models.CharField(max_length=40, blank=True)
    # What the agent's newest messages and tools said; `sync.store.states` makes one word of them and the time.
    is_running = models.BooleanField(default=False)
    has_failed = models.BooleanField(default=False, db_default=False)
    has_open_tool = models.BooleanField(default=False, db_default=False)
    tokens_input = models.BigIntegerField(default=0)
    tokens_output = models.BigIntegerField(default=0)
    tokens_reasoning = models.BigIntegerField(default=0)
    tokens_cache_read = models.BigIntegerField(default=0)
    tokens_cache_write = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0, help_text="micro-cents")
    created_at = models.DateTimeField(default=utc_now)
    last_activity_at = models.DateTimeField(default=utc_now)
    # Publishes do not change it, which saves an index update each: a sweep that finds it old checks `last_activity_at`.
    # None while the session is cold.
    idle_since = models.DateTimeField(default=utc_now, db_default=Now(), null=True, blank=True, db_index=True)
    cold_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-last_activity_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner_key", "client_id"], name="session_once_per_owner"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "-last_activity_at", "-id"], name="session_by_activity"),
            # For the lists of one state, which would otherwise read all others or sort all of the state.
            models.Index(
                fields=["workspace", "is_running", "has_failed", "-last_activity_at", "-id"], name="session_by_state"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.client_id


class Share(models.Model):
    """A link to a session, `/share/<id>`; whoever has it may read the session while the link is live.

    One for members only leads them to the session's page, and shows nothing to anybody else.
    """

    class Visibility(models.TextChoices):
        LINK = "link"
        PUBLIC = "public"
        MEMBERS = "members"

    id = models.CharField(primary_key=True, max_length=43, default=new_share_id, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="shares")
    # The session's, for the list of all links of a workspace.
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.LINK)
    # The key version the agent's secret was derived with, so that "create again" returns the same secret.
    secret_version = models.PositiveSmallIntegerField()
    # A link made by a person is never given to an agent that shares the same session, nor ended by one.
    is_agents = models.BooleanField(default=True, db_default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The id of the signed-in agent that made it: its secret may write only while that device and its membership last.
    device_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=utc_now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Whether readers who have only the link see secrets masked. What is stored is never masked.
    masks_secrets = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        permissions: ClassVar = [("end_share", "Can end share links")]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["workspace", "is_agents", "revoked_at", "-created_at", "id"], name="share_by_workspace"
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def is_for_members(self) -> bool:
        """Whether the link alone shows nothing: only members of the workspace may open it."""
        return self.visibility == Share.Visibility.MEMBERS


class ShareClaim(models.Model):
    """Keeps the result of an anonymous create for a racing one: the unique `claim` decides which of the two wins."""

    claim = models.CharField(max_length=64, unique=True)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=utc_now, db_index=True)

    def __str__(self) -> str:
        return self.claim


class SocketTicket(models.Model):
    """Opens one socket, once, within a minute; only the keyed hash is stored. Using it removes the row.

    The other fields say what the socket may do and what it depends on: ids instead of foreign keys, as they are checked
    when the ticket is used.
    """

    secret_hash = models.CharField(max_length=64, unique=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    target = models.CharField(max_length=128)
    role = models.CharField(max_length=10)
    share_id = models.CharField(max_length=43, blank=True)
    key_id = models.CharField(max_length=40, blank=True)
    membership_id = models.CharField(max_length=40, blank=True)
    device_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    browser_id = models.CharField(max_length=20, blank=True, default="", db_default="")
    name = models.CharField(max_length=254, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"ticket {self.pk}"


class SessionEntry(models.Model):
    """The newest value of one key. `content` is the JSON text as received; empty when `deleted`."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="entries", db_index=False)
    key = models.CharField(max_length=255)
    seq = models.BigIntegerField()
    rank = models.BigIntegerField(default=0)
    content = models.TextField()
    size = models.IntegerField(help_text="bytes of content in UTF-8")
    deleted = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "key"], name="entry_once_per_key"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["session", "seq"], name="entry_by_seq")]

    def __str__(self) -> str:
        return f"{self.key}@{self.seq}"


class Operation(models.Model):
    """An acknowledged publish, kept for a day, so that a repeat gets the same acknowledgement."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="operations", db_index=False)
    operation_id = models.CharField(max_length=64)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    # No index, which would slow each publish: rows are made in time order, so the oldest have the lowest ids.
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "operation_id"], name="operation_once"),
        ]

    def __str__(self) -> str:
        return self.operation_id


class Snapshot(models.Model):
    """A session's whole state at `seq`, kept in object storage. The row exists before the object is put."""

    class State(models.TextChoices):
        PENDING = "pending"
        STORED = "stored"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="snapshots", db_index=False)
    epoch = models.CharField(max_length=16)
    seq = models.BigIntegerField()
    object_name = models.CharField(max_length=255, unique=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.BigIntegerField(default=0)
    entries = models.IntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "epoch", "seq"], name="snapshot_once_per_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}@{self.seq}"


class DeletionReceipt(models.Model):
    """What was erased with a session, kept after it is gone. Holds ids and counts, never content.

    `session_id` is the session's former row id, without a foreign key, as the row is gone.
    """

    id = models.CharField(primary_key=True, max_length=30, default=new_receipt_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    client_id = models.CharField(max_length=128)
    session_id = models.BigIntegerField()
    object_prefix = models.CharField(max_length=120)
    entries = models.IntegerField()
    operations = models.IntegerField()
    shares = models.IntegerField()
    snapshots = models.IntegerField()
    content_bytes = models.BigIntegerField()
    objects_removed = models.IntegerField(default=0)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    erased_at = models.DateTimeField(default=utc_now, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # When the next check for leftovers may begin; None once it is confirmed.
    confirm_due_at = models.DateTimeField(default=first_check, null=True, blank=True, db_index=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.client_id}"
