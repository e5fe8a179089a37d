"""Search for short formulas of one to three features that say more than their parts."""
