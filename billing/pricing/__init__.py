"""Tokens, prices and costs: pure rules, in integers, without a database and without a clock."""
