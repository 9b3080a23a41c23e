#!/bin/sh
# Once per release, before its processes start: the schema, prices, and the pages' files under hashed names.
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python}" manage.py migrate --no-input
"${PYTHON:-python}" manage.py prices_import --prepare
"${PYTHON:-python}" manage.py models_import --prepare
"${PYTHON:-python}" manage.py collectstatic --no-input --verbosity 0
