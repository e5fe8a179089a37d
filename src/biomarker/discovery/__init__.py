"""Screens of all features, and the ranking of what they find."""
