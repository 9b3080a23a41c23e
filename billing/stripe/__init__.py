"""Payments through Stripe. Begin with `converging`: whatever points at a top-up, an answer, an event or a clock, has it
read again and moves the ledger to where that reading says it should be.

`calls` makes what changes something at Stripe, `inbox` takes events, `reconciling` finds what nobody told.
"""
