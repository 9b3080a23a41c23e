"""What the opencode agent shares, pure: item types and keys, merge rules, wire forms. No Django, no I/O.

From an agent's body to the writer: `bodies`, `items`, `pieces`, `merge`; back to an agent: `wire`.
"""
