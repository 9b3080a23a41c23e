"""Addresses of usage and money, under a workspace's."""

from django.urls import path

from billing.views import billing, usage

app_name = "billing"

urlpatterns = [
    path("workspaces/<slug:slug>/billing/", billing.billing, name="billing"),
    path("workspaces/<slug:slug>/usage/", usage.usage, name="usage"),
    path("workspaces/<slug:slug>/usage/export.csv", usage.usage_csv, name="usage_csv"),
]
