"""The protocol of agents from 1.0.110 on: `/api/share…`, and `/api/shares…` for those that are signed in."""
