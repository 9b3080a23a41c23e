"""Addresses under /workspaces/."""

from django.urls import path

from workspaces.views import api_keys, share_tokens, workspaces

app_name = "workspaces"

urlpatterns = [
    path("", workspaces.workspace_list, name="list"),
    path("new/", workspaces.create, name="create"),
    path("<slug:slug>/", workspaces.overview, name="overview"),
    path("<slug:slug>/settings/", workspaces.settings, name="settings"),
    path("<slug:slug>/keys/", api_keys.key_list, name="keys"),
    path("<slug:slug>/keys/new/", api_keys.key_create, name="key_create"),
    path("<slug:slug>/keys/<str:key_id>/revoke/", api_keys.key_revoke, name="key_revoke"),
    path("<slug:slug>/tokens/", share_tokens.token_list, name="tokens"),
    path("<slug:slug>/tokens/new/", share_tokens.token_create, name="token_create"),
    path("<slug:slug>/tokens/<str:token_id>/revoke/", share_tokens.token_revoke, name="token_revoke"),
]
