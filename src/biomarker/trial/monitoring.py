"""At an interim analysis and after it: conditional and predictive power, repeated and stage-wise inference."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from biomarker.trial.boundaries import Problem, bounds_at
from biomarker.trial.checks import between, refuse, whole
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.recursion import above, exit_probabilities, region, start, states
from biomarker.trial.spending import Spending, WangTsiatis

__all__ = [
    "StagewiseInference",
    "conditional_power",
    "predictive_power",
    "repeated_confidence_interval",
    "repeated_p_value",
    "stagewise_inference",
]

Floats = npt.NDArray[np.float64]


def conditional_power(
    design: GroupSequentialDesign, z: npt.ArrayLike, *, look: int, drift: npt.ArrayLike | str = "design"
) -> Floats:
    """Probability of rejecting at a later look, given the statistic now.

    With one look left, ``Phi((b - u_K) / sqrt(1 - t) + d sqrt(1 - t))`` where ``b = z sqrt t`` and d is the drift; with
    more, by recursive integration from ``(t, b)``.

    Parameters
    ----------
    design : GroupSequentialDesign
    z : float or (n,)
        Statistic at the look.
    look : int
        Which look it is, from 1; not the last.
    drift : float, (n,) or {"design", "trend", "null"}
        Expected value of the final Z under which the study goes on: that of the design's alternative, the one that the
        data show (``z / sqrt t``), none, or a number. Under "null" this is the conditional error (conditional
        rejection probability).

    Returns
    -------
    (n,) probabilities of rejecting in the direction of a positive effect, futility bounds of later looks obeyed.

    Raises
    ------
    ConfigError
        The look is the last or does not exist, or `drift` has an unknown name.

    Notes
    -----
    Valid when the increments after the look are independent of what was seen. Under "trend" it takes an estimate for
    the truth and is far too sure of itself early in a study: `predictive_power` averages over what is not known.

    References
    ----------
    Lan and Wittes 1988, https://doi.org/10.2307/2531870
    """
    k = whole("look", look, 1, design.n_looks - 1)
    seen = np.atleast_1d(np.asarray(z, dtype=np.float64))
    t = design.information[k - 1]
    given = {"design": np.full(seen.size, design.drift), "trend": seen / np.sqrt(t), "null": np.zeros(seen.size)}
    if isinstance(drift, str):
        if drift not in given:
            raise refuse("drift", drift, "a number or one of 'design', 'trend', 'null'")
        d = given[drift]
    else:
        d = np.broadcast_to(np.asarray(drift, dtype=np.float64), seen.shape)
    if k == design.n_looks - 1:
        rest = 1.0 - t
        return np.asarray(ndtr((seen * np.sqrt(t) - design.upper[-1]) / np.sqrt(rest) + d * np.sqrt(rest)))
    return np.array([_later(design, k, b, np.array([s]))[0] for b, s in zip(seen * np.sqrt(t), d, strict=True)])


def _later(design: GroupSequentialDesign, k: int, b: float, drift: Floats) -> Floats:
    """Probability of rejecting after look k, for each drift."""
    ended = exit_probabilities(
        design.information[k:],
        design.lower[k:],
        design.upper[k:],
        drift=drift,
        inner=design.inner[k:],
        begin=start(float(design.information[k - 1]), float(b)),
    )
    return np.asarray(ended.upper.sum(axis=1))


def predictive_power(
    design: GroupSequentialDesign, z: float, *, look: int, prior_drift: float = 0.0, prior_information: float = 0.0
) -> float:
    """Conditional power averaged over what is known of the effect at the look.

    With a normal prior worth the information fraction ``t0`` around drift ``d0``, the posterior of the drift is
    ``N((t0 d0 + z sqrt t) / (t0 + t), 1 / (t0 + t))``; with ``t0 = 0`` (flat prior) and one look left the result is
    ``Phi((z - u sqrt t) / sqrt(1 - t))``.

    Parameters
    ----------
    design : GroupSequentialDesign
    z : float
        Statistic at the look.
    look : int
        Which look it is, from 1; not the last.
    prior_drift, prior_information : float
        Mean of the prior on the scale of the final Z, and its weight as a share of the maximum information.

    Returns
    -------
    float

    Notes
    -----
    Valid when the prior is one that the reader shares; the flat prior lets the data speak alone.

    References
    ----------
    Spiegelhalter, Freedman and Blackburn 1986, https://doi.org/10.1016/0197-2456(86)90003-6
    """
    k = whole("look", look, 1, design.n_looks - 1)
    weight = between("prior_information", prior_information, 0.0, closed="low")
    t, b = float(design.information[k - 1]), float(z) * float(np.sqrt(design.information[k - 1]))
    total = weight + t
    nodes, weights = np.polynomial.legendre.leggauss(200)
    x = 8.0 * nodes
    drift = (weight * prior_drift + b) / total + x / np.sqrt(total)
    density = np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi) * 8.0 * weights
    return float(density @ _later(design, k, b, drift))


def repeated_confidence_interval(
    design: GroupSequentialDesign, estimate: float, standard_error: float, *, look: int
) -> tuple[float, float]:
    """Interval that holds the truth at all looks at once with probability ``1 - 2 alpha`` (one-sided alpha).

    ``estimate -+ u_k standard_error``, with the efficacy bound of the look.

    Parameters
    ----------
    design : GroupSequentialDesign
        Bounds at the looks that took place: `GroupSequentialDesign.at`.
    estimate, standard_error : float
        Of the effect at the look, on the scale on which it is normal (difference, log hazard ratio).
    look : int
        Which look it is, from 1.

    Returns
    -------
    low, high : float

    Notes
    -----
    Valid at any look, whether or not the study stops there and why. It is wide; after the study ended by its rules
    `stagewise_inference` is sharper.

    References
    ----------
    Jennison and Turnbull 1989, https://doi.org/10.1111/j.2517-6161.1989.tb01433.x
    """
    k = whole("look", look, 1, design.n_looks)
    error = between("standard_error", standard_error, 0.0)
    width = float(design.upper[k - 1]) * error
    return estimate - width, estimate + width


def repeated_p_value(design: GroupSequentialDesign, z: float, *, look: int) -> float:
    """Smallest type I error at which the same kind of design would have rejected at this look.

    The alpha for which ``u_k(alpha) = z``; futility bounds play no part.

    Parameters
    ----------
    design : GroupSequentialDesign
    z : float
        Statistic at the look.
    look : int
        Which look it is, from 1.

    Returns
    -------
    float
        One- or two-sided like the design. One-sided values end at 0.5 (two-sided: 1), which stands for that or more.

    Raises
    ------
    ConfigError
        The bounds are fixed numbers, which belong to no family over alpha.

    Notes
    -----
    Valid at any look, whether or not the study stops there.

    References
    ----------
    Jennison and Turnbull 1999, chapter 9, https://doi.org/10.1201/9780367805326
    """
    k = whole("look", look, 1, design.n_looks)
    value = abs(float(z)) if design.sided == 2 else float(z)
    shape = design.efficacy
    if isinstance(shape, WangTsiatis):
        if value <= 0:
            return 0.5 * design.sided
        constant = value / float(shape.bounds(design.information, 1.0)[k - 1])
        upper = shape.bounds(design.information, constant)
        low = -upper if design.sided == 2 else np.full(upper.size, -np.inf)
        crossed = float(exit_probabilities(design.information, low, upper).upper.sum())
        return min(crossed, 0.5) * design.sided
    if not isinstance(shape, Spending):
        raise refuse("efficacy", shape.name, "a shape with one constant or a spending function")
    t, clock = design.information[:k], design.spending_time[:k]

    def excess(log_alpha: float) -> float:
        problem = Problem(t, clock, float(np.exp(log_alpha)), 0.5, design.sided, shape)
        return float(min(bounds_at(problem, 0.0).upper[-1], 40.0)) - value

    least, most = -600.0, float(np.log(0.5))
    if excess(most) >= 0:
        return 0.5 * design.sided
    if excess(least) <= 0:
        return 0.0
    return float(np.exp(brentq(excess, least, most, xtol=1e-12))) * design.sided


@dataclass(frozen=True)
class StagewiseInference:
    """Inference after a group-sequential study has ended, by the stage-wise ordering.

    Attributes
    ----------
    p_value : float
        One-sided p-value.
    estimate : float
        Median-unbiased estimate, on the scale of the estimate given.
    ci_low, ci_high : float
        Two-sided interval of coverage `level`.
    """

    p_value: float
    estimate: float
    ci_low: float
    ci_high: float
    level: float


def stagewise_inference(
    design: GroupSequentialDesign, estimate: float, standard_error: float, *, look: int, level: float | None = None
) -> StagewiseInference:
    """p-value, median-unbiased estimate and interval of a study that stopped at a look.

    A result is more extreme the earlier the efficacy bound was crossed, and at one look the larger Z is:
    ``p(d) = sum_{j<k} P_d(stop above at j) + P_d(reach k, Z_k >= z)``; the estimate solves ``p(d) = 1/2``, the limits
    ``p(d) = (1 -+ level) / 2``.

    Parameters
    ----------
    design : GroupSequentialDesign
        Bounds at the looks that took place: `GroupSequentialDesign.at`.
    estimate, standard_error : float
        Usual estimate and its standard error at the look, where a positive effect is good.
    look : int
        Look at which the study stopped, from 1.
    level : float, optional
        Coverage; the default is ``1 - 2 alpha`` of one side.

    Returns
    -------
    StagewiseInference

    Notes
    -----
    Valid when the study stopped by its rules. Non-binding futility bounds are ignored, binding ones obeyed.

    References
    ----------
    Tsiatis, Rosner and Mehta 1984, https://doi.org/10.2307/2530923
    """
    k = whole("look", look, 1, design.n_looks)
    error = between("standard_error", standard_error, 0.0)
    side = design.alpha / design.sided
    coverage = 1.0 - 2.0 * side if level is None else between("level", level, 0.0, 1.0)
    z, t = estimate / error, design.information[:k]
    low = design.lower if design.sided == 2 or design.binding else np.full(design.n_looks, -np.inf)
    inner = np.nan_to_num(design.inner) if design.binding else np.zeros(design.n_looks)
    regions = [region(float(low[j]), float(design.upper[j]), float(inner[j])) for j in range(k)]
    reach = 6.0 + abs(z) / float(np.sqrt(t[-1])) + float(-ndtri(side / 10.0)) / float(np.sqrt(t[0]))
    before = states(start(), t, regions, drift=reach)

    def exceed(drift: float) -> float:
        earlier = sum(float(above(before[j], t[j], design.upper[j], drift)[0]) for j in range(k - 1))
        return earlier + float(above(before[-1], t[-1], z, drift)[0])

    def solve(target: float) -> float:
        return float(brentq(lambda drift: exceed(drift) - target, -reach, reach, xtol=1e-10))

    # drift 1 is the effect of one standard error at full information
    scale = error * float(np.sqrt(t[-1]))
    tail = (1.0 - coverage) / 2.0
    return StagewiseInference(exceed(0.0), scale * solve(0.5), scale * solve(tail), scale * solve(1.0 - tail), coverage)
