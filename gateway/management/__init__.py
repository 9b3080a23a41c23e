"""Commands of the gateway, and where they import from."""
