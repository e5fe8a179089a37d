"""How well a method measures against what is asked of it: total error, sigma, reference change, desirable limits."""

from dataclasses import dataclass

import numpy as np

__all__ = ["DesirableLimits", "desirable_limits", "reference_change", "sigma_metric", "total_error"]

#: One-sided 95% of the normal law, as laboratories round it.
Z_95 = 1.65


def total_error(bias: float, cv: float, *, z: float = Z_95) -> float:
    """Observed total error ``|bias| + z * cv``, all in percent."""
    return abs(bias) + z * cv


def sigma_metric(allowed: float, bias: float, cv: float) -> float:
    """Sigma metric ``(allowed - |bias|) / cv``: how many SDs of the method fit between its bias and the allowed error.

    All in percent; negative where the bias alone passes what is allowed. Six is excellent, below three a method needs
    more controls than a laboratory can run.
    """
    if not cv > 0:
        raise ValueError(f"cv is {cv}, expected a positive number")
    return (allowed - abs(bias)) / cv


def reference_change(cv_analytical: float, cv_within: float, *, z: float = 1.96) -> float:
    """Reference change value ``sqrt(2) * z * sqrt(cv_analytical^2 + cv_within^2)``, in percent.

    Two results of one person in a steady state differ by less with the probability that ``z`` stands for.
    **Valid when** both variations are roughly normal and small (below some 20%).
    """
    return float(np.sqrt(2) * z * np.hypot(cv_analytical, cv_within))


@dataclass(frozen=True)
class DesirableLimits:
    """What biological variation asks of a method, in percent."""

    cv: float
    bias: float
    total_error: float


def desirable_limits(cv_within: float, cv_between: float) -> DesirableLimits:
    """Desirable imprecision, bias and total error from biological variation.

    ``cv <= 0.5 cv_within``, ``bias <= 0.25 sqrt(cv_within^2 + cv_between^2)``, and their sum with the factor 1.65 on
    the imprecision.
    """
    cv, bias = 0.5 * cv_within, 0.25 * float(np.hypot(cv_within, cv_between))
    return DesirableLimits(cv, bias, Z_95 * cv + bias)
