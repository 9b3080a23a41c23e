"""Mail gets out: after the commit, once, in spite of lost tasks and failing servers; what does not is seen."""

import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from pytest_django import Settings

from accounts.models import OutgoingMail
from accounts.services.mail import mail_send
from accounts.services.mail_delivery import (
    KEPT,
    MARK,
    PAUSES,
    mail_deliver,
    mail_retry,
    mails_due,
    mails_purge,
)
from accounts.tasks import mail_deliver as mail_deliver_task
from accounts.tasks import mails_sweep
from opencode.lib.clock import utc_now
from tests.support.smtp import MailServer, mail_server

pytestmark = pytest.mark.django_db(transaction=True)

LATER = datetime(2126, 1, 1, tzinfo=UTC)
LINK = "http://127.0.0.1:8000/accounts/confirm-email/the-secret-of-the-link/"


@pytest.fixture
def post_office(settings: Settings) -> Iterator[MailServer]:
    """A mail server that the console is set to use."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def lost_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue does not answer."""

    def fails(*_arguments: object, **_options: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(mail_deliver_task, "apply_async", fails)


def send() -> OutgoingMail:
    mail_send(to="dave@example.com", template="account/email/email_confirmation.html", context={"activate_url": LINK})
    return OutgoingMail.objects.get()


def test_mail_server_gets_text_and_html(post_office: MailServer) -> None:
    stored = send()
    (message,) = post_office.mails
    assert (message["To"], message["Subject"]) == ("dave@example.com", "Confirm your e-mail address")
    assert message["Message-ID"] == f"<{stored.pk}@127.0.0.1>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert LINK in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert LINK in message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert stored.state == OutgoingMail.State.SENT


def test_mail_leaves_after_the_commit() -> None:
    with transaction.atomic():
        send()
        assert mail.outbox == []
    assert len(mail.outbox) == 1


def test_what_is_rolled_back_is_never_sent() -> None:
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    mails_sweep()
    assert mail.outbox == []
    assert not OutgoingMail.objects.exists()


def test_waiting_mail_shows_no_secret_and_a_sent_one_keeps_nothing(lost_tasks: None) -> None:
    stored = send()
    assert "the-secret-of-the-link" not in str(OutgoingMail.objects.values())
    mail_deliver(mail_id=stored.pk, now=utc_now())
    assert OutgoingMail.objects.get().body == ""


@pytest.mark.usefixtures("lost_tasks")
def test_sweep_sends_what_a_dead_queue_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    send()
    assert mail.outbox == []
    monkeypatch.undo()
    mails_sweep()
    assert len(mail.outbox) == 1
    mails_sweep()
    assert len(mail.outbox) == 1


def test_mail_of_a_worker_that_died_with_it_is_sent_again_after_its_lease(lost_tasks: None) -> None:
    stored = send()
    now = utc_now()
    OutgoingMail.objects.update(due_at=now + MARK.lease, attempts=1)
    assert not mail_deliver(mail_id=stored.pk, now=now + MARK.lease - timedelta(seconds=1))
    assert mail_deliver(mail_id=stored.pk, now=now + MARK.lease)


def test_two_workers_send_one_mail_once(lost_tasks: None) -> None:
    stored = send()
    start = Barrier(2)

    def work(_number: int) -> bool:
        start.wait()
        try:
            return mail_deliver(mail_id=stored.pk, now=LATER)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, range(2))) == [False, True]
    assert len(mail.outbox) == 1


def test_failure_of_a_worker_that_was_overtaken_leaves_the_mail_sent(
    lost_tasks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = send()
    attempt = EmailMultiAlternatives.send

    def slow(message: EmailMultiAlternatives) -> int:
        monkeypatch.setattr(EmailMultiAlternatives, "send", attempt)
        assert mail_deliver(mail_id=stored.pk, now=LATER + MARK.lease)
        raise OSError("the server's answer came too late")

    monkeypatch.setattr(EmailMultiAlternatives, "send", slow)
    assert not mail_deliver(mail_id=stored.pk, now=LATER)
    stored.refresh_from_db()
    assert (stored.state, stored.due_at, len(mail.outbox)) == (OutgoingMail.State.SENT, None, 1)


def test_failing_server_is_asked_again_with_growing_pauses_and_then_given_up(
    post_office: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    post_office.answer_to_recipient = "451 come back later"
    stored = send()
    begun = stored.created_at
    for number, pause in enumerate(PAUSES, start=1):
        stored.refresh_from_db()
        assert (stored.attempts, stored.state) == (number, OutgoingMail.State.WAITING)
        assert stored.due_at is not None
        assert pause <= stored.due_at - begun < pause + timedelta(seconds=30)
        begun = stored.due_at
        mail_deliver(mail_id=stored.pk, now=begun)
    stored.refresh_from_db()
    assert (stored.attempts, stored.state, stored.due_at) == (len(PAUSES) + 1, OutgoingMail.State.FAILED, None)
    assert "451" in stored.last_error
    assert mails_due(now=LATER) == []
    assert "mail_given_up" in caplog.text


def test_mail_goes_out_when_the_server_is_back(post_office: MailServer) -> None:
    post_office.answer_to_recipient = "451 come back later"
    stored = send()
    post_office.answer_to_recipient = "250 known"
    assert mails_due(now=utc_now()) == []
    assert mail_deliver(mail_id=stored.pk, now=utc_now() + PAUSES[0])
    assert len(post_office.mails) == 1
    stored.refresh_from_db()
    assert (stored.state, stored.last_error) == (OutgoingMail.State.SENT, "")


def test_unknown_mailbox_is_not_asked_for_again(post_office: MailServer) -> None:
    post_office.answer_to_recipient = "550 nobody of that name"
    stored = send()
    assert (stored.attempts, stored.state) == (1, OutgoingMail.State.FAILED)
    assert smtplib.SMTPRecipientsRefused.__name__ in stored.last_error


def test_given_up_mail_can_be_begun_again(post_office: MailServer) -> None:
    post_office.answer_to_recipient = "550 nobody of that name"
    stored = send()
    post_office.answer_to_recipient = "250 known"
    assert mail_retry(mail_id=stored.pk, now=utc_now())
    mails_sweep()
    assert len(post_office.mails) == 1
    assert not mail_retry(mail_id=stored.pk, now=utc_now())


def test_old_mails_are_forgotten_and_waiting_ones_never(lost_tasks: None) -> None:
    send()
    now = utc_now()
    assert mails_purge(now=LATER) == 0
    mail_deliver(mail_id=OutgoingMail.objects.get().pk, now=now)
    assert mails_purge(now=now + KEPT - timedelta(seconds=1)) == 0
    assert mails_purge(now=now + KEPT) == 1


def test_without_a_mail_server_it_is_printed_at_once_with_whole_links(
    settings: Settings, lost_tasks: None, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MAIL_IS_QUEUED = False
    settings.EMAIL_BACKEND = "opencode.lib.logmail.LogEmailBackend"
    send()
    printed = capsys.readouterr().out
    assert f"\n{LINK}\n" in printed
    assert "To: dave@example.com\nSubject: Confirm your e-mail address\n" in printed
    assert "<html" not in printed
