"""Celery and its schedule: which task runs how often; part of base.

Jobs only look for work that is marked in the database, so a missed run costs only time.
"""

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "snapshots-sweep": {"task": "sync.tasks.snapshots_sweep", "schedule": 5.0, "options": {"expires": 5.0}},
    "search-backfill": {"task": "sync.tasks.search_backfill", "schedule": 60.0, "options": {"expires": 60.0}},
    "snapshot-orphans-sweep": {"task": "sync.tasks.snapshot_orphans_sweep", "schedule": 86400.0},
    "snapshots-prune": {"task": "sync.tasks.snapshots_prune", "schedule": 86400.0},
    "reported-usage-sweep": {
        "task": "sync.tasks.reported_usage_sweep",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "sessions-cool-idle": {"task": "sync.tasks.sessions_cool_idle", "schedule": 60.0, "options": {"expires": 60.0}},
    "deletions-confirm": {"task": "sync.tasks.deletions_confirm", "schedule": 60.0, "options": {"expires": 60.0}},
    "removals-audit": {"task": "sync.tasks.removals_audit", "schedule": 60.0, "options": {"expires": 60.0}},
    "notices-send": {"task": "steering.tasks.notices_send", "schedule": 3.0, "options": {"expires": 3.0}},
    "machines-purge": {"task": "steering.tasks.machines_purge", "schedule": 3600.0},
    "exports-sweep": {"task": "accounts.tasks.exports_sweep", "schedule": 30.0, "options": {"expires": 30.0}},
    "accounts-purge": {"task": "accounts.tasks.accounts_purge", "schedule": 3600.0},
    "workspaces-purge": {"task": "workspaces.tasks.workspaces_purge", "schedule": 3600.0},
    "keys-sweep": {"task": "workspaces.tasks.keys_sweep", "schedule": 900.0},
    "audit-purge": {"task": "workspaces.tasks.audit_purge", "schedule": 86400.0},
    "reservations-sweep": {"task": "billing.tasks.reservations_sweep", "schedule": 10.0, "options": {"expires": 10.0}},
    "alerts-sweep": {"task": "billing.tasks.alerts_sweep", "schedule": 5.0, "options": {"expires": 5.0}},
    "alerts-purge": {"task": "billing.tasks.alerts_purge", "schedule": 86400.0},
    "grants-sweep": {"task": "billing.tasks.grants_sweep", "schedule": 60.0, "options": {"expires": 60.0}},
    "ended-reservations-purge": {"task": "billing.tasks.ended_reservations_purge", "schedule": 3600.0},
    "stripe-sweep": {"task": "billing.tasks.stripe_sweep", "schedule": 5.0, "options": {"expires": 5.0}},
    "stripe-reconcile": {"task": "billing.tasks.stripe_reconcile", "schedule": 300.0, "options": {"expires": 300.0}},
    "model-calls-purge": {"task": "gateway.tasks.calls_purge", "schedule": 3600.0},
    "stripe-purge": {"task": "billing.tasks.stripe_purge", "schedule": 86400.0},
    "operations-purge": {"task": "sync.tasks.operations_purge", "schedule": 3600.0},
    "repeatable-calls-purge": {"task": "workspaces.tasks.repeatable_calls_purge", "schedule": 3600.0},
    "webhooks-send": {"task": "workspaces.tasks.webhooks_send", "schedule": 5.0, "options": {"expires": 5.0}},
    "github-exchanges-purge": {"task": "workspaces.tasks.github_exchanges_purge", "schedule": 86400.0},
    "webhooks-purge": {"task": "workspaces.tasks.webhooks_purge", "schedule": 86400.0},
    "mails-sweep": {"task": "accounts.tasks.mails_sweep", "schedule": 20.0, "options": {"expires": 20.0}},
    "mails-purge": {"task": "accounts.tasks.mails_purge", "schedule": 86400.0},
    "devices-purge": {"task": "accounts.tasks.devices_purge", "schedule": 3600.0},
    "sessions-purge": {"task": "accounts.tasks.sessions_purge", "schedule": 3600.0},
}
