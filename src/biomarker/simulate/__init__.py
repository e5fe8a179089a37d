"""Trials with known truth, written in the formats that real studies arrive in.

Nothing here may import the code that analyses a study: a generator that shared a formula with the analysis could not
show that formula to be wrong.
"""
