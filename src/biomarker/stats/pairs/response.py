"""An outcome as the scan of pairs takes it: one residual a subject, weights, and what it is adjusted for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import independent_columns
from biomarker.errors import InsufficientDataError

__all__ = ["PairResponse"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairResponse:
    """Residual of the model without any feature, in the geometry in which that model is a weighted least squares.

    With score residuals r and working weights w (``w = 1`` for a continuous outcome, ``mu (1 - mu)`` for a binary one,
    the expected number of events for a time), a formula f enters as ``sqrt(w) f`` and the residual as ``r / sqrt(w)``:
    ``f'r`` is then the score and ``f' W f`` less its projection its information.

    Attributes
    ----------
    residual : (n_subjects,)
        Of length one, orthogonal to the basis.
    root : (n_subjects,)
        ``sqrt(w)``.
    basis : (n_subjects, r)
        Orthonormal basis of ``sqrt(w) [1, covariates]``, its first column that of the intercept.
    """

    residual: Floats
    root: Floats
    basis: Floats

    @property
    def dof(self) -> int:
        """Degrees of freedom that the covariates leave."""
        return int(self.residual.size - self.basis.shape[1])

    @property
    def weighted(self) -> bool:
        """Whether the weights differ."""
        return bool((self.root != self.root[0]).any())

    @classmethod
    def of(cls, residual: npt.ArrayLike, covariates: Floats, weights: npt.ArrayLike | None = None) -> "PairResponse":
        """From score residuals, covariates without the intercept, and working weights.

        Parameters
        ----------
        residual : (n_subjects,)
            ``y`` itself or its residual, ``y - mu``, or martingale residuals.
        covariates : (n_subjects, n_covariates)
            May be rank deficient.
        weights : (n_subjects,), optional
            Not negative; a subject of weight zero takes no part.

        Raises
        ------
        InsufficientDataError
            Nothing is left of the residual, or there are no more subjects than covariates.
        """
        r = np.asarray(residual, dtype=np.float64)
        root = np.ones(r.size) if weights is None else np.sqrt(np.asarray(weights, dtype=np.float64))
        design = np.column_stack([np.ones(r.size), covariates]) * root[:, None]
        kept = independent_columns(design)
        if kept.size + 4 > r.size:
            raise InsufficientDataError(f"{r.size} subjects for {kept.size} columns of covariates and the intercept")
        basis = np.linalg.qr(design[:, kept])[0]
        basis[:, 0] *= np.sign(basis[0, 0]) or 1.0
        scaled = np.divide(r, root, out=np.zeros(r.size), where=root > 0)
        before = float(np.linalg.norm(scaled))
        for _ in range(2):
            scaled = scaled - basis @ (basis.T @ scaled)
        length = float(np.linalg.norm(scaled))
        if not length > 1e-9 * before:
            raise InsufficientDataError("the outcome does not vary beyond what the covariates say")
        return cls(scaled / length, root, basis)

    def permuted(self, count: int, *, generator: np.random.Generator, strata: npt.NDArray[np.int64]) -> Floats:
        """Residuals permuted within strata, again orthogonal to the basis and of length one: (count, n_subjects).

        Valid when the residuals are exchangeable within strata: exact where covariates are constant within them and
        weights equal, else for large samples (Freedman and Lane 1983, https://doi.org/10.1080/07350015.1983.10509354).
        """
        rows = np.empty((count, self.residual.size))
        for level in np.unique(strata):
            members = np.flatnonzero(strata == level)
            rows[:, members] = generator.permuted(np.tile(self.residual[members], (count, 1)), axis=1)
        rows -= (rows @ self.basis) @ self.basis.T
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
