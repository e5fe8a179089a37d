"""Westgard's rules for control results of several levels, and how often they reject a run that is in control."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

__all__ = ["RULES", "WARNING", "RunVerdict", "false_rejection", "multirule"]

WARNING = "1_2s(warning)"
#: Rules that reject a run, in the order in which they are listed.
RULES = ("1_3s", "2_2s", "R_4s", "4_1s", "10_x")


@dataclass(frozen=True)
class RunVerdict:
    """What the rules say of one run.

    Attributes
    ----------
    run : int
        From 1.
    rules : tuple of str
        `WARNING` first, then those of `RULES` that are broken.
    """

    run: int
    rules: tuple[str, ...]

    @property
    def rejected(self) -> bool:
        """Whether any rule but the warning is broken."""
        return any(rule != WARNING for rule in self.rules)


def multirule(z: ArrayLike, *, rules: Sequence[str] = RULES) -> tuple[RunVerdict, ...]:
    """Judge each run by the multirule procedure.

    All inequalities are strict. In the units of ``z``:

    - ``1_2s``, a warning: a control beyond ±2; ``1_3s``: beyond ±3;
    - ``2_2s``: two levels of the run, or one level in this run and the one before, beyond the same ±2;
    - ``R_4s``: in one run a level above +2 and another below -2;
    - ``4_1s``: four controls in a row beyond the same ±1; ``10_x``: ten in a row on one side of the mean. In a row
      means through all levels in order of time, or within one level.

    Parameters
    ----------
    z : array (n_runs, n_levels)
        Distance from the level's target in its standard deviations; NaN where a control was not measured. Levels stand
        in the order in which they are measured.
    rules : sequence of str
        Those of `RULES` to use.

    Returns
    -------
    tuple of RunVerdict
        One a run.

    Notes
    -----
    A rule holds for a run where the row of controls ends in it. **Valid when** target and SD come from a period in
    control. Westgard, Barry and Hunt 1981, Clinical Chemistry 27:493-501.
    """
    runs = np.atleast_2d(np.asarray(z, dtype=np.float64))
    unknown = [rule for rule in rules if rule not in RULES]
    if unknown:
        raise ValueError(f"unknown rules {', '.join(unknown)}; known are {', '.join(RULES)}")
    if not rules:
        raise ValueError("no rule is given")
    broken = {
        WARNING: _any(np.abs(runs) > 2),
        "1_3s": _any(np.abs(runs) > 3),
        "2_2s": _two_beyond(runs),
        "R_4s": _any(runs > 2) & _any(runs < -2),
        "4_1s": _in_a_row(runs, 4, 1.0),
        "10_x": _in_a_row(runs, 10, 0.0),
    }
    used = [WARNING, *(rule for rule in RULES if rule in rules)]
    return tuple(RunVerdict(i + 1, tuple(rule for rule in used if broken[rule][i])) for i in range(len(runs)))


def _any(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return cells.any(axis=1)


def _two_beyond(runs: NDArray[np.float64]) -> NDArray[np.bool_]:
    found = np.zeros(len(runs), dtype=bool)
    for beyond in (runs > 2, runs < -2):
        found |= beyond.sum(axis=1) >= 2
        found[1:] |= (beyond[1:] & beyond[:-1]).any(axis=1)
    return found


def _in_a_row(runs: NDArray[np.float64], length: int, limit: float) -> NDArray[np.bool_]:
    """Runs in which ``length`` controls in a row beyond the same limit end, through all levels or within one."""
    number = np.repeat(np.arange(len(runs)), runs.shape[1])
    series = [(runs.ravel(), number), *((level, np.arange(len(runs))) for level in runs.T)]
    found = np.zeros(len(runs), dtype=bool)
    for values, of_run in series:
        known = ~np.isnan(values)
        for beyond in (values[known] > limit, values[known] < -limit):
            held = 0
            for at, one in zip(of_run[known], beyond, strict=True):
                held = held + 1 if one else 0
                found[at] |= held >= length
    return found


def false_rejection(limit: float, controls: ArrayLike) -> NDArray[np.float64]:
    """Probability that one of ``controls`` independent controls in control lies beyond ``± limit``.

    ``1 - (2 Phi(limit) - 1)^controls``; with 2 SD 5%, 9%, 13% and 17% for one to four controls.
    """
    outside = 2 * ndtr(-limit)
    return -np.expm1(np.asarray(controls, dtype=np.float64) * np.log1p(-outside))
