"""A planted marker: what acts, and what an analyst sees of it."""

from dataclasses import dataclass, replace

import numpy as np

from biomarker.simulate.plan import Plant

__all__ = ["Marker", "formula", "given_parts", "tested_column"]


@dataclass(frozen=True)
class Marker:
    """A feature with an effect, or a formula of two.

    Attributes
    ----------
    plant : Plant
    features : tuple of str
    sign : int
        Of the coefficient on the endpoint's own scale: log odds of response, log hazard, percent tumour change.
    acting : ndarray (n_subjects,)
        What acts, with mean 0 (see `biomarker.simulate.levels.acting`).
    clean : ndarray (n_subjects, n_features)
        The features at baseline as they would be measured without batch and swap; NaN where missing. Strength is asked
        of these, so that a trial with a fault and its twin without have the same outcomes.
    seen : ndarray (n_subjects, n_features)
        The features as an analyst sees them.
    cuts : tuple of float
        Where a threshold acts or a formula cuts, in the features' own units; else empty.
    """

    plant: Plant
    features: tuple[str, ...]
    sign: int
    acting: np.ndarray
    clean: np.ndarray
    seen: np.ndarray
    cuts: tuple[float, ...] = ()

    def effect_column(self, drug: np.ndarray) -> np.ndarray:
        """What the coefficient multiplies: what acts, or that x (arm - 1/2), which has no effect over both arms."""
        return self.acting * (drug - 0.5) if self.plant.role == "predictive" else self.acting

    def strength_column(self, values: np.ndarray) -> np.ndarray:
        """The column (n_subjects,) whose test has the strength asked: the feature itself, or the formula of a pair."""
        return formula(self, values) if self.plant.pair else values[:, 0]

    def take(self, rows: slice) -> "Marker":
        """The same of some subjects."""
        return replace(self, acting=self.acting[rows], clean=self.clean[rows], seen=self.seen[rows])


def formula(marker: Marker, values: np.ndarray) -> np.ndarray:
    """What is planted, worked out from measurements.

    Parameters
    ----------
    marker : Marker
    values : ndarray (n_subjects, n_features)

    Returns
    -------
    ndarray (n_subjects,)
        NaN where a feature is missing.
    """
    if marker.plant.shape == "log_ratio":
        return values[:, 0] - values[:, 1]
    if not marker.cuts:
        return values[:, 0]
    above = (values > np.array(marker.cuts)).all(axis=1).astype(float)
    return np.where(np.isfinite(values).all(axis=1), above, np.nan)


def given_parts(values: np.ndarray, design: np.ndarray, contrast: str) -> np.ndarray:
    """The covariates with the parts of a formula added, for its test given its parts.

    Parameters
    ----------
    values : ndarray (n_subjects, n_features)
    design : ndarray (n_subjects, n_columns)
        The first two columns are the intercept and the drug arm.
    contrast : str
        ``predictive`` adds the parts' own interactions with treatment as well.

    Returns
    -------
    ndarray (n_subjects, n_columns + n_features or n_columns + 2 n_features)
    """
    interactions = [values * (design[:, [1]] - 0.5)] if contrast == "predictive" else []
    return np.column_stack([design, values, *interactions])


def tested_column(
    measured: np.ndarray, design: np.ndarray, contrast: str, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Column and nuisance columns of an analyst's test of one feature.

    Parameters
    ----------
    measured : ndarray (n_subjects,)
        The feature; standardised here over ``rows``.
    design : ndarray (n_subjects, n_columns)
        Covariates; the first two columns are the intercept and the drug arm.
    contrast : str
        ``prognostic``: the feature given the covariates. ``predictive``: feature x arm given feature and covariates.
    rows : ndarray of bool (n_subjects,)
        Subjects with feature and endpoint.

    Returns
    -------
    column : ndarray (n_rows,)
    nuisance : ndarray (n_rows, n_columns or n_columns + 1)
    """
    feature = measured[rows]
    feature = (feature - feature.mean()) / feature.std()
    nuisance = design[rows]
    if contrast == "prognostic":
        return feature, nuisance
    return feature * (nuisance[:, 1] - 0.5), np.column_stack([nuisance, feature])
