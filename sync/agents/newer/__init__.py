"""The protocol of agents from 1.0.98 on: `/api/share…`, and `/api/shares…` for those that are signed in.

`shares` has the handlers, `accounts` the rights of agents that are signed in.
"""
