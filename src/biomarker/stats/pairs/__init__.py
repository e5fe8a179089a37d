"""Indices of two features, for all pairs at once: what each adds to its two parts."""
