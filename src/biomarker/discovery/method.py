"""What a screening method is: a name, a scale, and the functions of `biomarker.stats` that compute it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.data.endpoint import Endpoint, Survival
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.firth import PenalisedFit
from biomarker.stats.fit import Fit, likelihood_ratio
from biomarker.stats.rank_sum import RankSums

__all__ = ["Limits", "Method", "Outcome", "Pooling", "Ranks", "Refit", "stack_endpoints"]

Array = Any
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """An endpoint's numbers in some subjects, where it may be constant or missing altogether.

    ``values`` and ``event`` as in `biomarker.data.endpoint`, both (n_subjects,), NaN where missing. ``strata``
    (n_subjects,) are the levels within which baseline hazards are common and permutations stay; ``patients``
    (n_subjects,) says whose sample each row is, where patients have several; ``effective_library`` (n_subjects,) is the
    effective size of each subject's library of counts.
    """

    type: str
    values: Floats
    event: Floats | None = None
    strata: NDArray[np.int64] | None = None
    patients: NDArray[np.int64] | None = None
    effective_library: Floats | None = None

    @classmethod
    def of(
        cls, endpoint: Endpoint, strata: NDArray[np.int64] | None = None, patients: NDArray[np.int64] | None = None
    ) -> "Outcome":
        """The endpoint in all its subjects."""
        event = endpoint.event if isinstance(endpoint, Survival) else None
        return cls(endpoint.type, endpoint.values, event, strata, patients)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which subjects have the endpoint."""
        return ~np.isnan(self.values)

    def at(self, rows: NDArray[Any]) -> "Outcome":
        """The same in some subjects, by index or mask."""
        event, strata, patients, effective_library = (
            None if part is None else part[rows]
            for part in (self.event, self.strata, self.patients, self.effective_library)
        )
        return Outcome(self.type, self.values[rows], event, strata, patients, effective_library)


@dataclass(frozen=True)
class Limits:
    """Below these a test is not made, and the row says so.

    Attributes
    ----------
    min_group : int
        Subjects in the rarer group of a two-valued feature.
    min_events : int
        Events, and non-events of a binary endpoint.
    """

    min_group: int
    min_events: int


@dataclass(frozen=True)
class Refit:
    """Full fit of one feature, by maximum likelihood or, where that has no finite maximum, by Firth's penalised one.

    Attributes
    ----------
    method : str
        ``maximum likelihood`` or ``Firth``; empty where neither gave a number.
    estimate, std_error : float
    low, high : float
        Profile interval of the penalised fit; NaN where Wald's is to be used.
    p_value : float
        Of the (penalised) likelihood ratio.
    status : Status
        ``SEPARATION`` where the feature tells the outcome apart; ``OK`` where the model without it does so already.
    """

    method: str
    estimate: float
    std_error: float
    low: float
    high: float
    p_value: float
    status: Status

    @classmethod
    def of(cls, full: Fit, null: Fit, penalised: Callable[[], PenalisedFit]) -> "Refit":
        """Choose between the fits of the larger model, whose last coefficient is the feature's."""
        if full.status == Status.OK:
            p_value = likelihood_ratio(full, null).p_value
            effect, error = float(full.coefficients[-1]), float(full.std_error[-1])
            return cls("maximum likelihood", effect, error, np.nan, np.nan, p_value, Status.OK)
        fit = penalised() if full.status == Status.SEPARATION else None
        if fit is None or fit.status != Status.OK:
            return cls("", np.nan, np.nan, np.nan, np.nan, np.nan, full.status)
        by_the_feature = Status.OK if null.status == Status.SEPARATION else Status.SEPARATION
        return cls("Firth", float(fit.coefficients[-1]), fit.std_error, fit.low, fit.high, fit.p_value, by_the_feature)


@dataclass(frozen=True)
class Ranks:
    """What ranks alone say of a feature and an endpoint of two groups, beside the model; main effects only.

    Attributes
    ----------
    screen : callable
        ``(features, outcome) -> RankSums`` of all features, or None where there are not two groups.
    interval : callable
        ``(feature, outcome) -> (low, high)``: 95% interval of the area under the ROC curve of one feature.
    """

    screen: Callable[[Array, Outcome], RankSums | None]
    interval: Callable[[Floats, Outcome], tuple[float, float]]


@dataclass(frozen=True)
class Pooling:
    """What a method does once all features of a modality have been screened, because they learn from each other.

    Attributes
    ----------
    collect : callable
        ``(estimate, outcomes, covariates) -> (n_features, n_endpoints)``: what is kept of each block.
    finish : callable
        ``(estimate, collected, level) -> Estimate`` of all features; ``level`` (n_features,) are their means.
    least : int
        With fewer tested features there is nothing to learn from: the rows are those of ``otherwise``.
    otherwise : Method
    """

    collect: Callable[[Estimate, Sequence[Outcome], Floats], Floats]
    finish: Callable[[Estimate, Floats, Floats], Estimate]
    least: int
    otherwise: "Method"


@dataclass(frozen=True)
class Method:
    """How one type of endpoint is screened.

    Attributes
    ----------
    name : str
        What ``method`` says in result tables, for the main effect; ``name_interaction`` for marker x treatment.
    endpoint_type : str
    effect_scale : str
        What the estimate is, for the main effect; ``effect_scale_interaction`` for marker x treatment.
    together : bool
        Whether all endpoints of the type are screened in one call, with missing values handled inside.
    screen : callable
        ``(features, outcomes, covariates, treatment, limits) -> Estimate`` of shape (n_features, n_endpoints).
        ``features`` (n_subjects, n_features) without missing values, ``covariates`` (n_subjects, n_columns) without
        intercept, ``treatment`` (n_subjects,) 0/1 or None; with a treatment the estimate is that of its product with
        the feature.
    refit : callable or None
        ``(feature, outcome, covariates, treatment) -> Refit`` for one feature; None where the screen is exact.
    residual : callable or None
        ``(outcome, covariates) -> (n_subjects,) or None``: residuals of the model without the feature, for permutation;
        None where that model cannot be fitted.
    pooling : Pooling or None
        For main effects only.
    ranks : Ranks or None
    of_counts : bool
        Whether it takes counts as the file has them, with ``effective_library`` in the outcomes, in place of values
        after the matrix's recipes.
    """

    name: str
    name_interaction: str
    endpoint_type: str
    effect_scale: str
    effect_scale_interaction: str
    together: bool
    screen: Callable[[Array, Sequence[Outcome], Floats, Floats | None, Limits], Estimate]
    refit: Callable[[Floats, Outcome, Floats, Floats | None], Refit] | None = None
    residual: Callable[[Outcome, Floats], Floats | None] | None = None
    pooling: Pooling | None = None
    ranks: Ranks | None = None
    of_counts: bool = False


def stack_endpoints(columns: Sequence[Estimate]) -> Estimate:
    """One estimate from several of one endpoint each."""
    names = ("estimate", "std_error", "statistic", "dof", "p_value", "log10_p", "n", "n_events", "status")
    return Estimate(**{name: np.concatenate([getattr(c, name) for c in columns], axis=1) for name in names})
