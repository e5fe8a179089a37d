"""The study file: one module a section, and the ways to load, check and describe it."""
