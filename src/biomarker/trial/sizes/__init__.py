"""Sample size and power of designs with one or more looks."""
