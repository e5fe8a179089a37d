"""Cox screen: the score test of every feature against a survival endpoint, adjusted for covariates, Efron ties."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from biomarker.arrays import (
    DEFAULT_BLOCK_BYTES,
    Array,
    namespace,
    orthonormal_basis,
    row_products,
    take_columns,
    take_rows,
)
from biomarker.stats.cox_fit import PartialLikelihood, centre_in_strata, maximise_cox, partial_likelihood
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import (
    FeatureBlock,
    as_floats,
    feature_blocks,
    same_device,
    used_covariates,
)
from biomarker.stats.logistic_fit import maximise_logistic
from biomarker.stats.newton import solve_information
from biomarker.stats.projection import CONSTANT_SHARE, EXPLICIT_SHARE, project_out
from biomarker.stats.risk_sets import RiskSets, risk_sets
from biomarker.stats.saddlepoint import Resampled, log10_p_of_sums
from biomarker.stats.score_screen import Scores, score_screen, screen_result

__all__ = ["CoxNull", "ResidualLaw", "cox_null", "cox_screen"]

Floats = npt.NDArray[np.float64]

# A group without events keeps this share of the mean chance of one: a residual is divided by its root.
_LEAST_CHANCE = 0.05


@dataclass(frozen=True, eq=False)
class CoxNull:
    """The model of the covariates alone, fitted once for all features; arrays sorted as in `sets`.

    Attributes
    ----------
    sets : RiskSets
    covariates : (n_used, r)
        Orthonormal basis of the covariates, centred in strata.
    parameters : (r,)
    at : PartialLikelihood
        At its maximum, or near its limit where the covariates alone give a monotone likelihood.
    strata_basis : (n_used, n_strata)
        Orthonormal indicators of the strata.
    status : Status
    """

    sets: RiskSets
    covariates: Floats
    parameters: Floats
    at: PartialLikelihood
    strata_basis: Floats
    status: Status

    @property
    def parameters_used(self) -> int:
        """Covariate directions that carry information; a level without events has run to its limit and carries none."""
        if not self.at.information.size:
            return len(self.parameters)
        values = np.linalg.eigvalsh(self.at.information)
        return int((values > 1e-6 * values[-1]).sum())


def cox_screen(
    features: Array,
    time: Array,
    event: Array,
    covariates: Array,
    *,
    strata: Array | None = None,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of each feature in a Cox model, given covariates and strata, with Efron's treatment of ties.

    With the covariates' model fitted once, r its martingale residuals, h the expected events and a bar the
    risk-weighted mean in the risk set of a step: ``U = x'r``, ``I_xx = sum_i h_i x_i^2 - sum_steps xbar^2``,
    ``I_xC = sum_i h_i x_i C_i - sum_steps xbar Cbar``, ``V = I_xx - I_xC I_CC^-1 I_Cx``, ``z = U / sqrt(V)``. The
    estimate is one Newton step from zero, ``U / V``. Its standard error ``1 / sqrt(V)`` and the law of z get the
    small-sample form of least squares, with events for subjects (`biomarker.stats.score_screen.screen_result`). Where
    that statistic passes `biomarker.stats.score_screen.TAIL`, the p-value is that of U by saddlepoint, as a sum of
    residuals that fall to the subjects by chance (`biomarker.stats.saddlepoint`). Only the means in risk sets need a
    pass over sorted subjects; all else is matrix products.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    time : (n_subjects,)
        Time of event or censoring; NaN leaves a subject out.
    event : (n_subjects,)
        1 for an event, 0 for a censoring.
    covariates : (n_subjects, n_covariates)
        Complete, without the intercept; may be rank deficient, and of no columns.
    strata : (n_subjects,), optional
        A baseline hazard of its own for each label.
    min_group : int
        A feature with two distinct values needs this many subjects in its rarer group.
    min_events : int
        Fewest events.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, 1)``, with the t law of `screen_result`.

    Raises
    ------
    ValueError
        Shapes differ, or an event is neither 0 nor 1.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when hazards are proportional, censoring is independent given covariates and strata, and events number twenty
    or more; features may be skewed or sparse, and their mean given the covariates is linear. The one-step estimate is
    attenuated for strong effects. Where the covariates alone give a monotone likelihood (a level without events), the
    test is the limit: such subjects carry no information.

    References
    ----------
    Cox 1972, https://doi.org/10.1111/j.2517-6161.1972.tb00899.x; Efron 1977,
    https://doi.org/10.1080/01621459.1977.10480613; the tail: Bi et al. 2020,
    https://doi.org/10.1016/j.ajhg.2020.06.003

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(8.0)[:, None]
    >>> cox_screen(x, np.arange(8.0, 0, -1), np.ones(8), np.zeros((8, 0))).estimate > 0
    array([[ True]])
    """
    n_features = features.shape[1]
    null = cox_null(features, time, event, covariates, strata=strata, min_events=min_events)
    n, n_events = null.sets.order.size, null.sets.n_events
    parameters = null.parameters_used + 1
    if null.status != Status.OK:
        nothing = np.full(n_features, np.nan)
        return screen_result(nothing, nothing, null.status, n, n_events, size=n_events, parameters=parameters)
    law, device = ResidualLaw.of(null), _DeviceNull.of(null, features)
    return score_screen(
        features,
        feature_blocks(features, rows=device.rows, centre=None, block_bytes=block_bytes, weights=device.weights),
        lambda block: _scores(block, null, device),
        lambda values, far, _: law.log10_p(take_rows(as_floats(take_columns(values, far)), device.place)),
        min_group=min_group,
        n=n,
        n_events=n_events,
        size=n_events,
        parameters=parameters,
    )


