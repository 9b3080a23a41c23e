#!/bin/sh
# A web process of the server stack; any number of them behind a balancer, no sticky sessions.
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-python}" manage.py serve --no-worker --no-prepare
