"""Why workspaces refuses."""

from opencode.lib.errors import Conflict, FieldsInvalid


class KeyLimitReached(Conflict):
    code = "key_limit_reached"
    default_message = "This workspace has as many live keys as it may have; revoke one first."


class TokenLimitReached(Conflict):
    code = "token_limit_reached"
    default_message = "This workspace has as many live share tokens as it may have; revoke one first."


class WorkspaceLimitReached(Conflict):
    code = "workspace_limit_reached"
    default_message = "You own as many workspaces as one person may."


class LastOwnerRemains(Conflict):
    code = "last_owner_remains"
    default_message = "A workspace keeps at least one owner; hand it over first."


class ScopeUnknown(FieldsInvalid):
    code = "scope_unknown"
    default_message = "There is no such scope."
