"""How far the arms of an observational comparison are comparable: overlap of their propensities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.stats.checks import binary, probabilities, scalar

__all__ = ["Overlap", "bounded_propensity"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What a reader needs to judge an estimated propensity.

    Attributes
    ----------
    lowest, highest : float
        Of the propensities before they were bounded.
    n_bounded : int
        Subjects whose propensity lay beyond the bound and was set to it.
    bound : float
    effective_active, effective_control : float
        ``(sum w)^2 / sum w^2`` of each arm's weights ``1 / pi`` and ``1 / (1 - pi)``: as many equally weighted subjects
        say as much.
    n_active, n_control : int
    """

    lowest: float
    highest: float
    n_bounded: int
    bound: float
    effective_active: float
    effective_control: float
    n_active: int
    n_control: int


def bounded_propensity(propensity: Any, treatment: Any, *, bound: float = 0.05) -> tuple[Floats, Overlap]:
    """Propensities kept away from 0 and 1, and what that says of the overlap of the arms.

    Parameters
    ----------
    propensity : (n_subjects,)
        Probability of the active arm, by a model that did not see the subject.
    treatment : (n_subjects,)
        Each arm must have members.
    bound : float
        Propensities are set to within ``[bound, 1 - bound]``.

    Returns
    -------
    bounded : (n_subjects,)
    Overlap

    Raises
    ------
    ConfigError, DataError
        A propensity outside [0, 1], an empty arm, a bound outside (0, 0.5).

    Notes
    -----
    Valid when all that decides both treatment and outcome is among the features, and few propensities are bounded:
    where some subjects never get one of the treatments, their effect is not in the data, and bounding hides that.

    References
    ----------
    Crump et al. 2009, https://doi.org/10.1093/biomet/asn055; Kish 1965
    """
    edge = scalar("bound", bound, low=0.0, high=0.5, exclusive="both")
    given = probabilities("propensity", propensity)
    active = binary("treatment", treatment, n=given.size, both=True)
    pi = np.clip(given, edge, 1.0 - edge)

    def effective(weights: Floats) -> float:
        return float(weights.sum() ** 2 / (weights**2).sum())

    return pi, Overlap(
        lowest=float(given.min()),
        highest=float(given.max()),
        n_bounded=int((given != pi).sum()),
        bound=edge,
        effective_active=effective(1.0 / pi[active]),
        effective_control=effective(1.0 / (1.0 - pi[~active])),
        n_active=int(active.sum()),
        n_control=int((~active).sum()),
    )
