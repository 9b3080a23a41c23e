"""One module for each kind of object: pure functions on a sandbox.

Those that an address calls are `noun_verb(sandbox, given, *ids)`: `given` are checked parameters, and what comes back
is the object to answer with.
"""
