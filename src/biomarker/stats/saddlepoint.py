"""Tails of a score by saddlepoint: the law of a weighted sum of independent residuals, not its normal limit."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

__all__ = ["TAIL", "Bernoulli", "Categorical", "Law", "Resampled", "edgeworth_over_normal", "log10_p_of_sums"]

Floats = npt.NDArray[np.float64]

#: Beyond this statistic (p of about 0.07) the law of the statistic itself is used, not its normal or t limit.
TAIL = 1.8

_LN10 = float(np.log(10.0))
_NEWTON_STEPS = 100
_SETTLED = 1e-9
# Where both terms of the Edgeworth series are this small, what it leaves out is below half a per cent of the p-value.
_SMALL_SKEW, _SMALL_KURTOSIS = 0.2, 0.1
# Nearer to the centre than this the two parts of the saddlepoint formula cancel; the normal law is as good there.
_CENTRE = 0.3
# exp of more overflows
_LARGEST_EXPONENT = 600.0
_CHUNK = 200_000


class Law(Protocol):
    """Independent variables of mean zero, one a subject."""

    def central(self) -> tuple[Floats, Floats, Floats]:
        """Second, third and fourth cumulant of each, (n_subjects,)."""

    def generating(self, argument: Floats) -> tuple[Floats, Floats, Floats]:
        """Cumulant generating function and its first two derivatives at arguments (n_subjects, width)."""


@dataclass(frozen=True, eq=False)
class Bernoulli:
    """Outcomes minus their probabilities.

    Attributes
    ----------
    mean : (n_subjects,)
    """

    mean: Floats

    def central(self) -> tuple[Floats, Floats, Floats]:
        """See `Law`."""
        variance = self.mean * (1.0 - self.mean)
        return variance, variance * (1.0 - 2.0 * self.mean), variance * (1.0 - 6.0 * variance)

    def generating(self, argument: Floats) -> tuple[Floats, Floats, Floats]:
        """``log(1 - m + m e^s) - m s`` and derivatives."""
        mean = self.mean[:, None]
        raised = mean * np.exp(np.clip(argument, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
        total = (1.0 - mean) + raised
        tilted = raised / total
        return np.log(total) - mean * argument, tilted - mean, tilted * (1.0 - tilted)


@dataclass(frozen=True, eq=False)
class Categorical:
    """Scores of levels that fall to subjects by their chances.

    Attributes
    ----------
    chance, scores : (n_subjects, n_levels)
        The scores have mean zero in every subject.
    """

    chance: Floats
    scores: Floats

    def central(self) -> tuple[Floats, Floats, Floats]:
        """See `Law`."""
        second, third, fourth = ((self.chance * self.scores**k).sum(axis=1) for k in (2, 3, 4))
        return second, third, fourth - 3.0 * second**2

    def generating(self, argument: Floats) -> tuple[Floats, Floats, Floats]:
        """``log sum_j p_j e^(s r_j)`` and derivatives."""
        levels = range(self.scores.shape[1])
        top = np.maximum.reduce([argument * self.scores[:, j, None] for j in levels])
        total, first, second = np.zeros_like(argument), np.zeros_like(argument), np.zeros_like(argument)
        for j in levels:
            score = self.scores[:, j, None]
            share = self.chance[:, j, None] * np.exp(np.maximum(argument * score - top, -_LARGEST_EXPONENT))
            total += share
            first += share * score
            second += share * score * score
        first, second = first / total, second / total
        return top + np.log(np.maximum(total, 1e-300)), first, np.maximum(second - first * first, 0.0)


@dataclass(frozen=True, eq=False)
class Resampled:
    """Subjects draw from one pool of standardised residuals, each times a spread of its own.

    The pool's cumulant generating function is tabulated once, so that it costs nothing a feature.

    Attributes
    ----------
    spread : (n_subjects,)
    pool : (n_pool,)
        Mean zero, variance one.
    table : (4, n_grid)
        The function and three derivatives on the grid.
    """

    spread: Floats
    pool: Floats
    table: Floats

    _STEP = 0.05
    _REACH = 80.0

    @classmethod
    def of(cls, spread: Floats, pool: Floats) -> "Resampled":
        """Centre the pool, scale it to variance one (the grid is made for that), and tabulate."""
        centred = pool - pool.mean()
        deviation = float(np.sqrt((centred**2).mean())) or 1.0  # without any spread there is no score to judge
        spread, centred = spread * deviation, centred / deviation
        half = int(cls._REACH / cls._STEP)
        grid = np.arange(-half, half + 1) * cls._STEP
        table, powers = np.empty((4, grid.size)), np.vander(centred, 4, increasing=True)
        for start in range(0, grid.size, max(1, _CHUNK // centred.size)):
            at = slice(start, start + max(1, _CHUNK // centred.size))
            top = np.maximum(grid[at] * centred.max(), grid[at] * centred.min())
            total, first, second, third = (np.exp(grid[at, None] * centred - top[:, None]) @ powers).T
            first, second, third = first / total, second / total, third / total
            table[0, at] = top + np.log(total / centred.size)
            table[1, at], table[2, at] = first, second - first**2
            table[3, at] = third - 3.0 * first * second + 2.0 * first**3
        return cls(spread, centred, table)

    def central(self) -> tuple[Floats, Floats, Floats]:
        """See `Law`."""
        second, third, fourth = (float((self.pool**k).mean()) for k in (2, 3, 4))
        return self.spread**2 * second, self.spread**3 * third, self.spread**4 * (fourth - 3.0 * second**2)

    def generating(self, argument: Floats) -> tuple[Floats, Floats, Floats]:
        """By cubic interpolation; beyond the grid linear, as the function itself nearly is there."""
        spread = self.spread[:, None]
        s = argument * spread
        half = (self.table.shape[1] - 1) // 2
        inside = np.clip(s, -half * self._STEP, half * self._STEP)
        place = np.minimum(np.floor(inside / self._STEP).astype(np.intp) + half, 2 * half - 1)
        u = inside / self._STEP + half - place
        low, high = self.table[:, place], self.table[:, place + 1]
        u2, u3 = u * u, u * u * u
        rise, left, right = 3.0 * u2 - 2.0 * u3, u3 - 2.0 * u2 + u, u3 - u2
        value, first, second = (
            low[k] + (high[k] - low[k]) * rise + self._STEP * (low[k + 1] * left + high[k + 1] * right)
            for k in range(3)
        )
        return value + first * (s - inside), first * spread, np.maximum(second, 0.0) * spread**2


def log10_p_of_sums(score: Floats, weights: Floats, law: Law) -> Floats:
    """log10 of the two-sided p-value of sums ``S = sum_i a_i e_i`` of independent e of a known law.

    ``P(S >= |u|) + P(S <= -|u|)``. With K the cumulant generating function of S and t the solution of ``K'(t) = u``,
    ``w = sign(t) sqrt(2 (t u - K(t)))``, ``v = t sqrt(K''(t))``, ``r = w + log(v / w) / w``: ``P(S >= u)`` is close to
    ``1 - Phi(r)`` (Barndorff-Nielsen's form of Lugannani and Rice), and never more than ``exp(-w^2 / 2)`` (Chernoff),
    which is used where it is less. Where skewness and kurtosis of S hardly matter, its Edgeworth series says the same.

    Parameters
    ----------
    score : (width,)
        Observed sums.
    weights : (n_subjects, width)
        The a_i.
    law : Law

    Returns
    -------
    (width,)

    Notes
    -----
    Valid when the law is. Relative errors of p are a few per cent far in the tail, and up to a fifth where one subject
    carries most of the sum. Sums on a coarse lattice (few carriers, no covariates) get a p-value between P(S >= u) and
    P(S > u).

    References
    ----------
    Lugannani and Rice 1980, https://doi.org/10.2307/1426607; for scores of features: Dey et al. 2017,
    https://doi.org/10.1016/j.ajhg.2017.05.014 (logistic), Bi et al. 2020, https://doi.org/10.1016/j.ajhg.2020.06.003
    (Cox)
    """
    second, third, fourth = law.central()
    squares = weights * weights
    deviation = np.sqrt(second @ squares)
    z = np.abs(score) / deviation
    skew = (third @ (squares * weights)) / deviation**3
    kurtosis = (fourth @ (squares * squares)) / deviation**4
    log_p = np.log(2.0) + log_ndtr(-z) + edgeworth_over_normal(z, skew, kurtosis)
    plain = (np.abs(skew) * z**3 / 6.0 < _SMALL_SKEW) & (np.abs(kurtosis) * z**4 / 24.0 < _SMALL_KURTOSIS)
    log_p[z < _CENTRE] = np.log(2.0) + log_ndtr(-z[z < _CENTRE])
    hard = np.flatnonzero(~plain & (z >= _CENTRE))
    width = max(1, _CHUNK // weights.shape[0])
    for start in range(0, hard.size, width):
        at = hard[start : start + width]
        sides = [_log_tail(side * z[at], weights[:, at] / deviation[at], law) for side in (1.0, -1.0)]
        log_p[at] = np.logaddexp(*sides)
    capped: Floats = np.minimum(log_p, 0.0) / _LN10
    return capped


def edgeworth_over_normal(z: Floats, skew: Floats, kurtosis: Floats) -> Floats:
    """log of the two-sided tail by the Edgeworth series to second order over the normal one, (width,).

    ``1 + phi(z) / (1 - Phi(z)) (k He3(z) / 24 + g^2 He5(z) / 72)``, g the skewness and k the excess kurtosis; the terms
    of first order in g cancel between the two sides.
    """
    third, fifth = z**3 - 3.0 * z, z**5 - 10.0 * z**3 + 15.0 * z
    density = np.exp(-(z**2) / 2.0 - np.log(np.sqrt(2.0 * np.pi)) - log_ndtr(-z))  # over the tail
    series: Floats = np.log1p(np.maximum(density * (kurtosis * third / 24.0 + skew**2 * fifth / 72.0), -0.99))
    return series


def _log_tail(z: Floats, weights: Floats, law: Law) -> Floats:
    """log of the tail beyond z in its direction, of sums scaled to variance one."""

    def generating(t: Floats) -> tuple[Floats, Floats, Floats]:
        value, first, second = law.generating(weights * t)
        return value.sum(axis=0), (weights * first).sum(axis=0), (weights * weights * second).sum(axis=0)

    t = z.copy()
    low, high = np.where(z < 0, -np.inf, 0.0), np.where(z < 0, 0.0, np.inf)
    for _ in range(_NEWTON_STEPS):
        _, first, second = generating(t)
        beyond = first > z  # the slope grows with t: the solution lies below
        high, low = np.where(beyond, np.minimum(high, t), high), np.where(beyond, low, np.maximum(low, t))
        step = t - (first - z) / np.maximum(second, 1e-300)
        # outside the bracket: halve towards its end, or double where there is none
        middle = np.where(np.isfinite(low) & np.isfinite(high), (low + high) / 2.0, 2.0 * t)
        new = np.where((step > low) & (step < high) & (np.abs(step) <= 4.0 * np.abs(t) + 1.0), step, middle)
        moved = np.abs(new - t)
        t = np.where(np.abs(t) < _LARGEST_EXPONENT, new, t)
        if np.all((moved < _SETTLED * (1.0 + np.abs(t))) | (np.abs(t) >= _LARGEST_EXPONENT)):
            break
    value, _, second = generating(t)
    exponent = np.maximum(t * z - value, 0.0)
    w, v = np.sqrt(2.0 * exponent), np.abs(t) * np.sqrt(second)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = w + np.log(v / w) / w
    # at the end of the support the curvature is gone and the bound is all that is left
    return np.minimum(np.where(np.isfinite(r), log_ndtr(-r), 0.0), -exponent)
