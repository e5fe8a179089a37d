"""Result tables of predictive effects: one row a marker, and one row a question."""

import polars as pl

from biomarker.data.schema import Schema, flag, integer, real, rule, text, word
from biomarker.data.tables import STATUSES

__all__ = ["QUANTITIES", "PredictiveMarkers", "PredictiveQuestions"]

#: What of the endpoint the doubly robust answers are about; a marker changes the arms' difference of it.
QUANTITIES = ("mean", "probability", "restricted mean time", "probability without event")


class PredictiveMarkers(Schema):
    """``predictive/markers``: what a marker does to the endpoint and to the treatment's effect, side by side.

    Both slopes come from the same pseudo-outcomes, per unit of the marker and on the additive scale of ``quantity``:
    ``predictive_slope`` of their difference between the arms, ``prognostic_slope`` of their mean. ``conditional_slope``
    is the predictive one with the other markers held, for the markers that lead by ``p_marginal``; the family of
    ``q_conditional`` is all tested markers of the question, those without a conditional test counting as 1.
    """

    modality = text(key=True)
    feature_id = text(key=True)
    endpoint = text(key=True)
    comparison = text(key=True)
    quantity = word(list(QUANTITIES))
    prespecified = flag()
    n = integer(min=0)
    prognostic_slope = real(nullable=True)
    prognostic_error = real(nullable=True)
    prognostic_statistic = real(nullable=True)
    p_prognostic = real(nullable=True, min=0.0, max=1.0)
    predictive_slope = real(nullable=True)
    predictive_error = real(nullable=True)
    predictive_statistic = real(nullable=True)
    predictive_dof = real(nullable=True)
    p_marginal = real(nullable=True, min=0.0, max=1.0)
    q_marginal = real(nullable=True, min=0.0, max=1.0)
    conditional_slope = real(nullable=True)
    conditional_error = real(nullable=True)
    conditional_dof = real(nullable=True)
    p_conditional = real(nullable=True, min=0.0, max=1.0)
    q_conditional = real(nullable=True, min=0.0, max=1.0)
    status = word(list(STATUSES))
    reason = text(nullable=True)

    @rule
    def numbers_only_where_ok() -> pl.Expr:
        """A marker that could not be estimated has no p-value and says why; one that could has one."""
        ok = pl.col("status") == "ok"
        return (
            pl.when(ok)
            .then(pl.col("p_marginal").is_not_null())
            .otherwise(pl.col("p_marginal").is_null() & pl.col("reason").is_not_null())
        )


class PredictiveQuestions(Schema):
    """``predictive/questions``: one row an endpoint and comparison: any heterogeneity at all, and overlap of the arms.

    ``p_global`` is that of the smaller of ``p_sparse`` and ``p_dense``. Overlap is null where the probability of
    treatment is known; ``n_bounded`` subjects had an estimated propensity beyond ``bound`` from 0 or 1.
    """

    endpoint = text(key=True)
    comparison = text(key=True)
    quantity = word(list(QUANTITIES))
    horizon = real(nullable=True, min=0.0)
    horizon_chosen = word(["study file", "follow-up"], nullable=True)
    n = integer(min=0)
    n_active = integer(min=0)
    n_control = integer(min=0)
    n_events = integer(nullable=True, min=0)
    n_markers = integer(min=0)
    folds_by = word(["group", "subject"], nullable=True)
    p_global = real(nullable=True, min=0.0, max=1.0)
    p_sparse = real(nullable=True, min=0.0, max=1.0)
    p_dense = real(nullable=True, min=0.0, max=1.0)
    n_flips = integer(nullable=True, min=0)
    propensity = word(["known", "estimated"])
    propensity_lowest = real(nullable=True, min=0.0, max=1.0)
    propensity_highest = real(nullable=True, min=0.0, max=1.0)
    bound = real(nullable=True, min=0.0, max=0.5)
    n_bounded = integer(nullable=True, min=0)
    effective_active = real(nullable=True, min=0.0)
    effective_control = real(nullable=True, min=0.0)
    status = word(list(STATUSES))
    reason = text(nullable=True)
