"""Workspaces, their members and invitations, the keys and tokens they hand out, their configuration and webhooks,
and the log of who did what.
"""

from workspaces.models.audit import AppendOnly, AppendOnlyModel, AuditAnchor, AuditEntry, AuditHead
from workspaces.models.configurations import ConfigVersion, new_config_version_id
from workspaces.models.credentials import (
    APIKey,
    Credential,
    KeyUsage,
    ShareToken,
    new_api_key_id,
    new_share_token_id,
)
from workspaces.models.github import GithubExchange, GithubOwner
from workspaces.models.invitations import Invitation, new_invitation_id
from workspaces.models.memberships import Membership, Role, new_membership_id
from workspaces.models.repeats import RepeatableCall
from workspaces.models.slugs import SlugClaim
from workspaces.models.webhooks import WebhookDelivery, WebhookEndpoint, new_webhook_id
from workspaces.models.workspaces import Workspace, new_workspace_id

__all__ = [
    "APIKey",
    "AppendOnly",
    "AppendOnlyModel",
    "AuditAnchor",
    "AuditEntry",
    "AuditHead",
    "ConfigVersion",
    "Credential",
    "GithubExchange",
    "GithubOwner",
    "Invitation",
    "KeyUsage",
    "Membership",
    "RepeatableCall",
    "Role",
    "ShareToken",
    "SlugClaim",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Workspace",
    "new_api_key_id",
    "new_config_version_id",
    "new_invitation_id",
    "new_membership_id",
    "new_share_token_id",
    "new_webhook_id",
    "new_workspace_id",
]
