"""Writes of workspaces: members, invitations, keys and tokens, configuration, webhooks, deletion.

`standing` asks for the right again under the workspace's lock; `audit` is called last, in each act's transaction.
"""
