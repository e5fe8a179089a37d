"""Stability: how often each feature is selected on half of the subjects, and how alike the halves are."""

import polars as pl

from biomarker.data.schema import Schema, integer, real, rule, text, word
from biomarker.data.tables import CONTRASTS

__all__ = ["StabilityFeatures", "StabilityLists"]


class StabilityFeatures(Schema):
    """``stability/features``: share of half-samples in which a feature is among the first of its list.

    A tested feature without a row was in none.
    """

    candidate_id = text(key=True)
    endpoint = text(key=True)
    comparison = text(key=True)
    contrast = word(list(CONTRASTS), key=True)
    stability = real(min=0.0, max=1.0)


class StabilityLists(Schema):
    """``stability/lists``: Nogueira's index of each list over its half-samples, or why it has none."""

    endpoint = text(key=True)
    comparison = text(key=True)
    contrast = word(list(CONTRASTS), key=True)
    n = integer(min=0)
    n_features = integer(min=0)
    first = integer(nullable=True, min=1)
    n_halves = integer(min=0)
    index = real(nullable=True, max=1.0)
    ci_low = real(nullable=True)
    ci_high = real(nullable=True, max=1.0)
    reason = text(nullable=True)

    @rule
    def an_index_or_a_reason() -> pl.Expr:
        """A list without an index says why."""
        return pl.col("index").is_not_null() != pl.col("reason").is_not_null()
