"""Addresses of usage and money, under a workspace's."""

from django.urls import path

from billing.views import autotopups, billing, payments, plans, requests, statement, stripeevents, topups, usage

app_name = "billing"

urlpatterns = [
    path("workspaces/<slug:slug>/billing/", billing.billing, name="billing"),
    path("workspaces/<slug:slug>/billing/payments/", payments.payment_list, name="payments"),
    path("workspaces/<slug:slug>/billing/statement/", statement.statement, name="statement"),
    path("workspaces/<slug:slug>/billing/statement/export.csv", statement.statement_csv, name="statement_csv"),
    path(
        "workspaces/<slug:slug>/billing/statement/<int:first>-<int:last>/",
        statement.statement_rows,
        name="statement_rows",
    ),
    path("workspaces/<slug:slug>/usage/requests/", requests.request_list, name="requests"),
    path("workspaces/<slug:slug>/usage/requests/one/", requests.request_one, name="request"),
    path("workspaces/<slug:slug>/usage/rows/<int:row_id>/", requests.usage_row, name="usage_row"),
    path("workspaces/<slug:slug>/usage/", usage.usage, name="usage"),
    path("workspaces/<slug:slug>/usage/export.csv", usage.usage_csv, name="usage_csv"),
    path("workspaces/<slug:slug>/billing/topup/", topups.top_up, name="top_up"),
    path("workspaces/<slug:slug>/billing/topup/<int:top_up_id>/", topups.top_up_shown, name="top_up_shown"),
    path("workspaces/<slug:slug>/billing/auto/", autotopups.auto_top_up, name="auto_top_up"),
    path("workspaces/<slug:slug>/billing/auto/retry/", autotopups.auto_top_up_again, name="auto_top_up_again"),
    path("workspaces/<slug:slug>/billing/portal/", topups.portal, name="portal"),
    path("workspaces/<slug:slug>/billing/plan/", plans.plan, name="plan"),
    path("webhooks/stripe", stripeevents.stripe_events, name="stripe_events"),
]
