#!/bin/sh
# Once per release, before its processes start: the schema, prices, models, the pages' files under hashed names, and what
# the file of OPENCODE_PROVISION says, whose new keys and links are printed here, once.
set -eu
cd "$(dirname "$0")/.."
"${PYTHON:-python}" manage.py migrate --no-input
"${PYTHON:-python}" manage.py prices_import --prepare
"${PYTHON:-python}" manage.py models_import --prepare
"${PYTHON:-python}" manage.py collectstatic --no-input --verbosity 0
[ -z "${OPENCODE_PROVISION:-}" ] || "${PYTHON:-python}" manage.py provision
