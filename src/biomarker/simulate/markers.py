"""Which features are planted, on which endpoint, in which role."""

from dataclasses import dataclass

import numpy as np

__all__ = ["ENDPOINTS", "GENE_PLAN", "HIGH_IS_GOOD", "Marker", "tested_column"]

ENDPOINTS = ("response", "pfs", "shrinkage")
# Does a larger linear predictor do the patient good? Log odds of response: yes; log hazard and tumour growth: no.
HIGH_IS_GOOD = {"response": True, "pfs": False, "shrinkage": False}
GENE_PLAN = tuple((endpoint, role) for endpoint in ENDPOINTS for role in ("prognostic", "predictive"))


@dataclass(frozen=True)
class Marker:
    """A feature with an effect.

    Attributes
    ----------
    feature_id : str
    modality : str
    endpoint : str
    role : str
        ``prognostic`` (the same effect in both arms) or ``predictive`` (acts through treatment alone).
    sign : int
        Of the coefficient on the endpoint's own scale: log odds of response, log hazard, percent tumour change.
    level : ndarray (n_subjects,)
        True standardised level, which acts.
    measured : ndarray (n_subjects,)
        As an analyst sees it at baseline; NaN where missing.
    """

    feature_id: str
    modality: str
    endpoint: str
    role: str
    sign: int
    level: np.ndarray
    measured: np.ndarray

    def effect_column(self, drug: np.ndarray) -> np.ndarray:
        """What the coefficient multiplies: the level, or level x (arm - 1/2), which has no effect over both arms."""
        return self.level * (drug - 0.5) if self.role == "predictive" else self.level


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
