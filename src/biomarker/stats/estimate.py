"""What every screen returns: one number a feature and endpoint, or the reason why there is none."""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from biomarker.arrays import log10_p_t

__all__ = ["Estimate", "Status"]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]


class Status(IntEnum):
    """Whether a feature could be tested against an endpoint, and if not, why."""

    OK = 0
    CONSTANT = 1
    TOO_FEW = 2
    SEPARATION = 3
    NOT_CONVERGED = 4
    OVERFLOW = 5

    @property
    def reason(self) -> str:
        """One plain sentence for a table; empty where there is nothing to explain."""
        return _REASONS[self]


_REASONS = {
    Status.OK: "",
    Status.CONSTANT: "Nothing varies in the feature or the endpoint once the other terms are accounted for.",
    Status.TOO_FEW: "There are fewer subjects, events or members of the rarer group than the test needs.",
    Status.SEPARATION: "The outcome is told apart perfectly, so that no finite estimate exists.",
    Status.NOT_CONVERGED: "The model could not be fitted within the allowed number of iterations.",
    Status.OVERFLOW: "The values are too large or too small for sums of squares in double precision.",
}

_NUMBERS = ("estimate", "std_error", "statistic", "dof", "p_value", "log10_p")


@dataclass(frozen=True, eq=False, kw_only=True)
class Estimate:
    """One test for each feature and endpoint.

    Every array is a read-only numpy array of shape ``(n_features, n_endpoints)``. Where ``status`` is not ``OK`` the
    numbers are NaN; the counts are kept, because they often are the reason.

    Attributes
    ----------
    estimate, std_error : float64
        Effect of one unit of the feature on the endpoint's own scale (slope, log odds ratio, log hazard ratio).
    statistic, dof : float64
        ``estimate / std_error`` and the degrees of freedom of its t law; infinite for a normal law.
    p_value, log10_p : float64
        Two-sided, of that law, or of a better one where the screen says so; ``log10_p`` stays finite where ``p_value``
        underflows to zero.
    n, n_events : int64
        Subjects and events used; ``n_events`` is 0 where events have no meaning.
    status : int8
        Codes of `Status`.

    Raises
    ------
    ValueError
        Shapes differ, a p-value lies outside [0, 1], a failed test carries a number or a good one lacks it.
    """

    estimate: Floats
    std_error: Floats
    statistic: Floats
    dof: Floats
    p_value: Floats
    log10_p: Floats
    n: Counts
    n_events: Counts
    status: Codes

    def __post_init__(self) -> None:
        shape = self.estimate.shape
        if len(shape) != 2:
            raise ValueError(f"an Estimate is two-dimensional (features, endpoints), not of shape {shape}")
        for field in fields(self):
            array = getattr(self, field.name)
            if array.shape != shape:
                raise ValueError(f"{field.name} has shape {array.shape}, expected {shape}")
            view = array.view()
            view.flags.writeable = False
            object.__setattr__(self, field.name, view)
        failed = self.status != Status.OK
        for name in _NUMBERS:
            if not np.array_equal(np.isnan(getattr(self, name)), failed):
                raise ValueError(f"{name} must be a number where the status is OK and NaN elsewhere")
        if np.any((self.p_value < 0) | (self.p_value > 1)):
            raise ValueError("a p-value lies outside [0, 1]")

    @classmethod
    def from_effects(
        cls,
        estimate: Floats,
        std_error: Floats,
        dof: Floats | float,
        *,
        n: npt.ArrayLike,
        n_events: npt.ArrayLike,
        status: npt.ArrayLike,
        tail: Floats | None = None,
        over_t: Floats | None = None,
    ) -> Self:
        """Complete an estimate from effects and standard errors: statistic, tail probability, NaN where it failed.

        An effect that is not finite although its status says OK becomes ``OVERFLOW``.

        Parameters
        ----------
        estimate, std_error : (n_features, n_endpoints)
        dof : scalar or broadcastable to (n_features, n_endpoints)
            Degrees of freedom; ``numpy.inf`` for the normal law.
        n, n_events, status : broadcastable to (n_features, n_endpoints)
        tail : (n_features, n_endpoints), optional
            log10 of the p-value where a better law than t is known; NaN elsewhere.
        over_t : (n_features, n_endpoints), optional
            What a better law adds to the log10 p-value of the t law.

        Returns
        -------
        Estimate
        """
        shape = estimate.shape
        codes = np.array(np.broadcast_to(status, shape), dtype=np.int8)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            statistic = estimate / std_error
        lost = ~(np.isfinite(estimate) & np.isfinite(std_error) & np.isfinite(statistic))
        codes[lost & (codes == Status.OK)] = Status.OVERFLOW
        failed = codes != Status.OK
        freedom = np.array(np.broadcast_to(dof, shape), dtype=np.float64)
        for array in (statistic, freedom):
            array[failed] = np.nan
        log10_p = log10_p_t(statistic, freedom)
        if tail is not None:
            log10_p = np.where(np.isnan(tail) | failed, log10_p, tail)
        if over_t is not None:
            log10_p = np.minimum(log10_p + over_t, 0.0)
        return cls(
            estimate=np.where(failed, np.nan, estimate),
            std_error=np.where(failed, np.nan, std_error),
            statistic=statistic,
            dof=freedom,
            p_value=np.exp(np.log(10.0) * log10_p),
            log10_p=log10_p,
            n=np.array(np.broadcast_to(n, shape), dtype=np.int64),
            n_events=np.array(np.broadcast_to(n_events, shape), dtype=np.int64),
            status=codes,
        )
