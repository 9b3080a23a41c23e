"""What every operation of the JSON API shares: who calls, paging, refusals, repeats, rates.

Begin at `callers.workspace_call`, with which operations of all apps begin.
"""
