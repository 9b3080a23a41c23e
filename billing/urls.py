"""Addresses of usage and money, under a workspace's."""

from django.urls import path

from billing.views import billing, stripeevents, topups, usage

app_name = "billing"

urlpatterns = [
    path("workspaces/<slug:slug>/billing/", billing.billing, name="billing"),
    path("workspaces/<slug:slug>/usage/", usage.usage, name="usage"),
    path("workspaces/<slug:slug>/usage/export.csv", usage.usage_csv, name="usage_csv"),
    path("workspaces/<slug:slug>/billing/topup/", topups.top_up, name="top_up"),
    path("workspaces/<slug:slug>/billing/topup/<int:top_up_id>/", topups.top_up_shown, name="top_up_shown"),
    path("webhooks/stripe", stripeevents.stripe_events, name="stripe_events"),
]
