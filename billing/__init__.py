"""What you owe: prices, the ledger, limits and usage. Amounts are integers of micro-cents.

The door for whatever spends is `services.reservations`; usage that was never reserved goes to `services.usage`.
"""
