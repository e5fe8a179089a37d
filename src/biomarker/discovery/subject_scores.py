"""A number a subject that a marker is cut by: how much better than expected, or how much the drug seemed to help."""

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.leaders import varying
from biomarker.discovery.method import Outcome
from biomarker.discovery.registry import METHODS

__all__ = ["subject_scores"]

Floats = NDArray[np.float64]


def subject_scores(outcome: Outcome, covariates: Floats, treatment: Floats | None, *, good_sign: int) -> Floats | None:
    """Scores whose mean in a group of subjects says how good the group is for the question asked.

    Without treatment the residual of the endpoint's model with the covariates alone (least squares, response minus
    fitted probability, martingale), turned so that high is good for the patient. With treatment the same of the model
    with the arm, times ``(A - mean A) / var A``: its mean in a group estimates by how much the effect of treatment in
    the group exceeds the effect in all, on the scale of the residuals.

    Parameters
    ----------
    outcome : Outcome
        Complete, (n_subjects,).
    covariates : (n_subjects, n_columns)
    treatment : (n_subjects,) of 0 and 1, or None
    good_sign : int
        `Endpoint.good_sign`.

    Returns
    -------
    (n_subjects,) or None
        None where the model cannot be fitted, or the endpoint's method has no residuals.

    Notes
    -----
    Valid for treatment where arms were randomised: else the arm's mean must be replaced by its propensity.
    """
    residual_of = METHODS[outcome.type].residual
    if residual_of is None or np.unique(outcome.values).size < 2:
        return None
    if treatment is None:
        residual = residual_of(outcome, varying(covariates, None))
        return None if residual is None else good_sign * residual
    share = treatment.mean()
    if share in (0.0, 1.0):
        return None
    residual = residual_of(outcome, varying(np.column_stack([treatment, covariates]), None))
    return None if residual is None else good_sign * residual * (treatment - share) / (share * (1.0 - share))
