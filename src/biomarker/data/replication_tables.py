"""Result table of replication: what became of the leading candidates in further cohorts."""

import polars as pl

from biomarker.data.schema import Schema, flag, integer, real, rule, text, word
from biomarker.data.tables import CONTRASTS

__all__ = ["LEVEL", "Replication"]

#: Of the family-wise error among the candidates tried in one list of one cohort.
LEVEL = 0.05


class Replication(Schema):
    """``replication``: each candidate that was tried again, in each further cohort, or why it could not be tried.

    ``estimate`` is of the cohort's own subjects with transform and formula as they were frozen in the discovery cohort;
    ``p_value`` is one-sided, in the direction that was found there. ``held`` where ``p_holm``, over the candidates
    tried in the cohort's list, is at most 0.05.
    """

    candidate_id = text(key=True)
    endpoint = text(key=True)
    comparison = text(key=True)
    contrast = word(list(CONTRASTS), key=True)
    cohort = text(key=True)
    label = text()
    method = text(nullable=True)
    n = integer(min=0)
    n_events = integer(nullable=True, min=0)
    estimate = real(nullable=True)
    effect_scale = text(nullable=True)
    std_error = real(nullable=True)
    ci_low = real(nullable=True)
    ci_high = real(nullable=True)
    p_value = real(nullable=True, min=0.0, max=1.0)
    p_holm = real(nullable=True, min=0.0, max=1.0)
    same_direction = flag(nullable=True)
    held = flag(nullable=True)
    cutoff = real(nullable=True)
    prevalence = real(nullable=True, min=0.0, max=1.0)
    status = word(["ok", "refused", "not_estimated"])
    reason = text(nullable=True)

    @rule
    def numbers_only_where_ok() -> pl.Expr:
        """A candidate that could not be tried has no p-value and says why; one that could has one."""
        ok = pl.col("status") == "ok"
        return (
            pl.when(ok)
            .then(pl.col("p_value").is_not_null() & pl.col("held").is_not_null())
            .otherwise(pl.col("p_value").is_null() & pl.col("held").is_null() & pl.col("reason").is_not_null())
        )
