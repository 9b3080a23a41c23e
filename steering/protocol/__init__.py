"""The protocol `opencode.bridge.v1` between the console and the bridge on a machine. Pure: no sockets, no database.

`frames` reads and writes, `states` ranks what becomes of an ask, `digest` names what was shown.
"""
