"""Tokens of a GitHub App for the agent's GitHub action: who asks, by which rules, and GitHub's own answers.

The acts that write rows are services above (`github_exchanges`, `github_owners`).
"""
