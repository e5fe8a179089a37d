"""Which measurable factors decide who responds to a drug, how sure are we, and what study should be run next."""

__version__ = "0.1.0"
