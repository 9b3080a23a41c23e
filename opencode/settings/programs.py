"""Agents and programs: how they sign in, their rate limits, how their use is counted; part of base."""

# --- agents that sign in: access tokens announce a lifetime of SECONDS and are accepted for HOURS, see docs/limits.md
DEVICE_CODE_SECONDS = 600
DEVICE_POLL_SECONDS = 2
DEVICE_ACCESS_SECONDS = 3600
DEVICE_ACCESS_HONOURED_HOURS = 168
DEVICE_REFRESH_DAYS = 90
DEVICE_REFRESH_GRACE_SECONDS = 60
DEVICE_CODES_PER_MINUTE = 20
DEVICE_GUESSES_PER_MINUTE = 10
DEVICES_OF_ONE_PERSON = 100

# --- managed configuration
CONFIG_BYTES = 65536
CONFIG_VERSIONS = 1000

# --- JSON API
API_CALLER_REQUESTS_PER_MINUTE = 1_200
API_ADDRESS_REQUESTS_PER_MINUTE = 6_000

# --- keys: how often a process writes its counts of their use
KEY_USAGE_SECONDS = 60
# --- when a key, share token or device was last used is written this much later, and in one transaction for many
CREDENTIAL_USE_SECONDS = 1
MODEL_CALL_SECONDS = 1
# Leaked secrets that one address may report; the endpoint needs no sign-in.
LEAK_REPORTS_PER_MINUTE = 30
