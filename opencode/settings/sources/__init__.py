"""Reads the environment: each module turns some of its variables into settings. `environment` types them all."""
