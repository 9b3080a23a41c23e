"""Writes of billing. The doors: `reservations` for what spends, `usage` for what was spent without one, `reported`.

Both of the former are executed by `ledger`, in a web process together with others by `lane`, which `running` starts.
"""
