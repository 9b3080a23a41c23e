"""Reads of billing: pages read sums (`usage`, `breakdowns`, `spending`), checks single rows (`verification`)."""
