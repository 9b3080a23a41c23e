"""URLs under /workspaces/."""

from django.urls import path

from workspaces.views import (
    api_keys,
    audit,
    configuration,
    exports,
    invitations,
    joining,
    key_details,
    members,
    share_tokens,
    workspaces,
)

app_name = "workspaces"

urlpatterns = [
    path("", workspaces.workspace_list, name="list"),
    path("new/", workspaces.create, name="create"),
    path("invitations/<str:key>/", joining.invitation, name="invitation"),
    path("<slug:slug>/", workspaces.overview, name="overview"),
    path("<slug:slug>/settings/", workspaces.settings, name="settings"),
    path("<slug:slug>/settings/address/", workspaces.address, name="address"),
    path("<slug:slug>/export/", exports.export, name="export"),
    path("<slug:slug>/leave/", members.leave, name="leave"),
    path("<slug:slug>/delete/", workspaces.delete, name="delete"),
    path("<slug:slug>/restore/", workspaces.restore, name="restore"),
    path("<slug:slug>/members/", members.member_list, name="members"),
    path("<slug:slug>/members/<str:member_id>/", members.member, name="member"),
    path("<slug:slug>/members/<str:member_id>/remove/", members.member_remove, name="member_remove"),
    path("<slug:slug>/members/<str:member_id>/handover/", members.handover, name="handover"),
    path("<slug:slug>/invitations/", invitations.invitation_list, name="invitations"),
    path("<slug:slug>/invitations/new/", invitations.invite, name="invite"),
    path("<slug:slug>/invitations/<str:invitation_id>/resend/", invitations.resend, name="invitation_resend"),
    path("<slug:slug>/invitations/<str:invitation_id>/link/", invitations.link, name="invitation_link"),
    path("<slug:slug>/invitations/<str:invitation_id>/revoke/", invitations.revoke, name="invitation_revoke"),
    path("<slug:slug>/audit/", audit.audit_list, name="audit"),
    path("<slug:slug>/audit/export.csv", audit.audit_csv, name="audit_csv"),
    path("<slug:slug>/configuration/", configuration.configuration, name="configuration"),
    path("<slug:slug>/configuration/history/", configuration.history, name="config_history"),
    path("<slug:slug>/configuration/<int:number>/", configuration.version, name="config_version"),
    path("<slug:slug>/configuration/<int:number>/restore/", configuration.restore, name="config_restore"),
    path("<slug:slug>/keys/", api_keys.key_list, name="keys"),
    path("<slug:slug>/keys/new/", api_keys.key_create, name="key_create"),
    path("<slug:slug>/keys/check/", key_details.check, name="key_check"),
    path("<slug:slug>/keys/<str:key_id>/", key_details.key_detail, name="key"),
    path("<slug:slug>/keys/<str:key_id>/rotate/", key_details.key_rotate, name="key_rotate"),
    path("<slug:slug>/keys/<str:key_id>/revoke/", api_keys.key_revoke, name="key_revoke"),
    path("<slug:slug>/tokens/", share_tokens.token_list, name="tokens"),
    path("<slug:slug>/tokens/new/", share_tokens.token_create, name="token_create"),
    path("<slug:slug>/tokens/<str:token_id>/revoke/", share_tokens.token_revoke, name="token_revoke"),
]
