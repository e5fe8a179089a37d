"""The leading features of a screen get a full maximum-likelihood fit, whose estimate is not attenuated."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biomarker.arrays import independent_columns
from biomarker.discovery.method import Method, Outcome
from biomarker.discovery.screened import Screened

__all__ = ["Leaders", "varying"]

Floats = NDArray[np.float64]


def varying(covariates: Floats, treatment: Floats | None) -> Floats:
    """Covariates without those that intercept, treatment and earlier covariates already determine in these subjects."""
    first = [np.ones(len(covariates))] + ([] if treatment is None else [treatment])
    kept = independent_columns(np.column_stack([*first, covariates])).tolist()
    return covariates[:, [index - len(first) for index in kept if index >= len(first)]]


class Leaders:
    """Keeps the values of the features that lead so far, a block at a time, and refits them at the end.

    Parameters
    ----------
    count : int
        Features per endpoint.
    outcomes : sequence of Outcome
    methods : sequence of Method
        Of each outcome; only those with a refit take part.
    """

    def __init__(self, count: int, outcomes: Sequence[Outcome], methods: Sequence[Method]) -> None:
        self.count = count
        self.outcomes = outcomes
        self.methods = tuple(methods)
        self.places = [k for k, method in enumerate(methods) if method.refit and count]
        self.values: dict[int, Floats] = {}

    def update(self, result: Screened, start: int, values: Floats) -> None:
        """Look at a block that has just been screened."""
        if not self.places:
            return
        stop = start + values.shape[1]
        wanted = {feature for k in self.places for feature in self._leading(result, k, stop)}
        self.values = {f: v for f, v in self.values.items() if f in wanted}
        for feature in wanted:
            if start <= feature < stop:
                self.values[feature] = values[:, feature - start].copy()

    def refit(self, result: Screened, covariates: Floats, treatment: Floats | None) -> None:
        """Fit the leaders of every endpoint in full and record what came out."""
        for k in self.places:
            outcome = self.outcomes[k]
            fit = self.methods[k].refit
            assert fit is not None
            for feature in self._leading(result, k, len(result.p_value)):
                values = self.values[feature]
                rows = outcome.known & ~np.isnan(values)
                arm = None if treatment is None else treatment[rows]
                adjust = varying(covariates[rows], arm)
                # centred: the fit's numbers do not depend on where the feature's scale begins, its conditioning does
                centred = values[rows] - values[rows].mean()
                ranks = self.methods[k].ranks
                if ranks is not None and arm is None:
                    low, high = ranks.interval(values[rows], outcome.at(rows))
                    result.auc_low[feature, k], result.auc_high[feature, k] = low, high
                result.record_refit(feature, k, fit(centred, outcome.at(rows), adjust, arm))

    def _leading(self, result: Screened, k: int, stop: int) -> list[int]:
        p_value = result.log10_p[:stop, k]
        tested = np.flatnonzero(~np.isnan(p_value))
        order = tested[np.argsort(p_value[tested], kind="stable")]
        return order[: self.count].tolist()
