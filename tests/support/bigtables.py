"""Tables as they are after a year: enough rows beside those a test looks at that a scan would show.

The benchmarks fill theirs by it too; needs a migrated database and nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as BrowserSession
from django.db import connection, models, transaction

from accounts.models import Device, DeviceToken, User
from opencode.lib.clock import utc_now
from sync.models import Operation, Session, Share, ShareClaim, Snapshot, Turn
from sync.store import EntryWrite, upsert_entries
from workspaces.models import APIKey, AuditEntry, Membership, ShareToken, SlugClaim, Workspace

CHUNK_ROWS: Final = 2000
CONTENT: Final = '{"id":"prt","messageID":"msg","sessionID":"ses","type":"text","text":"' + "x" * 180 + '"}'


def fill_sessions(owner: Workspace | None, sessions: int, entries: int, name: str = "ses_filled") -> list[Session]:
    """Sessions of a workspace, or without one, each with so many entries and a share."""
    began = utc_now() - timedelta(days=sessions // 24 + 1)
    owner_key = owner.pk if owner else "filled"
    made = [
        Session(
            client_id=f"{name}{number:06d}",
            workspace=owner,
            owner_key=owner_key,
            title=f"session {number}",
            head_seq=entries,
            entry_count=entries,
            content_bytes=entries * len(CONTENT),
            last_activity_at=began + timedelta(hours=number),
        )
        for number in range(sessions)
    ]
    Session.objects.bulk_create(made, batch_size=CHUNK_ROWS)
    stored = list(Session.objects.filter(owner_key=owner_key, client_id__startswith=name).order_by("id"))
    rows = _entries(stored, entries)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        with transaction.atomic():
            upsert_entries(chunk)
    Share.objects.bulk_create([Share(session=session, secret_version=1) for session in stored], batch_size=CHUNK_ROWS)
    return stored


def fill_operations(sessions: Sequence[Session], each: int) -> None:
    """Of every session so many acknowledged publishes and turns, a snapshot, a claim of its share."""
    now = utc_now()
    create_in_chunks(
        Operation(session=session, operation_id=f"op-{number}", first_seq=1, last_seq=1, created_at=now)
        for session in sessions
        for number in range(each)
    )
    create_in_chunks(
        Turn(session=session, message_id=f"msg_{number:04d}", role="assistant", tools=2, failures=number % 2)
        for session in sessions
        for number in range(each)
    )
    create_in_chunks(
        Snapshot(session=session, epoch=session.epoch, seq=1, object_name=f"filled/{session.pk}")
        for session in sessions
    )
    shares = Share.objects.filter(session__in=sessions)
    create_in_chunks(ShareClaim(claim=f"filled-{share.pk}", share=share) for share in shares)


def fill_people(count: int) -> list[Workspace]:
    """People, each with a workspace of their own, a key, a token, a signed-in agent and a browser."""
    now, later = utc_now(), utc_now() + timedelta(days=30)
    people = [User(id=f"usr_f{number:07d}", email=f"filled{number}@example.com") for number in range(count)]
    places = [Workspace(id=f"wrk_f{number:07d}", name="filled", slug=f"filled-{number}") for number in range(count)]
    devices = [Device(id=f"dev_f{number:07d}", user=user, name="laptop") for number, user in enumerate(people)]
    both = list(zip(people, places, strict=True))
    create_in_chunks(people)
    create_in_chunks(places)
    create_in_chunks(devices)
    create_in_chunks(SlugClaim(slug=f"former-{place.slug}", workspace=place) for place in places)
    create_in_chunks(EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people)
    create_in_chunks(Authenticator(user=user, type=Authenticator.Type.TOTP, data={}) for user in people)
    create_in_chunks(Membership(workspace=place, user=user, role="owner") for user, place in both)
    for model in (APIKey, ShareToken):
        create_in_chunks(
            model(workspace=place, name="filled", prefix="f", secret_hash=f"f{number}", hash_version=1)
            for number, place in enumerate(places)
        )
    create_in_chunks(
        DeviceToken(
            device=device,
            access_hash=f"a{device.pk}",
            refresh_hash=f"r{device.pk}",
            hash_version=1,
            access_ends_at=later,
            refresh_ends_at=later,
        )
        for device in devices
    )
    create_in_chunks(
        BrowserSession(session_key=f"filled{number}", session_data="", expire_date=later) for number in range(count)
    )
    create_in_chunks(
        UserSession(user=user, session_key=f"filled{number}", ip="127.0.0.1", user_agent="f", last_seen_at=now)
        for number, user in enumerate(people)
    )
    return places


def fill_audit(workspace: Workspace, first: int, count: int, people: Sequence[str]) -> None:
    """Entries of a workspace from `first` on, unsealed; one in a thousand is the console's, the others people's."""
    began = utc_now() - timedelta(seconds=first + count)
    create_in_chunks(
        AuditEntry(
            workspace=workspace,
            seq=seq,
            at=began + timedelta(seconds=seq),
            actor_kind="system" if seq % 1000 == 0 else "person",
            actor_id="" if seq % 1000 == 0 else people[seq % len(people)],
            action="session.share" if seq % 3 else "session.unshare",
            target_id=f"ses_{seq % 5000}",
            hash="f",
            hash_version=1,
        )
        for seq in range(first, first + count)
    )


def analyse() -> None:
    """Let the database count its rows anew."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("ANALYZE")
            return
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"ANALYZE TABLE `{table}`")
            cursor.fetchall()


def analyse_in_time() -> None:
    """On MariaDB, which counts anew some seconds after a tenth of a table has changed; SQLite never does by itself."""
    if connection.vendor != "sqlite":
        analyse()


def forget_statistics() -> None:
    """SQLite keeps what `analyse` wrote, whatever becomes of the rows."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_schema")


def _entries(sessions: Sequence[Session], each: int) -> Iterator[EntryWrite]:
    for session in sessions:
        for number in range(each):
            key = f"session/part/{session.client_id}/msg_{number // 8:06d}/prt_{number:06d}"
            yield EntryWrite(session.pk, key, number + 1, 0, CONTENT, len(CONTENT), False)


def create_in_chunks(rows: Iterable[models.Model]) -> None:
    """Insert rows of one model, CHUNK_ROWS a statement."""
    found = iter(rows)
    while chunk := list(islice(found, CHUNK_ROWS)):
        type(chunk[0])._default_manager.bulk_create(chunk)
