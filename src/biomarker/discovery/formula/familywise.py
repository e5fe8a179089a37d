"""The chance that anything at all among what was searched scores as high: maxima under permutation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.formula.beside_pairs import single_maxima
from biomarker.discovery.formula.search import FormulaSettings, Prepared
from biomarker.rng import stream
from biomarker.stats.pairs.basis import PairBasis
from biomarker.stats.pairs.scan import scan_pairs

__all__ = ["Familywise", "familywise"]

#: Permutations of the first round, and of each that follows: what a round costs beside them is paid once.
FIRST, NEXT = 19, 40
#: With so many maxima at or above the best observed score, more permutations would change no conclusion.
ENOUGH = 10
# Scores of the scan are of single precision: this much below the observed one counts as large as it
_MARGIN = 1e-4


@dataclass(frozen=True)
class Familywise:
    """Maxima of all formulas of one and two features under permutation.

    Attributes
    ----------
    maxima : (n_permutations,)
        Those that were made.
    asked : int
    stopped : bool
        Whether it ended early.
    """

    maxima: NDArray[np.float64]
    asked: int
    stopped: bool

    def p_value(self, score: float) -> float:
        """Family-wise p of a formula.

        ``(1 + #{max >= score}) / (1 + B)``; where permutations ended with the h-th exceedance of the best score after l
        of them, h / l for the best, which is valid whenever h was fixed beforehand, and no less for any other
        (Besag and Clifford 1991, Biometrika 78:301).
        """
        above = int((self.maxima >= score * (1 - _MARGIN)).sum())
        if self.stopped:
            return min(1.0, max(above, ENOUGH) / self.maxima.size)
        return (1 + above) / (1 + self.maxima.size)


def familywise(
    one: Prepared,
    best_score: float,
    settings: FormulaSettings,
    *,
    repeat: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Familywise:
    """Permute the residuals within strata and search everything again each time.

    Whatever is maximised over is searched in every permutation: all pairs in all statistics, and all formulas of one
    feature. Permutations stop at the `ENOUGH`-th maximum that reaches the best observed score; which permutation that
    is depends on their order alone, not on the rounds in which they are made.

    Parameters
    ----------
    one : Prepared
    best_score : float
        Of the best formula of one or two features.
    settings : FormulaSettings
    """
    basis = PairBasis.of(one.features.values, one.features.constants, one.response, one.features.group)
    strata = one.question.permuted_strata(one.rows)
    generator = stream(settings.seed, "formula", "permutations", repeat, *one.question.key)
    residuals = one.response.permuted(settings.permutations, generator=generator, strata=strata)
    maxima = np.empty(0)
    for start in _rounds(settings.permutations):
        some = residuals[start : start + (FIRST if start == 0 else NEXT)]
        scan = scan_pairs(basis, one.response, residuals=some, min_group=settings.min_group, threads=settings.threads)
        own = np.maximum(scan.maxima.max(axis=1), single_maxima(one.features, one.response, some))
        maxima = np.append(maxima, own)
        reached = np.flatnonzero(maxima >= best_score * (1 - _MARGIN))
        progress(maxima.size, settings.permutations)
        if reached.size >= ENOUGH:
            return Familywise(maxima[: reached[ENOUGH - 1] + 1], settings.permutations, stopped=True)
    return Familywise(maxima, settings.permutations, stopped=False)


def _rounds(count: int) -> Sequence[int]:
    return [0, *range(FIRST, count, NEXT)] if count else []
