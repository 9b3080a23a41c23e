"""Tokens, prices and costs: pure rules, in integers, without a database and without a clock.

Begin at `explain.rows_of`: `tokens` reads a provider's body, `book` finds the price, `cost` multiplies.
"""
