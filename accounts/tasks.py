"""Work of accounts in the background; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from accounts.services import devices, mail_delivery, sessions
from opencode.lib.clock import utc_now


@shared_task
def mail_deliver(mail_id: str) -> None:
    mail_delivery.mail_deliver(mail_id=mail_id, now=utc_now())


@shared_task
def mails_sweep() -> None:
    for mail_id in mail_delivery.mails_due(now=utc_now()):
        mail_deliver.delay(mail_id)


@shared_task
def mails_purge() -> None:
    mail_delivery.mails_purge(now=utc_now())


@shared_task
def devices_purge() -> None:
    devices.devices_purge(now=utc_now())


@shared_task
def sessions_purge() -> None:
    sessions.sessions_purge()