@dataclass(frozen=True, eq=False)
class ResidualLaw:
    """Law of a score ``x'r`` when the martingale residuals fall to subjects by chance, given their covariates.

    The expected square of a residual is the chance of an event, v, here of a logistic regression of the event on
    covariates and strata. With x off these by weights v, ``x'r = sum (x_i sqrt(v_i)) e_i``, and the
    ``e_i = r_i / sqrt(v_i)`` are drawn from those observed. Unlike the information at the observed times, this variance
    does not follow which subjects had early events.

    Attributes
    ----------
    residual : (n_used,)
    root : (n_used,)
        Square roots of v.
    basis : (n_used, r)
        Orthonormal basis of covariates and strata times `root`.
    law : Resampled
    """

    residual: Floats
    root: Floats
    basis: Floats
    law: Resampled

    @classmethod
    def of(cls, null: CoxNull) -> "ResidualLaw":
        """From the model of the covariates alone."""
        residual = null.sets.event - null.at.hazard
        design = orthonormal_basis(np.column_stack([null.strata_basis, null.covariates]))
        chance = expit(design @ maximise_logistic(design, null.sets.event).parameters)
        root = np.sqrt(np.maximum(chance, _LEAST_CHANCE * chance.mean()))
        n, parameters = design.shape
        pool = residual / root * np.sqrt(n / max(n - parameters, 1))
        return cls(residual, root, orthonormal_basis(root[:, None] * design), Resampled.of(root, pool))

    def log10_p(self, values: Floats) -> Floats:
        """log10 of the two-sided p-value of the scores of some features (n_used, width)."""
        rest = project_out(values * self.root[:, None], self.basis) / self.root[:, None]
        return log10_p_of_sums(self.residual @ rest, rest, self.law)


@dataclass(frozen=True, eq=False)
class _DeviceNull:
    """What the score test needs beside the features, in which subjects stand as they come, not sorted.

    Attributes
    ----------
    rows, place : (n_used,), host
        Subjects in use, and where among them each of the sorted ones stands.
    weights : (n_used,), host
        Expected events.
    stacked : (1 + r, n_used)
        The residual, and what a feature's information with each covariate is a product with.
    covariates, strata_basis : (n_used, r), (n_used, n_strata)
    """

    rows: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    weights: Floats
    stacked: Array
    covariates: Array
    strata_basis: Array

    @classmethod
    def of(cls, null: CoxNull, features: Array) -> "_DeviceNull":
        """Move the null model to where the features are."""
        at = null.at
        # sum_i h_i x_i C_i - sum_steps xbar Cbar is linear in x: these are its weights, (n_used, r)
        cross = at.hazard[:, None] * null.covariates
        if null.covariates.shape[1]:
            cross = cross - at.risk[:, None] * null.sets.spread(at.means / at.risk_sums[:, None])
        rows = np.sort(null.sets.order)
        place = np.searchsorted(rows, null.sets.order)
        back = np.argsort(place)
        stacked = np.vstack([null.sets.event - at.hazard, cross.T])[:, back]
        moved = (np.asfortranarray(stacked), null.covariates[back], null.strata_basis[back])
        return cls(rows, place, at.hazard[back], *(same_device(part, features) for part in moved))


