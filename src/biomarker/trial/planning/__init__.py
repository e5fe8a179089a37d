"""Which study to run: designs searched under constraints, and what it is worth to know more first."""
