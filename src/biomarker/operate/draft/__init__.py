"""A first study file from the tables of a folder: guesses with their evidence, and marks where the user must decide."""

from biomarker.operate.draft.draft import draft_study

__all__ = ["draft_study"]
