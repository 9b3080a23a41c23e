"""Work of accounts in the background; each task calls one service. The schedule is in the settings."""

from celery import shared_task

from accounts.services import deletions, devices, exports, mail_delivery, sessions
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


@shared_task
def export_make(export_id: str) -> None:
    exports.export_make(export_id=export_id, now=utc_now())


@shared_task
def exports_sweep() -> None:
    exports.exports_expire(now=utc_now())
    for export_id in exports.exports_due(now=utc_now()):
        export_make.delay(export_id)


@shared_task
def accounts_purge() -> None:
    deletions.accounts_purge(now=utc_now())
