#!/bin/sh
# A Celery worker of the server stack; arguments go to Celery. Exactly one process runs the schedule: start-beat.sh.
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-python}" -m celery -A opencode worker --without-gossip --without-mingle "$@"
