"""Support staff find sessions, shares and snapshots, and change none."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sync.models import Session, Share, Snapshot
from tests.cast import Cast


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a long enough password"))
    return client


@pytest.fixture
def share(cast: Cast) -> Share:
    session = Session.objects.create(
        client_id="ses_wanted", owner_key=cast.alpha.pk, workspace=cast.alpha, title="Mend the <roof>", head_seq=7
    )
    Session.objects.create(client_id="ses_other", owner_key="x", title="something else")
    Snapshot.objects.create(session=session, epoch=session.epoch, seq=7, object_name="sessions/none/1/e/7")
    return Share.objects.create(session=session, secret_version=1)


@pytest.mark.parametrize("words", ["ses_wanted", "roof", "alpha"])
def test_session_is_found(staff: Client, share: Share, words: str) -> None:
    page = staff.get(reverse("admin:sync_session_changelist"), {"q": words})
    assert b"ses_wanted" in page.content
    assert b"ses_other" not in page.content


def test_session_is_found_by_share_id(staff: Client, share: Share) -> None:
    assert b"ses_wanted" in staff.get(reverse("admin:sync_session_changelist"), {"q": share.pk}).content
    assert share.pk.encode() in staff.get(reverse("admin:sync_share_changelist"), {"q": "ses_wanted"}).content
    assert b"pending" in staff.get(reverse("admin:sync_snapshot_changelist"), {"q": "ses_wanted"}).content


def test_session_can_be_looked_at_but_not_changed(staff: Client, share: Share) -> None:
    address = reverse("admin:sync_session_change", args=[share.session_id])
    page = staff.get(address)
    assert b"Mend the &lt;roof&gt;" in page.content
    assert b'name="_save"' not in page.content
    assert staff.post(address, {"title": "other"}).status_code == 403
    assert staff.post(reverse("admin:sync_session_delete", args=[share.session_id])).status_code == 403


def test_member_without_staff_rights_sees_no_admin(cast: Cast, sign_in: object) -> None:
    client = Client()
    client.force_login(cast.alice)
    assert client.get(reverse("admin:sync_session_changelist")).status_code == 302
