"""Who may remove entries of a session, decided under its lock, and the note that a removal leaves for the audit log.

Removing everything empties a session as deleting it would, so it asks for the same right in sessions of other people.
"""

from collections.abc import Iterable, Mapping, Sequence

from sync.errors import RemovalForbidden
from sync.models import EntryRemoval, Session
from sync.protocol.updates import PublishReceipt
from sync.writer.publish import Publish, Sender
from workspaces.models import Membership
from workspaces.roles import is_allowed

Removal = tuple[Publish, Sender]


def removals_in(groups: Mapping[int, Sequence[Publish]]) -> list[Removal]:
    """The publishes without an outcome yet that remove entries for a sender; of repeats only the first."""
    found: dict[tuple[int, object], Removal] = {}
    for session_id, group in groups.items():
        for publish in group:
            if publish.sender is None or publish.outcome is not None:
                continue
            if any(update.deleted for update in publish.updates):
                found.setdefault((session_id, publish.operation_id or id(publish)), (publish, publish.sender))
    return list(found.values())


def refuse_removals(removals: Sequence[Removal]) -> None:
    """Give RemovalForbidden to those without the right.

    The agent that holds a share's secret has it in its own session. A person has it in the sessions they made and, by a
    role with `session.delete`, in all; a service key in sessions that are nobody's.
    """
    if not removals:
        return
    session_ids = {publish.session_id for publish, _ in removals}
    makers = dict(Session.objects.filter(id__in=session_ids).values_list("id", "created_by_id"))
    people = {pk: (user, role) for pk, user, role in _roles({sender.access.membership_id for _, sender in removals})}
    for publish, sender in removals:
        if not _may_remove(sender, makers.get(publish.session_id), people):
            publish.outcome = RemovalForbidden()


def note_removals(removals: Sequence[Removal]) -> None:
    """Write a row for each that was accepted in a workspace's session; a sweep makes audit entries of them.

    The audit log itself is not written here: its chain has one end a workspace, for which all publishes would wait.
    """
    EntryRemoval.objects.bulk_create(
        EntryRemoval(
            session_id=publish.session_id,
            share_id=sender.access.share_id,
            key_id=sender.access.key_id,
            device_id=sender.access.device_id,
            membership_id=sender.access.membership_id,
            entries=sum(update.deleted for update in publish.updates),
        )
        for publish, sender in removals
        if isinstance(publish.outcome, PublishReceipt) and sender.access.workspace_id
    )


def _roles(memberships: set[str]) -> Iterable[tuple[str, str, str]]:
    return Membership.objects.filter(pk__in=memberships - {""}).values_list("pk", "user_id", "role")


def _may_remove(sender: Sender, maker_id: str | None, people: Mapping[str, tuple[str, str]]) -> bool:
    access = sender.access
    if access.membership_id:
        user_id, role = people.get(access.membership_id, ("", ""))
        return bool(user_id) and (user_id == maker_id or is_allowed(role, "session.delete"))
    return maker_id is None if access.key_id else bool(access.share_id)
