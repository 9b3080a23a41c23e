"""API keys, share tokens and device tokens: their form, whom they let in, how much they are used.

Import from its modules; `workspaces.access` is the door for those who only ask whether somebody may.
"""