def _scores(block: FeatureBlock, null: CoxNull, device: _DeviceNull) -> Scores:
    xp, values, squares = namespace(block.values), block.values, block.squares
    if len(null.sets.strata) > 1:
        values, squares = project_out(values, device.strata_basis), None
    score, before, after, coefficient = _moments(values, squares, null, device)
    weak = np.flatnonzero((after < EXPLICIT_SHARE * before) & (block.status == Status.OK))
    if weak.size:
        rest = take_columns(values, weak)
        about_mean = rest - xp.mean(rest, axis=0)[None, :]
        _, before[weak], _, coefficient[:, weak] = _moments(about_mean, None, null, device)
        # taken off the part that the covariates predict, the difference of sums is no longer a small one
        rest = project_out(rest, device.strata_basis) - xp.matmul(
            device.covariates, same_device(np.ascontiguousarray(coefficient[:, weak]), values)
        )
        score[weak], _, after[weak], _ = _moments(rest, None, null, device)
    constant = ~(after > CONSTANT_SHARE * before)
    return Scores(score, np.where(constant, 1.0, after), constant, block.values)


def _moments(
    values: Array, squares: Floats | None, null: CoxNull, device: _DeviceNull
) -> tuple[Floats, Floats, Floats, Floats]:
    """Score (width,), information before and after covariates (width,), regression on the covariates (r, width).

    `squares` are the features' sums of squares by expected events, where known.
    """
    xp = namespace(values)
    products = as_floats(row_products(device.stacked, values))
    if squares is None:
        squares = as_floats(xp.matmul(same_device(device.weights, values), values * values))
    between = null.sets.squared_means(values, device.place, null.at.risk, null.at.risk_sums)
    cross = products[1:]
    coefficient = solve_information(null.at.information, cross)
    after = squares - between - np.einsum("ij,ij->j", cross, coefficient)
    return np.array(products[0]), np.array(squares), after, coefficient


def cox_null(
    features: Array, time: Array, event: Array, covariates: Array, *, strata: Array | None, min_events: int
) -> CoxNull:
    """Fit the covariates alone.

    Raises
    ------
    ValueError
        Shapes differ, or an event is neither 0 nor 1.
    """
    sets = risk_sets(time, event, strata=strata)
    c = as_floats(covariates)
    n_subjects = features.shape[0]
    if c.ndim != 2 or c.shape[0] != n_subjects or as_floats(time).size != n_subjects:
        raise ValueError(f"features {features.shape}, covariates {c.shape} and times disagree on subjects")
    basis = orthonormal_basis(centre_in_strata(sets, used_covariates(c, sets.order)))
    indicators = np.zeros((sets.order.size, len(sets.strata)))
    for k, (start, stop) in enumerate(sets.strata):
        indicators[start:stop, k] = 1.0 / np.sqrt(stop - start)
    start_at = np.zeros(basis.shape[1])
    if sets.n_events < max(min_events, 1) or sets.n_events <= basis.shape[1]:
        empty = np.zeros(0)
        nothing = PartialLikelihood(np.nan, empty, empty[:, None], empty, empty, empty, empty[:, None])
        return CoxNull(sets, basis, start_at, nothing, indicators, Status.TOO_FEW)
    top = maximise_cox(sets, basis)
    status = Status.OK if top.status == Status.SEPARATION else top.status
    return CoxNull(sets, basis, top.parameters, partial_likelihood(sets, basis, top.parameters), indicators, status)
