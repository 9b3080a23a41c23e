"""What every operation of the JSON API shares: who calls, paging, refusals, repeats, rates."""
