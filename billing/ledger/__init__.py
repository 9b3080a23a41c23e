"""The ledger's rules: what may be reserved, what is charged and who pays it, pure and in integers."""
