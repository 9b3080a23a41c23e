"""Addresses of models and providers, under a workspace's."""

from typing import Final

from django.urls import path

from gateway.views import calls, connect, models, policies, provider_acts, providers

app_name = "gateway"
_HERE: Final = "workspaces/<slug:slug>"

urlpatterns = [
    path(f"{_HERE}/connect/", connect.connect, name="connect"),
    path(f"{_HERE}/connect/state", connect.state, name="connect_state"),
    path(f"{_HERE}/models/", models.model_list, name="models"),
    path(f"{_HERE}/models/new/", models.model_new, name="model_new"),
    path(f"{_HERE}/models/<str:model_id>/", policies.model, name="model"),
    path(f"{_HERE}/models/<str:model_id>/switch/", policies.switch, name="model_switch"),
    path(f"{_HERE}/models/<str:model_id>/call/", calls.model_call, name="model_call"),
    path(f"{_HERE}/models/<str:model_id>/delete/", models.model_delete_page, name="model_delete"),
    path(f"{_HERE}/sessions/<str:session_id>/calls/", calls.session_calls, name="session_calls"),
    path(f"{_HERE}/providers/", providers.provider_list, name="providers"),
    path(f"{_HERE}/providers/new/", providers.provider_new, name="provider_new"),
    path(f"{_HERE}/providers/<str:credential_id>/", providers.provider, name="provider"),
    path(f"{_HERE}/providers/<str:credential_id>/rotate/", providers.rotate, name="provider_rotate"),
    path(f"{_HERE}/providers/<str:credential_id>/test/", provider_acts.test, name="provider_test"),
    path(f"{_HERE}/providers/<str:credential_id>/call/", calls.provider_call, name="provider_call"),
    path(f"{_HERE}/providers/<str:credential_id>/first/", provider_acts.first, name="provider_first"),
    path(f"{_HERE}/providers/<str:credential_id>/delete/", provider_acts.delete, name="provider_delete"),
]
