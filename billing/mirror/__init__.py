"""Copies of what Stripe holds, in dj-stripe's rows, for support to look up in the admin; no money depends on them.

Only while payments are on is dj-stripe an installed app. Of its sixty tables there are the four that are looked at, and
none of its code that calls Stripe runs: it would keep the secret key in a row, and ask Stripe within a transaction.
"""
