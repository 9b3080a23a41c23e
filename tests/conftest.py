"""Fixtures every test may use."""

pytest_plugins = [
    "tests.support.fixtures",
    "tests.cast",
    "tests.support.properties",
    "tests.support.rendering",
    "tests.support.agent_client",
    "tests.support.stacks",
    "tests.support.audit",
    "tests.support.emptying",
    "tests.support.storages",
    "tests.support.rooms",
    "tests.support.models",
    "tests.support.gateway",
]
