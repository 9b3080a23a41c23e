"""The sync protocol, pure: keys, updates, frames, codes; and what lists, turns and sums take from entries.

No Django, no I/O. Clients' frames come by `requests`, ours leave by `frames`.
"""
