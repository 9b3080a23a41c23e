#!/bin/sh
# The schedule of the server stack: one process. Jobs only find work marked in the database, so a missed one costs time.
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-python}" -m celery -A opencode beat --scheduler opencode.server.worker:DueAtStartScheduler --pidfile= "$@"
