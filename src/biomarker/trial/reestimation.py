"""Sample-size re-estimation from the effect seen: the promising zone."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from biomarker.trial.checks import between, one_of, refuse

__all__ = ["Reestimation", "promising_from", "promising_zone"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reestimation:
    """What becomes of the sample size after the interim look, for each interim statistic.

    Attributes
    ----------
    zone : (n,) of str
        "unfavourable", "promising" or "favourable".
    n : (n,)
        Total sample size (or events) at the end, not rounded.
    conditional_power_planned, conditional_power : (n,)
        At the trend seen, without and with the increase.
    critical : (n,)
        Bound that the usual pooled statistic at the new n must pass so that the type I error is exactly kept; it is
        the test of the weighted statistic, said on the other scale.
    """

    z: Floats
    zone: npt.NDArray[np.str_]
    n: Floats
    conditional_power_planned: Floats
    conditional_power: Floats
    critical: Floats
    convention: str


def promising_zone(
    z: npt.ArrayLike,
    *,
    n_interim: float,
    n_planned: float,
    n_max: float,
    critical: float,
    target: float = 0.9,
    promising: float = 0.5,
    statistic: str = "weighted",
) -> Reestimation:
    """Sample size after an interim look: increased where the result is promising, unchanged elsewhere.

    With the trend seen, ``CP(n) = Phi(z sqrt((n - n1) / n1) - (c sqrt(n2) - z sqrt(n1)) / sqrt(n2 - n1))``; promising
    is ``promising <= CP(n2) < target``, and there n is the smaller of n_max and the n with ``CP(n) = target``.

    Parameters
    ----------
    z : float or (n,)
        Statistic at the interim look, positive in favour of the treatment.
    n_interim, n_planned, n_max : float
        Subjects (or events) at the look, planned, and at most; the same unit.
    critical : float
        Bound of the final analysis as planned, on the scale of Z.
    target : float
        Conditional power to reach.
    promising : float
        Conditional power from which a result is promising.
    statistic : {"weighted", "conventional"}
        Weighted: stages keep their planned weights (inverse normal), valid whatever the rule. Conventional: the usual
        pooled statistic against the planned bound, valid only where `promising` is high enough; refused if not.

    Returns
    -------
    Reestimation

    Raises
    ------
    ConfigError
        An argument is outside its range, or the conventional statistic would not keep the type I error.

    Notes
    -----
    Valid when the increments are normal and the rule was written down beforehand. The gain over a group-sequential
    design of the same maximum size is small (Jennison and Turnbull 2015, https://doi.org/10.1002/sim.6575).

    References
    ----------
    Mehta and Pocock 2011, https://doi.org/10.1002/sim.4102; Chen, DeMets and Lan 2004,
    https://doi.org/10.1002/sim.1688; Cui, Hung and Wang 1999, https://doi.org/10.1111/j.0006-341X.1999.00853.x

    Examples
    --------
    >>> plan = promising_zone([0.5, 1.5, 2.5], n_interim=208, n_planned=442, n_max=884, critical=1.96)
    >>> plan.zone.tolist(), plan.n.round(0).tolist()
    (['unfavourable', 'promising', 'favourable'], [442.0, 814.0, 442.0])
    """
    n1 = between("n_interim", n_interim, 0.0)
    n2 = between("n_planned", n_planned, n1, hint="the planned size must exceed the interim one")
    top = between("n_max", n_max, n2, closed="low", hint="the largest size is at least the planned one")
    c = between("critical", critical, 0.0)
    goal = between("target", target, 0.0, 1.0)
    floor = between("promising", promising, 0.0, goal)
    one_of("statistic", statistic, ("weighted", "conventional"))
    if statistic == "conventional":
        need = promising_from(n_interim=n1, n_planned=n2, n_max=top, critical=c, target=goal)
        if floor < need - 1e-9:
            raise refuse("promising", promising, f"at least {need:.4f} with the conventional statistic")
    seen = np.atleast_1d(np.asarray(z, dtype=np.float64))
    hurdle = (c * np.sqrt(n2) - seen * np.sqrt(n1)) / np.sqrt(n2 - n1)
    planned = _power(seen, hurdle, n1, n2)
    zone = np.where(planned >= goal, "favourable", np.where(planned >= floor, "promising", "unfavourable"))
    wanted = _wanted(seen, hurdle, n1, top, goal)
    n = np.where(zone == "promising", np.clip(wanted, n2, top), n2)
    bound = (np.sqrt(n - n1) * hurdle + seen * np.sqrt(n1)) / np.sqrt(n)
    words = {
        "weighted": "stages weighted as planned (inverse normal)",
        "conventional": "usual pooled statistic against the planned bound",
    }[statistic]
    return Reestimation(
        seen,
        zone,
        n,
        planned,
        _power(seen, hurdle, n1, n),
        bound,
        f"{words}; conditional power at the trend seen; n not rounded",
    )


def promising_from(*, n_interim: float, n_planned: float, n_max: float, critical: float, target: float = 0.9) -> float:
    """Smallest conditional power from which the conventional statistic keeps the type I error when n is increased.

    It is where the bound that keeps the conditional error, ``b(z) = (sqrt((n - n1) / (n2 - n1)) (c sqrt(n2) - z
    sqrt(n1)) + z sqrt(n1)) / sqrt(n)``, comes down to the planned bound c.

    Parameters
    ----------
    n_interim, n_planned, n_max, critical, target
        As in `promising_zone`.

    Returns
    -------
    float
        Conditional power under the trend seen, at the planned size.

    References
    ----------
    Mehta and Pocock 2011, table 1, https://doi.org/10.1002/sim.4102

    Examples
    --------
    >>> round(promising_from(n_interim=50, n_planned=100, n_max=200, critical=1.96), 2)
    0.36
    """
    n1, n2, top = n_interim, n_planned, n_max

    def hurdle(z: float) -> Floats:
        return np.asarray((critical * np.sqrt(n2) - z * np.sqrt(n1)) / np.sqrt(n2 - n1))

    def excess(z: float) -> float:
        n = float(np.clip(_wanted(np.array([z]), hurdle(z), n1, top, target)[0], n2, top))
        return float((np.sqrt(n - n1) * hurdle(z) + z * np.sqrt(n1)) / np.sqrt(n)) - critical

    def cp(z: float) -> float:
        return float(_power(np.array([z]), hurdle(z), n1, n2)[0])

    if top <= n2:
        return 0.0
    favourable = float(brentq(lambda z: cp(z) - target, 0.0, 20.0))
    # just below the favourable zone n hardly changes and the bound is met; far below it is not
    z = np.linspace(1e-6, favourable - 1e-6, 4000)
    bad = np.array([excess(value) > 1e-12 for value in z])
    if not bad.any():
        return 0.0
    last = int(np.flatnonzero(bad)[-1])
    return cp(z[-1]) if last + 1 >= z.size else cp(float(brentq(excess, z[last], z[last + 1], xtol=1e-10)))


def _power(z: Floats, hurdle: Floats, n1: float, n: npt.ArrayLike) -> Floats:
    """Conditional power at the trend seen when the study ends with n."""
    return np.asarray(ndtr(z * np.sqrt((np.asarray(n) - n1) / n1) - hurdle))


def _wanted(z: Floats, hurdle: Floats, n1: float, top: float, goal: float) -> Floats:
    """The n with the conditional power asked for; the largest n where no n has it."""
    root = hurdle + ndtri(goal)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = n1 + n1 * (root / z) ** 2
    return np.where((z > 0) & (root > 0), n, np.where(root <= 0, n1, top))
