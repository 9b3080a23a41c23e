"""The hot SQL of the ledger: locks and reads the facts of a batch, and writes what it changed, in few statements.

The door: `reading` and `writing` are the ledger's alone. The account's lock, which every writer holds, protects all
rows of an account, so that the others are read without locks of their own.
"""
