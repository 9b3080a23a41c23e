"""Links to sessions: agents' shares, people's links, their secrets, which session a link leads to and, masked, what it
shows of it.

The door: services, look-ups and secrets by name; `masked_read` for whatever a link's reader is shown.
"""

from sync.sharing.documents import session_shares, session_titles, shared_session, workspace_session
from sync.sharing.findings import SecretsFound, findings_invalidate, session_secrets
from sync.sharing.links import share_link_create, share_link_end, share_masking_set
from sync.sharing.masked import masked_content, masked_epoch, masked_invalidate, masked_read, masked_row, without_asks
from sync.sharing.openings import (
    KEPT_DAYS,
    LINK_OPENINGS,
    NOT_OPENED,
    LinkUse,
    OpenedDay,
    link_opened,
    links_used,
    opened_days,
    openings_purge,
)
from sync.sharing.policy import RULES, share_policy, share_policy_save
from sync.sharing.secrets import is_share_secret_valid, read_share_secret
from sync.sharing.selectors import (
    SHARES,
    live_shares,
    maker_of,
    share_state,
)
from sync.sharing.shares import CreatedShare, share_claims_purge, share_create, share_end
from sync.sharing.targets import ShareTarget, share_target, share_targets
from sync.sharing.workspacelinks import COUNTED, LinkPage, links_count, links_expiring, links_named, links_page

__all__ = [
    "COUNTED",
    "KEPT_DAYS",
    "LINK_OPENINGS",
    "NOT_OPENED",
    "RULES",
    "SHARES",
    "CreatedShare",
    "LinkPage",
    "LinkUse",
    "OpenedDay",
    "SecretsFound",
    "ShareTarget",
    "findings_invalidate",
    "is_share_secret_valid",
    "link_opened",
    "links_count",
    "links_expiring",
    "links_named",
    "links_page",
    "links_used",
    "live_shares",
    "maker_of",
    "masked_content",
    "masked_epoch",
    "masked_invalidate",
    "masked_read",
    "masked_row",
    "opened_days",
    "openings_purge",
    "read_share_secret",
    "session_secrets",
    "session_shares",
    "session_titles",
    "share_claims_purge",
    "share_create",
    "share_end",
    "share_link_create",
    "share_link_end",
    "share_masking_set",
    "share_policy",
    "share_policy_save",
    "share_state",
    "share_target",
    "share_targets",
    "shared_session",
    "without_asks",
    "workspace_session",
]
