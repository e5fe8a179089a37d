"""Features as the scan of pairs takes them: standardised, cut, and adjusted, in single precision, a row a feature."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.stats.pairs.response import PairResponse
from biomarker.stats.pairs.statistics import N_CUTS

__all__ = ["LIMIT", "QUANTILES", "Constants", "PairBasis", "constants_of"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
#: Shares of subjects at or below the three cuts.
QUANTILES = (1 / 3, 1 / 2, 2 / 3)
#: A product takes no value further out than so many standard deviations: one subject shall not make it.
LIMIT = 3.0


@dataclass(frozen=True, eq=False)
class Constants:
    """What is learned of every feature before any pair is looked at; all of it without the outcome.

    Attributes
    ----------
    mean, sd, median : (n_features,)
    cuts : (n_features, 3)
    usable : (n_features, 4) of bool
        Whether the feature has the basis function z, and each cut: a two-valued feature has one cut alone, and a cut
        needs enough subjects on either side and other groups than the cut before it.
    """

    mean: Floats
    sd: Floats
    median: Floats
    cuts: Floats
    usable: npt.NDArray[np.bool_]

    def take(self, features: npt.NDArray[np.intp]) -> "Constants":
        """Those of some features."""
        at = features
        return Constants(self.mean[at], self.sd[at], self.median[at], self.cuts[at], self.usable[at])


def constants_of(values: Floats, *, min_group: int) -> Constants:
    """Learn the constants of features, (n_subjects, n_features), complete and not constant."""
    cuts = np.quantile(values, QUANTILES, axis=0).T.copy()
    low, high = values.min(axis=0), values.max(axis=0)
    two = ((values == low) | (values == high)).all(axis=0)
    cuts[two] = ((low + high) / 2)[two, None]
    usable = np.zeros((values.shape[1], 1 + N_CUTS), dtype=bool)
    usable[:, 0] = ~two
    before = np.full(values.shape[1], -1)
    for c in range(N_CUTS):
        above = (values > cuts[:, c]).sum(axis=0)
        usable[:, 1 + c] = (above >= min_group) & (above <= len(values) - min_group) & (above != before)
        before = above
    spread = values.std(axis=0, ddof=1)
    return Constants(values.mean(axis=0), np.where(spread > 0, spread, 1.0), np.median(values, axis=0), cuts, usable)


@dataclass(frozen=True, eq=False)
class PairBasis:
    """Basis functions of all features and what they have to do with the response.

    Attributes
    ----------
    functions : (4, n_features, n_subjects)
        z limited to 3, and the three indicators.
    scaled, raw : (n_features, n_subjects)
        z without the limit, and values as measured (about the mean of all features of one unit, which no comparison
        of two of them notices).
    unit : (n_features, n_subjects)
        ``sqrt(w) z`` off the covariates, of length one: the part that a formula is judged given.
    part : (n_features, n_subjects)
        ``sqrt(w)`` times `unit`, so that its product with a formula is that with the part.
    length_scaled, length_raw : (n_features,)
        Length of the adjusted z, and of the adjusted value as measured.
    usable : (n_features, 4) of bool
    group : (n_features,) of int32
        Features of one unit share a number; -1 for a unit that nothing else has.
    vectors : (2 or 3 + r - 1, n_subjects)
        Ones, the weights where they differ, then ``sqrt(w)`` times the basis but its first column.
    """

    functions: Singles
    scaled: Singles
    raw: Singles
    unit: Singles
    part: Singles
    length_scaled: Singles
    length_raw: Singles
    usable: npt.NDArray[np.bool_]
    group: npt.NDArray[np.int32]
    vectors: Singles
    weighted: bool
    weight_sum: float

    @property
    def n_features(self) -> int:
        """Number of features."""
        return int(self.scaled.shape[0])

    @classmethod
    def of(
        cls, values: Floats, constants: Constants, response: PairResponse, group: npt.NDArray[np.int32]
    ) -> "PairBasis":
        """Prepare features, (n_subjects, n_features), complete."""
        root, basis = response.root, response.basis
        z = ((values - constants.mean) / constants.sd).T
        functions = np.empty((1 + N_CUTS, *z.shape), dtype=np.float32)
        functions[0] = np.clip(z, -LIMIT, LIMIT)
        for c in range(N_CUTS):
            functions[1 + c] = (values > constants.cuts[:, c]).T
        adjusted = z * root
        for _ in range(2):
            adjusted = adjusted - (adjusted @ basis) @ basis.T
        length = np.sqrt(np.einsum("ij,ij->i", adjusted, adjusted))
        given = length > 1e-4 * np.sqrt(np.einsum("ij,ij->i", z, z))
        unit = np.where(given[:, None], adjusted / np.where(given, length, 1.0)[:, None], 0.0)
        centre = np.zeros(values.shape[1])
        for g in np.unique(group[group >= 0]):
            centre[group == g] = constants.mean[group == g].mean()
        raw = values.T - centre[:, None]
        weights = root * root
        vectors = [np.ones(root.size)] + ([weights] if response.weighted else [])
        vectors += [root * basis[:, k] for k in range(1, basis.shape[1])]
        return cls(
            functions,
            z.astype(np.float32),
            raw.astype(np.float32),
            unit.astype(np.float32),
            (unit * root).astype(np.float32),
            length.astype(np.float32),
            (length * constants.sd).astype(np.float32),
            constants.usable & given[:, None],
            group.astype(np.int32),
            np.array(vectors, dtype=np.float32),
            response.weighted,
            float(weights.sum()),
        )
