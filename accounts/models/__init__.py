"""People, and how they sign in: one module per noun."""

from accounts.models.deletions import AccountDeletion
from accounts.models.devices import Device, DeviceLogin, DeviceToken, new_device_id
from accounts.models.email_changes import EmailChange
from accounts.models.exports import DataExport, new_export_id
from accounts.models.mails import OutgoingMail, new_mail_id
from accounts.models.owner_links import OwnerLink
from accounts.models.users import NAME_CHARACTERS, FoldedEmailField, User, UserManager, fold_email, new_user_id

__all__ = [
    "NAME_CHARACTERS",
    "AccountDeletion",
    "DataExport",
    "Device",
    "DeviceLogin",
    "DeviceToken",
    "EmailChange",
    "FoldedEmailField",
    "OutgoingMail",
    "OwnerLink",
    "User",
    "UserManager",
    "fold_email",
    "new_device_id",
    "new_export_id",
    "new_mail_id",
    "new_user_id",
]
