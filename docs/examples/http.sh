#!/bin/sh
# The protocol with nothing but curl: push an entry, pull the state, then follow the events until Ctrl-C.
#   OPENCODE_API_KEY=oc_live_… sh docs/examples/http.sh http://127.0.0.1:8000 ses_1
set -eu
address="$1/sync/v1/sessions/$2"

# The key goes in by a file descriptor: arguments are visible to everybody on the machine.
ask() {
    printf 'header = "Authorization: Bearer %s"\n' "$OPENCODE_API_KEY" | curl --silent --show-error --fail-with-body --config - "$@"
}

ask --data "{\"id\": \"example-1\", \"updates\": [{\"key\": \"session/part/$2/msg_1/prt_1\", \"content\": {\"text\": \"hello\"}}]}" \
    "$address/entries"
echo
ask "$address/entries"
echo
ask --no-buffer "$address/events"
