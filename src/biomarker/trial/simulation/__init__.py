"""Survival studies simulated subject by subject, many at once, for operating characteristics under scenarios."""
