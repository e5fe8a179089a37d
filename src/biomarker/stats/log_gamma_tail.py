"""Logarithm of the incomplete gamma functions, also where they are no longer doubles."""

from typing import Any

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln

from biomarker.stats.checks import Floats

__all__ = ["log_upper_gamma"]

_TINY = 1e-280


def log_upper_gamma(a: Any, x: Any, *, complement: bool = False) -> Floats:
    """``log Q(a, x)``, the regularised upper incomplete gamma function, or ``log P(a, x)`` as `complement`.

    Where the value underflows: for Q ``x^(a-1) e^-x / Gamma(a) (1 + (a-1)/x + (a-1)(a-2)/x^2)`` (x far above a), for P
    ``x^a e^-x / Gamma(a + 1) (1 + x/(a+1) + x^2/((a+1)(a+2)))`` (x far below a).

    Examples
    --------
    >>> float(log_upper_gamma(1.0, 1000.0))
    -1000.0
    """
    a, x = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(x, dtype=np.float64))
    value = gammainc(a, x) if complement else gammaincc(a, x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if complement:
            series = np.log1p(x / (a + 1.0) + x**2 / ((a + 1.0) * (a + 2.0)))
            far = a * np.log(x) - x - gammaln(a + 1.0) + series
        else:
            far = (a - 1.0) * np.log(x) - x - gammaln(a) + np.log1p((a - 1.0) / x + (a - 1.0) * (a - 2.0) / x**2)
        return np.asarray(np.where(value > _TINY, np.log(np.where(value > _TINY, value, 1.0)), far))
