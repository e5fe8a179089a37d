"""One parameter at a time: tornado diagrams and the value at which a decision turns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from biomarker.errors import ConfigError
from biomarker.stats.checks import Floats, numbers, scalar, whole

__all__ = ["Swing", "one_way_curve", "threshold_values", "tornado"]

Outcome = Callable[[Mapping[str, float]], float]


@dataclass(frozen=True, kw_only=True)
class Swing:
    """One bar of a tornado diagram.

    Attributes
    ----------
    parameter : str
    low, high : float
        Values of the parameter.
    at_low, at_high : float
        The outcome there, all else at the base case.
    base : float
        The outcome of the base case.
    """

    parameter: str
    low: float
    high: float
    at_low: float
    at_high: float
    base: float

    @property
    def span(self) -> float:
        """Length of the bar."""
        return max(self.at_low, self.at_high, self.base) - min(self.at_low, self.at_high, self.base)


def tornado(
    outcome: Outcome, base: Mapping[str, float], ranges: Mapping[str, tuple[float, float]]
) -> tuple[Swing, ...]:
    """Outcome at both ends of every parameter's range, the longest bar first.

    Parameters
    ----------
    outcome : callable
        From all parameters to one number: an incremental net benefit at a threshold, for example (a ratio changes its
        meaning where its denominator changes sign).
    base : mapping
        Every parameter of the base case.
    ranges : mapping of name to (low, high)
        Each must hold the base case.

    Returns
    -------
    tuple of Swing

    Raises
    ------
    ConfigError
        A range of an unknown parameter, or one that does not hold the base case.

    Notes
    -----
    Valid as a picture of each parameter alone; parameters that act together can matter more than any bar shows.

    References
    ----------
    Briggs et al. 2012 (ISPOR-SMDM), https://doi.org/10.1016/j.jval.2012.04.014

    Examples
    --------
    >>> [s.parameter for s in tornado(lambda p: p["a"] - 3 * p["b"], {"a": 1, "b": 1}, {"a": (0, 2), "b": (0, 2)})]
    ['b', 'a']
    """
    middle = float(outcome(dict(base)))
    bars = []
    for name, (low, high) in ranges.items():
        _known(name, base)
        if not low <= base[name] <= high:
            raise ConfigError(f"ranges[{name!r}] is ({low:g}, {high:g}), expected to hold the base case {base[name]:g}")
        ends = [float(outcome({**base, name: value})) for value in (low, high)]
        bars.append(
            Swing(parameter=name, low=float(low), high=float(high), at_low=ends[0], at_high=ends[1], base=middle)
        )
    return tuple(sorted(bars, key=lambda bar: (-bar.span, bar.parameter)))


def one_way_curve(outcome: Outcome, base: Mapping[str, float], *, parameter: str, values: Any) -> Floats:
    """The outcome over values of one parameter, (n_values,), all else at the base case."""
    _known(parameter, base)
    return np.array([float(outcome({**base, parameter: float(v)})) for v in numbers("values", values, ndim=1)])


def threshold_values(
    outcome: Outcome, base: Mapping[str, float], *, parameter: str, low: float, high: float, points: int = 65
) -> tuple[float, ...]:
    """Values of a parameter within a range at which the outcome passes zero, ascending.

    Parameters
    ----------
    outcome : callable
        For example the difference of two strategies' net benefits.
    low, high : float
    points : int
        Evenly spaced values at which changes of sign are looked for.

    Returns
    -------
    tuple of float
        Empty where the sign never changes.

    Notes
    -----
    Valid when the outcome is continuous in the parameter and passes zero at most once between neighbouring points.

    Examples
    --------
    >>> threshold_values(lambda p: p["x"] ** 2 - 4, {"x": 0}, parameter="x", low=0, high=5)
    (2.0,)
    """
    a = scalar("low", low)
    b = scalar("high", high, low=a, exclusive="low")
    grid = np.linspace(a, b, whole("points", points, low=2))
    at = one_way_curve(outcome, base, parameter=parameter, values=grid)
    found = [float(x) for x, y in zip(grid, at, strict=True) if y == 0.0]
    for k in np.flatnonzero(at[:-1] * at[1:] < 0):
        root = brentq(lambda v: float(outcome({**base, parameter: v})), grid[k], grid[k + 1], xtol=1e-12, rtol=1e-13)
        found.append(float(root))
    return tuple(sorted(found))


def _known(name: str, base: Mapping[str, float]) -> None:
    if name not in base:
        raise ConfigError(f"parameter {name!r} is not in the base case, expected one of {', '.join(base)}")
