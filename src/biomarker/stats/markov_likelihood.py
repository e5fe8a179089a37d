"""The likelihood of a continuous-time Markov process seen at visits, with its gradient."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from biomarker.stats.checks import Floats
from biomarker.stats.markov_panel import Panel

__all__ = ["Likelihood"]

Ints = npt.NDArray[np.int64]


# A matrix whose eigenvectors are nearly dependent goes through the matrix exponential instead
_CONDITION = 1e5
# A standard error above 20 on the log scale, from 1e-17 to 1e17 as a ratio, is none
_FLAT = 1.0 / 20.0**2
_LOG_ZERO = -1e10


class Likelihood:
    """Log-likelihood and gradient over log intensities and the free coefficients of scaled covariates."""

    def __init__(self, panel: Panel, transitions: Ints, n_states: int, free: npt.NDArray[np.bool_]) -> None:
        self.panel, self.transitions, self.n_states, self.free = panel, transitions, n_states, free
        self.absorbing = ~np.isin(np.arange(n_states), transitions[:, 0])

    def rates(self, parameters: Floats) -> Floats:
        """Intensities of every transition for every pattern of covariates, (n_patterns, n_transitions)."""
        a = self.transitions.shape[0]
        beta = np.zeros(self.free.shape)
        beta[self.free] = parameters[a:]
        exponent = parameters[:a] + self.panel.covariates @ beta
        return np.asarray(np.exp(np.clip(exponent, -40.0, 40.0)))

    def generators(self, rates: Floats) -> Floats:
        """(n_patterns, S, S)"""
        q = np.zeros((rates.shape[0], self.n_states, self.n_states))
        q[:, self.transitions[:, 0], self.transitions[:, 1]] = rates
        q[:, np.arange(self.n_states), np.arange(self.n_states)] = -q.sum(axis=2)
        return q

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        """Log-likelihood and its gradient."""
        rates = self.rates(parameters)
        q = self.generators(rates)
        n = self.panel.length.size
        density, slope = np.empty(n), np.empty((n, self.transitions.shape[0]))
        known = self.panel.known
        if known.any():
            density[known], slope[known] = self._known_paths(np.flatnonzero(known), q, rates)
        if not known.all():
            values, vectors = np.linalg.eig(q)
            with np.errstate(all="ignore"):
                good = np.linalg.cond(vectors) < _CONDITION
            for some, kernel in ((good, self._by_eigenvalues), (~good, self._by_exponential)):
                here = np.flatnonzero(~known & some[self.panel.pattern])
                if here.size:
                    density[here], slope[here] = kernel(here, q, rates, values, vectors)
        return self._sum(density, slope)

    def _sum(self, density: Floats, slope: Floats) -> tuple[float, Floats]:
        """Sum of logarithms and of relative slopes, spread over the parameters."""
        safe = np.maximum(density, 1e-300)
        value = float(np.where(density > 1e-300, np.log(safe), _LOG_ZERO).sum())
        relative = slope / safe[:, None]
        by_pattern = np.zeros((self.panel.covariates.shape[0], slope.shape[1]))
        np.add.at(by_pattern, self.panel.pattern, relative)
        of_beta = self.panel.covariates.T @ by_pattern
        return value, np.concatenate([by_pattern.sum(axis=0), of_beta[self.free]])

    def _ends(self, here: Ints, right: Floats, q: Floats) -> Floats:
        """Columns that the end of each interval picks out of `right` (n_here, S, S), (n_here, S)."""
        end, pattern = self.panel.end[here], self.panel.pattern[here]
        column = np.take_along_axis(right, np.maximum(end, 0)[:, None, None], axis=2)[:, :, 0]
        exact = self.panel.exact[here]
        if exact.any():
            entering = q[pattern[exact], :, end[exact]].copy()
            entering[np.arange(entering.shape[0]), end[exact]] = 0.0
            column[exact] = np.einsum("ikl,il->ik", right[exact], entering)
        unknown = end < 0
        if unknown.any():
            column[unknown] = right[unknown][:, :, ~self.absorbing].sum(axis=2)
        return np.asarray(column)

    def _by_eigenvalues(self, here: Ints, q: Floats, rates: Floats, values: Any, vectors: Any) -> tuple[Floats, Floats]:
        """``P = V exp(L t) V^-1`` and ``dP = V ((V^-1 dQ V) o F) V^-1``, F the divided differences of exp(L t)."""
        pattern, start, t = self.panel.pattern[here], self.panel.start[here], self.panel.length[here]
        inverse = np.linalg.inv(np.where(np.isfinite(vectors), vectors, 0.0)[pattern])
        v, lam = vectors[pattern], values[pattern]
        row = np.take_along_axis(v, start[:, None, None], axis=1)[:, 0, :]
        column = self._ends(here, inverse, q)
        grown = np.exp(lam * t[:, None])
        density = np.real((row * grown * column).sum(axis=1))
        divided = _divided_differences(lam, t)
        weighted = row[:, :, None] * divided * column[:, None, :]
        slope = np.empty((here.size, rates.shape[1]))
        along = np.real(np.einsum("ik,ikl->il", row * grown, inverse))  # the row of P itself
        for a, (r, s) in enumerate(self.transitions):
            change = np.einsum("ikl,ik,il->i", weighted, inverse[:, :, r], v[:, s, :] - v[:, r, :])
            slope[:, a] = rates[pattern, a] * np.real(change)
            entered = self.panel.exact[here] & (self.panel.end[here] == s)
            slope[entered, a] += rates[pattern[entered], a] * along[entered, r]
        return density, slope

    def _by_exponential(self, here: Ints, q: Floats, rates: Floats, values: Any, vectors: Any) -> tuple[Floats, Floats]:
        """The same through matrix exponentials: dP stands beside P in that of a larger matrix."""
        s_all, pattern = self.n_states, self.panel.pattern[here]
        start, t = self.panel.start[here], self.panel.length[here]
        pick = np.arange(here.size)
        slope = np.empty((here.size, rates.shape[1]))
        density = np.empty(here.size)
        for a, (r, s) in enumerate(self.transitions):
            block = np.zeros((here.size, 2 * s_all, 2 * s_all))
            block[:, :s_all, :s_all] = block[:, s_all:, s_all:] = q[pattern]
            block[:, r, s_all + s] = rates[pattern, a]
            block[:, r, s_all + r] = -rates[pattern, a]
            grown = expm(block * t[:, None, None])
            p, change = grown[:, :s_all, :s_all], grown[:, :s_all, s_all:]
            density = self._ends(here, p, q)[pick, start]
            slope[:, a] = self._ends(here, change, q)[pick, start]
            entered = self.panel.exact[here] & (self.panel.end[here] == s)
            slope[entered, a] += rates[pattern[entered], a] * p[entered, start[entered], r]
        return density, slope

    def _known_paths(self, here: Ints, q: Floats, rates: Floats) -> tuple[Floats, Floats]:
        """Nothing happens within an interval: ``exp(q_rr t)``, times ``q_rs`` at its end."""
        pattern, start, end = self.panel.pattern[here], self.panel.start[here], self.panel.end[here]
        t = self.panel.length[here]
        staying = np.exp(q[pattern, start, start] * t)
        moved = (end >= 0) & (end != start)
        density = np.where(moved, staying * q[pattern, start, np.maximum(end, 0)], staying)
        slope = np.empty((here.size, rates.shape[1]))
        for a, (r, s) in enumerate(self.transitions):
            slope[:, a] = density * ((moved & (start == r) & (end == s)) - (start == r) * t * rates[pattern, a])
        return density, slope


def _divided_differences(lam: Any, t: Floats) -> Any:
    """``(exp(l_i t) - exp(l_j t)) / (l_i - l_j)``, ``t exp(l_i t)`` where equal; (n, S, S)."""
    first, second = lam[:, :, None] * t[:, None, None], lam[:, None, :] * t[:, None, None]
    # from the larger exponential downwards nothing overflows
    larger = np.where(np.real(first) >= np.real(second), first, second)
    gap = 2.0 * larger - first - second
    close = np.abs(gap) < 1e-4
    safe = np.where(close, 1.0, gap)
    ratio = np.where(close, 1.0 - gap / 2.0 + gap**2 / 6.0 - gap**3 / 24.0, -np.expm1(-safe) / safe)
    return np.exp(larger) * t[:, None, None] * ratio
