"""Proportional odds regression by maximum likelihood: the likelihood of many models at once, and the fit of one."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, independent_columns, namespace
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import as_floats, same_device
from biomarker.stats.fit import Fit, failed_fit, scaled_qr, unscaled_fit
from biomarker.stats.newton import Maximum, maximise

__all__ = ["Derivatives", "OrdinalProblem", "checked_levels", "marginal_thresholds", "maximise_ordinal", "ordinal_fit"]

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Log-likelihoods of a batch of models with their derivatives.

    Attributes
    ----------
    value : (width,)
        Minus infinity where the thresholds are out of order.
    gradient : (width, q)
    information : (width, q, q)
        Minus the second derivative.
    residual : (n_used, width)
        Derivative by the linear predictor.
    low, high : (n_used, width)
        What the thresholds below and above a subject's level hold of the information on its linear predictor.
    """

    value: Floats
    gradient: Floats
    information: Floats
    residual: Array
    low: Array
    high: Array

    @property
    def weight(self) -> Array:
        """Observed information on each linear predictor, (n_used, width)."""
        return self.low + self.high


@dataclass(frozen=True, eq=False)
class OrdinalProblem:
    """``P(y > k) = expit(eta - a_k)`` for levels 0 to K - 1, with ``eta`` of common terms and one of each model's own.

    Attributes
    ----------
    basis : (n_used, r)
        Common terms, without intercept.
    counts : (K,), host
        Subjects in each level; none is empty.
    below, above : (n_used,), host
        Index of the threshold below and above each subject's level.
    has_below, has_above : (n_used, 1)
        0 where there is none.
    at_low, at_high : (K - 1, n_used)
        Which subjects have threshold k above, and which below.
    pairs_low, pairs_high : ((K - 1) r, n_used)
        The same times each common term.
    pairs : (r r, n_used)
        Products of common terms.
    """

    basis: Array
    counts: Floats
    below: Array
    above: Array
    has_below: Array
    has_above: Array
    at_low: Array
    at_high: Array
    pairs_low: Array
    pairs_high: Array
    pairs: Array

    @classmethod
    def of(cls, basis: Floats, levels: Levels, like: Array) -> "OrdinalProblem":
        """Make ready beside `like`: same backend and device."""
        n_levels = int(levels.max()) + 1
        member = (levels[None, :] == np.arange(n_levels)[:, None]).astype(np.float64)
        low, high = member[:-1], member[1:]

        def moved(host: npt.NDArray[np.generic]) -> Array:
            return same_device(np.ascontiguousarray(host), like)

        return cls(
            basis=moved(basis),
            counts=member.sum(axis=1),
            below=moved(np.maximum(levels - 1, 0)),
            above=moved(np.minimum(levels, n_levels - 2)),
            has_below=moved((levels > 0).astype(np.float64)[:, None]),
            has_above=moved((levels < n_levels - 1).astype(np.float64)[:, None]),
            at_low=moved(low),
            at_high=moved(high),
            pairs_low=moved((low[:, None, :] * basis.T[None]).reshape(-1, levels.size)),
            pairs_high=moved((high[:, None, :] * basis.T[None]).reshape(-1, levels.size)),
            pairs=moved((basis.T[:, None, :] * basis.T[None]).reshape(-1, levels.size)),
        )

    @property
    def n_thresholds(self) -> int:
        """One less than levels."""
        return self.counts.size - 1

    def at(self, parameters: Floats, own: Array | None) -> Derivatives:
        """Log-likelihood ``sum log(F(u) - F(v))`` with ``u = eta - a_(j-1)``, ``v = eta - a_j``, and its derivatives.

        With ``d = u - v``, ``F(u) - F(v) = F(u) F(-v) (1 - exp(-d))``: nothing cancels, and the derivatives are
        ``1 - F(u)`` and ``-F(v)`` plus terms of the thresholds alone.

        Parameters
        ----------
        parameters : (width, q)
            Thresholds, coefficients of the common terms and, with `own`, that of each model's own term.
        own : (n_used, width) or None
        """
        xp = namespace(self.basis)
        m, r = self.n_thresholds, int(self.basis.shape[1])
        moved = same_device(np.ascontiguousarray(parameters.T), self.basis)
        eta = xp.matmul(self.basis, moved[m : m + r, :])
        if own is not None:
            eta = eta + own * moved[m + r :, :]
        thresholds = moved[:m, :]
        miss, log_u = _complement(eta - xp.take(thresholds, self.below, axis=0))
        fall, log_v = _complement(xp.take(thresholds, self.above, axis=0) - eta)
        miss, fall = miss * self.has_below, fall * self.has_above
        value = as_floats(xp.sum(log_u * self.has_below + log_v * self.has_above, axis=0))
        gaps, ordered = self._gaps(parameters)
        residual = miss - fall
        low, high = miss * (1.0 - miss), fall * (1.0 - fall)
        gradient, information = self._sums(own, residual, miss, fall, low, high, gaps)
        # a level's own share of the likelihood: log(1 - exp(-d)) = -log(1 + 1 / (e^d - 1))
        value = np.where(ordered, value - np.log1p(gaps) @ self.counts[1:-1], -np.inf)
        return Derivatives(value, gradient, information, residual, low, high)

    def _gaps(self, parameters: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """``1 / (e^d - 1)`` of the levels between two thresholds, (width, K - 2), and whether all d are positive."""
        d = np.diff(parameters[:, : self.n_thresholds], axis=1)
        ordered = np.asarray((d > 0).all(axis=1))
        return 1.0 / np.expm1(np.where(ordered[:, None], np.clip(d, 1e-12, 700.0), 1.0)), ordered

    def _sums(
        self, own: Array | None, residual: Array, miss: Array, fall: Array, low: Array, high: Array, gaps: Floats
    ) -> tuple[Floats, Floats]:
        xp = namespace(self.basis)
        m, r, width = self.n_thresholds, int(self.basis.shape[1]), int(residual.shape[1])
        q = m + r + (own is not None)
        gradient, information = np.zeros((width, q)), np.zeros((width, q, q))
        both = low + high
        gradient[:, :m] = as_floats(xp.matmul(self.at_low, fall) - xp.matmul(self.at_high, miss)).T
        gradient[:, m : m + r] = as_floats(xp.matmul(xp.matrix_transpose(self.basis), residual)).T
        diagonal = as_floats(xp.matmul(self.at_low, high) + xp.matmul(self.at_high, low)).T
        information[:, np.arange(m), np.arange(m)] = diagonal
        cross = as_floats(xp.matmul(self.pairs_low, high) + xp.matmul(self.pairs_high, low))
        information[:, :m, m : m + r] = -cross.T.reshape(width, m, r)
        information[:, m : m + r, m : m + r] = as_floats(xp.matmul(self.pairs, both)).T.reshape(width, r, r)
        if own is not None:
            gradient[:, -1] = as_floats(xp.sum(own * residual, axis=0))
            information[:, :-1, -1] = self.cross(own, low, high)
            information[:, -1, -1] = as_floats(xp.sum(own * own * both, axis=0))
        information[:, m:, :m] = np.swapaxes(information[:, :m, m:], 1, 2)
        information[:, -1, m:] = information[:, m:, -1]
        weight, curved = self.counts[1:-1] * gaps, self.counts[1:-1] * gaps * (1.0 + gaps)
        for k in range(m - 1):  # the level between thresholds k and k + 1
            gradient[:, k] -= weight[:, k]
            gradient[:, k + 1] += weight[:, k]
            information[:, k, k] += curved[:, k]
            information[:, k + 1, k + 1] += curved[:, k]
            information[:, k, k + 1] -= curved[:, k]
            information[:, k + 1, k] -= curved[:, k]
        return gradient, information

    def cross(self, term: Array, low: Array, high: Array) -> Floats:
        """Information between a further term (n_used, width) and thresholds and common terms, (width, K - 1 + r)."""
        xp = namespace(self.basis)
        along = xp.matmul(self.at_low, high * term) + xp.matmul(self.at_high, low * term)
        common = xp.matmul(xp.matrix_transpose(self.basis), (low + high) * term)
        return np.concatenate([-as_floats(along).T, as_floats(common).T], axis=1)


def _complement(z: Array) -> tuple[Array, Array]:
    """``1 - F(z)`` and ``log F(z)``; the exponential is taken of a negative number only, so nothing overflows."""
    xp = namespace(z)
    small = xp.exp(-xp.abs(z))
    inverse = 1.0 / (1.0 + small)
    return xp.where(z >= 0, small * inverse, inverse), xp.minimum(z, xp.zeros_like(z)) - xp.log1p(small)


def marginal_thresholds(counts: Floats) -> Floats:
    """Thresholds of the model without any term, ``a_k = -logit P(y > k)``."""
    above = counts[::-1].cumsum()[::-1][1:]
    return np.asarray(np.log(counts.sum() - above) - np.log(above))


def maximise_ordinal(basis: Floats, levels: Levels) -> Maximum:
    """Maximise the likelihood over thresholds and the coefficients of well-conditioned columns.

    Parameters
    ----------
    basis : (n_subjects, r)
        Without intercept.
    levels : (n_subjects,) of int
        0 to K - 1, each taken by somebody.

    Returns
    -------
    Maximum
        Its parameters are the thresholds, then the coefficients.
    """
    problem = OrdinalProblem.of(basis, levels, basis)
    m = problem.n_thresholds
    below = -np.asarray(problem.at_high).T  # minus one at the threshold below each subject
    above = -np.asarray(problem.at_low).T
    predictors = np.concatenate(
        [
            np.column_stack([below, basis * np.asarray(problem.has_below)]),
            np.column_stack([above, basis * np.asarray(problem.has_above)]),
        ]
    )

    def evaluate(parameters: Floats) -> tuple[float, Floats, Floats]:
        at = problem.at(parameters[None, :], None)
        return float(at.value[0]), at.gradient[0], at.information[0]

    start = np.concatenate([marginal_thresholds(problem.counts), np.zeros(basis.shape[1])])
    assert start.size == m + basis.shape[1]
    return maximise(evaluate, predictors, start=start)


def ordinal_fit(design: Array, levels: Array) -> Fit:
    """Log odds ratios of a higher level by full maximum likelihood, proportional odds.

    ``logit P(y > k) = design @ coefficients - a_k``; Newton's method with step-halving. The thresholds a are fitted
    with the coefficients and not reported.

    Parameters
    ----------
    design : (n_subjects, q)
        Complete, without the intercept.
    levels : (n_subjects,)
        Whole numbers in the order of the levels; a number that nobody has is no level.

    Returns
    -------
    Fit
        Of the q coefficients. ``CONSTANT`` where the columns and the intercept are linearly dependent, ``TOO_FEW``
        where fewer than two levels occur or subjects do not outnumber parameters, ``SEPARATION`` where no finite
        maximum exists (its log-likelihood is the supremum).

    Raises
    ------
    ValueError
        Shapes differ, or a level is no whole number.

    Notes
    -----
    Valid when subjects are independent and a unit of a column changes the odds of a level above k by the same factor
    for every k. Where a column acts on one threshold alone its coefficient is an average over the thresholds. With few
    subjects outside the most frequent level, estimates are biased away from zero and Wald intervals are rough.

    References
    ----------
    McCullagh 1980, https://doi.org/10.1111/j.2517-6161.1980.tb01109.x; that the likelihood has one maximum: Pratt 1981,
    https://doi.org/10.1080/01621459.1981.10477613
    """
    x, y = as_floats(design), checked_levels(levels, design.shape[0])
    n, q = x.shape
    counts = np.bincount(y).astype(np.float64) if n else np.zeros(0)
    m = counts.size - 1
    if m < 1 or n <= q + m:
        return failed_fit(q, n=n, n_events=0, status=Status.TOO_FEW)
    if independent_columns(np.column_stack([np.ones(n), x])).size < q + 1:
        return failed_fit(q, n=n, n_events=0, status=Status.CONSTANT)
    basis, triangle = scaled_qr(x - x.mean(axis=0))
    top = maximise_ordinal(basis, y)
    # what thresholds leave of the information on the coefficients
    information = top.information
    if top.status == Status.OK:
        inner = np.linalg.solve(information[:m, :m], information[:m, m:])
        information = information[m:, m:] - information[m:, :m] @ inner
    slopes = replace(top, parameters=top.parameters[m:], information=information)
    null = float((counts * np.log(counts / n)).sum())
    return unscaled_fit(slopes, triangle, n=n, n_events=0, log_likelihood_null=null)


def checked_levels(levels: Array, n_subjects: int) -> Levels:
    """Complete levels as 0, 1, ... without gaps, (n_subjects,)."""
    y = as_floats(levels).reshape(-1)
    if y.shape[0] != n_subjects:
        raise ValueError(f"{n_subjects} subjects, but {y.shape[0]} levels")
    if not np.all(np.isfinite(y) & (y == np.round(y))):
        raise ValueError("a level is no whole number")
    return np.unique(y, return_inverse=True)[1].reshape(-1).astype(np.intp)
