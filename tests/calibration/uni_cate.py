"""Data-generating processes of the published scoreboard of predictive markers, with their truth.

Settings and published error rates: Boileau et al. 2022, https://doi.org/10.1093/biostatistics/kxac029.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.rng import stream

__all__ = ["PUBLISHED", "SETTINGS", "SIZES", "Population", "Study", "population"]

Floats = NDArray[np.float64]
SIZES = (125, 250, 500)
SETTINGS = tuple(f"{kind} {shape}" for kind in "AB" for shape in ("linear", "kinked", "nonlinear"))
#: (false discovery rate, true positive rate) at each size
PUBLISHED = {
    "A linear": ((0.115, 0.057), (0.051, 0.400), (0.032, 0.812)),
    "A kinked": ((0.183, 0.017), (0.085, 0.051), (0.030, 0.398)),
    "A nonlinear": ((0.130, 0.047), (0.062, 0.147), (0.032, 0.553)),
    "B linear": ((0.364, 1.0), (0.236, 1.0), (0.193, 1.0)),
    "B kinked": ((0.327, 1.0), (0.170, 1.0), (0.151, 1.0)),
    "B nonlinear": ((0.264, 0.931), (0.136, 0.989), (0.106, 0.997)),
}
_SUBJECTS = 100_000
_MODULE = 20
# Loading of a gene on its module's factor: correlation 0.36 within a module
_LOADING = 0.6


@dataclass(frozen=True, eq=False)
class Study:
    """One sample: markers (n, p), outcomes under either arm, arm and observed outcome, all (n,)."""

    markers: Floats
    active: Floats
    control: Floats
    treatment: Floats
    outcome: Floats


@dataclass(frozen=True, eq=False)
class Population:
    """100,000 people of one setting.

    Attributes
    ----------
    marginal : (p,) bool
        Markers whose slope on the effect is not zero.
    modifiers : (p,) bool
        Markers that the effect is made of.
    """

    setting: str
    markers: NDArray[np.float32]
    marginal: NDArray[np.bool_]
    modifiers: NDArray[np.bool_]

    def study(self, n: int, replicate: int) -> Study:
        """A sample drawn without replacement, treated by the toss of a coin."""
        rng = stream(20221, "unicate", self.setting, n, replicate)
        markers = self.markers[rng.choice(_SUBJECTS, n, replace=False)].astype(np.float64)
        noise = 0.5 * rng.standard_normal(n)
        active, control = (mean + noise for mean in expected(self.setting, markers))
        treatment = (rng.random(n) < 0.5).astype(np.float64)
        return Study(markers, active, control, treatment, np.where(treatment == 1, active, control))


def population(setting: str) -> Population:
    """The people of a setting.

    A has 100 independent markers. B has 500 in modules of 20, each gene ``0.6 f + 0.8 e`` with f its module's factor: a
    surrogate for the correlation of gene expression. In B the first four are shifted together by a latent -1 or +1.
    """
    rng = stream(20221, "unicate", "population", setting[0])
    p, modifying = (100, 50) if setting[0] == "A" else (500, 4)
    w = rng.standard_normal((_SUBJECTS, p), dtype=np.float32)
    member = np.arange(p)
    marginal = member < modifying
    if setting[0] == "B":
        factors = rng.standard_normal((_SUBJECTS, p // _MODULE), dtype=np.float32)
        w *= np.float32(np.sqrt(1.0 - _LOADING**2))
        w += np.float32(_LOADING) * factors[:, member // _MODULE]
        w[:, :4] += rng.choice(np.array([-1, 1], dtype=np.float32), _SUBJECTS)[:, None]
        marginal = member < _MODULE
    return Population(setting, w, marginal, member < modifying)


def expected(setting: str, w: Floats) -> tuple[Floats, Floats]:
    """Expected outcome under the active and the control arm, (n,) each."""
    kind, shape = setting.split()
    main, modifying = (20, 50) if kind == "A" else (5, 4)
    effect = 5.0 * w[:, :modifying].sum(axis=1)
    if shape == "linear":
        control = 2.0 * w[:, :main].sum(axis=1)
        return control + effect, control
    if shape == "kinked":
        part = w[:, :modifying]
        return 10.0 * part.sum(axis=1), 0.5 + 10.0 * np.minimum(part, 0.0).sum(axis=1)
    control = np.exp(np.abs(w[:, :main])).sum(axis=1) + (w.shape[1] - main)
    return control + effect, control
