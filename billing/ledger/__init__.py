"""The ledger's rules: what may be reserved, what is charged and by whom, pure and in integers."""
