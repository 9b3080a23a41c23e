"""The ledger's rules: what may be reserved, what is charged and who pays it, pure and in integers.

Begin at `deciding.decide`: it takes `facts` and one of the `operations`, and returns a `decision`.
"""
