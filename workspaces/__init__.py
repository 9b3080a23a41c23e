"""What you may touch: workspaces, members, keys and share tokens, the configuration, webhooks, the audit log.

The door to a workspace's rows is `access`; what is needed of the apps above are `ports`, what they are told `signals`.
"""
