"""Why workspaces refuses."""

from opencode.lib.errors import (
    Conflict,
    CredentialsInvalid,
    Denial,
    FieldsInvalid,
    Forbidden,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
)


class KeyLimitReached(Conflict):
    code = "key_limit_reached"
    default_message = "This workspace has as many active keys as it can have; revoke one first."


class KeyEnded(Conflict):
    code = "key_ended"
    default_message = "This key is no longer active or was already rotated; rotate the newest one, or create a new key."


class TokenLimitReached(Conflict):
    code = "token_limit_reached"
    default_message = "This workspace has as many active share tokens as it can have; revoke one first."


class WorkspaceLimitReached(Conflict):
    code = "workspace_limit_reached"
    default_message = "You own as many workspaces as one person can."


class LastOwnerRemains(Conflict):
    code = "last_owner_remains"
    default_message = "A workspace needs at least one owner; transfer ownership first."


class ScopeUnknown(FieldsInvalid):
    code = "scope_unknown"
    default_message = "There is no such scope."


class SlugInvalid(FieldsInvalid):
    code = "slug_invalid"
    default_message = (
        "Use 2 to 40 lowercase letters, digits and single hyphens between them, and no word the console uses."
    )


class SlugTaken(Conflict):
    code = "slug_taken"
    default_message = "Another workspace has or had this address."


class RoleTooHigh(Forbidden):
    code = "role_too_high"
    default_message = "Only an owner can make, change or remove an owner."


class SeatLimitReached(Conflict):
    code = "seat_limit_reached"
    default_message = "The workspace has as many members as its plan allows."


class MemberAlready(Conflict):
    code = "member_already"
    default_message = "Someone with this address is already a member."


class InvitationInvalid(NotFound):
    code = "invitation_invalid"
    default_message = "This invitation does not exist, was revoked, or was replaced by one in a newer e-mail."


class InvitationExpired(NotFound):
    code = "invitation_expired"
    default_message = "This invitation has expired; ask for another one."


class InvitationUsed(Conflict):
    code = "invitation_used"
    default_message = "This invitation has already been accepted."


class InvitationForAnother(Forbidden):
    code = "invitation_for_another"
    default_message = "This invitation is for another address than the one you are signed in with."


class InvitationLimitReached(Conflict):
    code = "invitation_limit_reached"
    default_message = "The workspace has as many open invitations as it can have; revoke one first."


class InvitationsTooFast(TooManyRequests):
    code = "invitations_too_fast"
    default_message = "Too many invitations at once; try again in a while."


class WorkspaceGone(NotFound):
    code = "workspace_gone"
    default_message = "This workspace can no longer be restored."


class WorkspaceBlocked(Forbidden):
    code = "workspace_blocked"
    default_message = "This workspace is blocked; its owners can ask the administrator of this console why."


class ConfigRefused(FieldsInvalid):
    """`problems`: each with code, path, line, column and message; the first gives the denial its code."""

    code = "config_refused"
    default_message = "This configuration cannot be served to agents."


class ConfigNotJSON(ConfigRefused):
    code = "config_not_json"
    default_message = "A configuration must be one JSON object."


class ConfigTooLarge(ConfigRefused):
    code = "config_too_large"
    default_message = "A configuration must be smaller than this."


class ConfigShape(ConfigRefused):
    code = "config_shape"
    default_message = "A value is not what agents expect; they would refuse to start."


class ConfigSecretLiteral(ConfigRefused):
    code = "config_secret_literal"
    default_message = "A configuration must not hold secrets, which every member could read; refer to {env:NAME}."


class ConfigFileReference(ConfigRefused):
    code = "config_file_reference"
    default_message = "A configuration must not read files on the machines that load it."


class ConfigChanged(Conflict):
    code = "config_changed"
    default_message = "Someone else saved another version in the meantime."


class OrgMissing(Denial):
    code = "org_missing"
    default_message = "Name the workspace in the header x-org-id."


class ScopeMissing(Forbidden):
    code = "scope_missing"
    default_message = "The API key does not have the scope for this."


class PersonNeeded(Forbidden):
    code = "person_needed"
    default_message = "API keys and agents cannot do this; sign in on a page instead."


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    default_message = "This Idempotency-Key was used for another request; choose a new one for each."


class WebhookLimitReached(Conflict):
    code = "webhook_limit_reached"
    default_message = "The workspace has as many webhooks as it may; delete one first."


class WebhookURLRefused(FieldsInvalid):
    code = "webhook_url_refused"
    default_message = "The console cannot send to this address."


class WebhookEventUnknown(FieldsInvalid):
    code = "webhook_event_unknown"
    default_message = "There is no such event."


class WebhookOff(Conflict):
    code = "webhook_off"
    default_message = "The webhook is off; turn it on first."


class GithubOff(NotFound):
    code = "github_app_off"
    default_message = "This console has no GitHub App; whoever runs it sets one up with OPENCODE_GITHUB_APP_ID."


class GithubPersonTokenOff(NotFound):
    code = "github_person_token_off"
    default_message = (
        "This console takes no personal access tokens in exchange; give the job `permissions: id-token: write` instead."
    )


class GithubTokenInvalid(CredentialsInvalid):
    code = "github_token_invalid"
    default_message = (
        "The token is not one that GitHub Actions signed for this use; give the job `permissions: id-token: write`."
    )


class GithubTokenUsed(CredentialsInvalid):
    code = "github_token_used"
    default_message = "This token was used before; each can be exchanged once. Ask for a new one in the job."


class GithubOwnerUnserved(Forbidden):
    code = "github_owner_unserved"
    default_message = (
        "This console's GitHub App does not serve the repository's owner; whoever runs the console adds owners to "
        "OPENCODE_GITHUB_APP_OWNERS."
    )


class GithubEventUnsafe(Forbidden):
    code = "github_event_unsafe"
    default_message = (
        "A workflow on a pull request's target runs a stranger's change with your repository's rights and gets no "
        "token; let it run on the pull request itself, or on comments."
    )


class GithubWorkflowUnserved(Forbidden):
    code = "github_workflow_unserved"
    default_message = "This workflow is not among those that may ask for a token; see OPENCODE_GITHUB_APP_WORKFLOWS."


class GithubActorMayNotWrite(Forbidden):
    code = "github_actor_may_not_write"
    default_message = "The person who started this run may not write to the repository, so the run gets no token."


class GithubNotInstalled(NotFound):
    code = "github_app_not_installed"
    default_message = "The GitHub App is not installed on this repository, or may not use it; install it there first."


class GithubUnreachable(ServiceUnavailable):
    code = "github_unreachable"
    default_message = "GitHub does not answer; try again in a moment."


class GithubOwnerClaimed(Conflict):
    code = "github_owner_claimed"
    default_message = "Another workspace of this console follows this owner; it has to let go of it first."


class GithubOwnerNotYours(Forbidden):
    code = "github_owner_not_yours"
    default_message = "GitHub says that you are neither this user nor an administrator of this organisation."
