"""Writes of steering: agent processes that come and go, their asks, and what of these goes into sessions' logs."""
