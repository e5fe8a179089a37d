"""Screens of several samples a patient: errors that are robust to how alike samples of one patient are."""

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, orthonormal_basis
from biomarker.stats.cluster_robust import ClusteredNull, clustered_score_tests
from biomarker.stats.cox import ResidualLaw, cox_null
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import LARGEST, as_floats, require_intercept, used_covariates
from biomarker.stats.linear_interaction import checked_treatment
from biomarker.stats.logistic import logistic_null
from biomarker.stats.ordinal import ordinal_null

__all__ = [
    "clustered_cox_screen",
    "clustered_linear_screen",
    "clustered_logistic_screen",
    "clustered_ordinal_screen",
]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def clustered_linear_screen(
    features: Array,
    response: Array,
    covariates: Array,
    cluster: npt.NDArray[np.generic],
    *,
    treatment: Array | None = None,
    min_group: int = 3,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Slope of one endpoint on each feature, with an error that allows samples of one cluster to be alike.

    Least squares of y on covariates C and feature x (with a treatment: on C, t, x and x t, of which the last is
    tested). With ``e`` the residuals, H the hat matrix, ``u = z / |z|`` the tested column off all others and ``A_g`` a
    root of the inverse of its cluster's block of ``I - H``, ``A_g (I - H)_gg A_g' = I``:
    ``w_g = A_g' u_g``, ``V = sum_g (w_g' e_g)^2``: CR2, without bias where samples are independent. With rho the
    correlation of responses within a cluster (off the covariates, 0 to 1), F the working covariance of samples that it
    makes, and ``O = W'(I - H) F (I - H) W`` that of the scores ``w_g' e_g``: ``t = u'y / sqrt(c V)`` with
    ``c = u'F u / tr O``, which takes the bias out under F too, and ``dof = (tr O)^2 / tr(O^2)`` (Bell and McCaffrey's,
    under F). The error is robust whatever the true covariance; F decides the small-sample correction alone.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    response : (n_subjects,)
        NaN leaves a subject out.
    covariates : (n_subjects, n_covariates)
        Complete, including the intercept, without the treatment; may be rank deficient.
    cluster : (n_subjects,)
        Label of each subject's cluster.
    treatment : (n_subjects,), optional
        0 or 1.
    min_group : int
        A feature with two distinct values needs them in this many clusters each; with a treatment in each arm.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, 1)``; ``n`` counts samples. ``TOO_FEW`` where clusters do not outnumber covariates by three.

    Raises
    ------
    ValueError
        Shapes differ, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when clusters are independent and number twenty or more; how samples within one go together is free. Where one
    or two clusters decide (dof of a few) the level is approximate. ``A_g`` is one of many roots: with L the symmetric
    one of the covariates' block alone, ``A_g = (I - (L u)(L u)')^(-1/2) L``, which costs a feature no factorisation of
    its own.
    Where all samples of a patient have the same feature and endpoint, patients decide and samples add nothing.

    References
    ----------
    Pustejovsky and Tipton 2018, https://doi.org/10.1080/07350015.2016.1247004
    """
    y, c, arm = as_floats(response).reshape(-1), as_floats(covariates), _arm(treatment, features)
    if y.shape[0] != features.shape[0] or c.ndim != 2 or c.shape[0] != features.shape[0]:
        raise ValueError(f"features {features.shape}, response {y.shape} and covariates {c.shape} disagree on subjects")
    rows = np.flatnonzero(~np.isnan(y))
    terms = used_covariates(np.column_stack([c, *arm]), rows)
    require_intercept(orthonormal_basis(terms))
    if rows.size and not np.abs(y[rows]).max() <= LARGEST:
        working = ClusteredNull.failed(rows, Status.OVERFLOW)
    elif rows.size < 3:
        working = ClusteredNull.failed(rows, Status.TOO_FEW)
    else:
        centred = y[rows] - y[rows].mean()
        working = ClusteredNull.of(rows, np.asarray(cluster), root=np.ones(rows.size), residual=centred, terms=terms)
    return clustered_score_tests(features, working, arm, min_group=min_group, block_bytes=block_bytes)


def clustered_logistic_screen(
    features: Array,
    outcome: Array,
    covariates: Array,
    cluster: npt.NDArray[np.generic],
    *,
    treatment: Array | None = None,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of each feature in a logistic model, with an error as in `clustered_linear_screen`.

    With mu the fitted probabilities of the covariates alone and ``w = mu (1 - mu)``, the score ``x'(y - mu)`` is the
    product of ``sqrt(w) x`` and ``(y - mu) / sqrt(w)``: weighted least squares of one Newton step, to which the linear
    screen's error and law apply. The correction there takes w as known; as it is fitted, the variance is multiplied by
    ``G / (G - q)`` of G clusters and q terms; without it the test is too bold with 20 clusters.

    Parameters
    ----------
    outcome : (n_subjects,)
        0 or 1; NaN leaves a subject out.
    min_events : int
        Fewest clusters with, and without, the event.
    features, covariates, cluster, treatment, min_group, block_bytes
        As in `clustered_linear_screen`.

    Returns
    -------
    Estimate
        ``(n_features, 1)``; the estimate is one Newton step, of an interaction from the model without the feature.

    Raises
    ------
    ValueError
        Shapes differ, an outcome is neither 0 nor 1, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid as `clustered_linear_screen` is, with some ten clusters of the rarer outcome or more. With a treatment the
    feature's main effect is that of one Newton step: a strong one bends it, so that a marker with an odds ratio above
    three a standard deviation may seem to change the treatment's effect a little.

    References
    ----------
    Pustejovsky and Tipton 2018, https://doi.org/10.1080/07350015.2016.1247004
    """
    arm, c = _arm(treatment, features), as_floats(covariates)
    terms = np.column_stack([c, *arm])
    null = logistic_null(features, outcome, terms, min_events=min_events)
    label, n_events = np.asarray(cluster), null.n_events
    happened = as_floats(outcome).reshape(-1)[null.rows]
    fewest = min((_clusters(label[null.rows][happened == value]) for value in (0, 1)), default=0)
    if null.status != Status.OK or fewest < min_events:
        return _nothing(features, null.rows, null.status, n_events)
    working = ClusteredNull.of(
        null.rows, label, root=np.sqrt(null.weight), residual=null.outcome - null.mean, terms=terms[null.rows],
        n_events=n_events, fitted_weights=True,
    )  # fmt: skip
    return clustered_score_tests(features, working, arm, min_group=min_group, block_bytes=block_bytes)


def clustered_ordinal_screen(
    features: Array,
    levels: Array,
    covariates: Array,
    cluster: npt.NDArray[np.generic],
    *,
    treatment: Array | None = None,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of each feature in a proportional odds model, with an error as in `clustered_linear_screen`.

    As `clustered_logistic_screen`, with residual and weight of `biomarker.stats.ordinal_screen`; that the thresholds
    are estimated is left aside, which matters where the covariates move levels far apart.

    Parameters
    ----------
    levels : (n_subjects,)
        Whole numbers in the order of the levels; NaN leaves a subject out.
    min_events : int
        Fewest clusters outside the most frequent level.
    features, covariates, cluster, treatment, min_group, block_bytes
        As in `clustered_linear_screen`.

    Returns
    -------
    Estimate
        ``(n_features, 1)``.

    Raises
    ------
    ValueError
        Shapes differ, a level is no whole number, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid as `clustered_logistic_screen` is.

    References
    ----------
    Pustejovsky and Tipton 2018, https://doi.org/10.1080/07350015.2016.1247004
    """
    arm, c = _arm(treatment, features), as_floats(covariates)
    terms = np.column_stack([c, *arm])
    null = ordinal_null(features, levels, terms, min_events=min_events)
    label = np.asarray(cluster)
    if null.status != Status.OK:
        return _nothing(features, null.rows, null.status)
    outside = null.levels != np.bincount(null.levels).argmax()
    if _clusters(label[null.rows][outside]) < min_events:
        return _nothing(features, null.rows, Status.TOO_FEW)
    working = ClusteredNull.of(
        null.rows, label, root=np.sqrt(null.weight), residual=null.residual, terms=terms[null.rows],
        fitted_weights=True,
    )  # fmt: skip
    return clustered_score_tests(features, working, arm, min_group=min_group, block_bytes=block_bytes)


def clustered_cox_screen(
    features: Array,
    time: Array,
    event: Array,
    covariates: Array,
    cluster: npt.NDArray[np.generic],
    *,
    treatment: Array | None = None,
    strata: Array | None = None,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of each feature in a Cox model (Efron ties), with an error as in `clustered_linear_screen`.

    The score is ``x'r`` with r the martingale residuals of the covariates alone. Their expected square is the chance of
    an event, v, here of a logistic regression of the event on covariates and strata; so ``x'r`` is the product of
    ``sqrt(v) x`` and ``r / sqrt(v)``, to which the linear screen's error and law apply. The estimate is one Newton step
    with the information expected of v.

    Parameters
    ----------
    time, event, strata
        As in `biomarker.stats.cox_screen`.
    covariates : (n_subjects, n_covariates)
        Complete, without intercept and treatment; may be rank deficient, and of no columns.
    min_events : int
        Fewest clusters with an event.
    features, cluster, treatment, min_group, block_bytes
        As in `clustered_linear_screen`.

    Returns
    -------
    Estimate
        ``(n_features, 1)``.

    Raises
    ------
    ValueError
        Shapes differ, or a value is neither 0 nor 1.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid as `clustered_logistic_screen` is, with twenty clusters that have an event or more, and censoring independent
    given covariates and strata.

    References
    ----------
    Pustejovsky and Tipton 2018, https://doi.org/10.1080/07350015.2016.1247004
    """
    arm = _arm(treatment, features)
    augmented = np.column_stack([as_floats(covariates), *arm])
    null = cox_null(features, time, event, augmented, strata=strata, min_events=min_events)
    rows, label, n_events = null.sets.order, np.asarray(cluster), null.sets.n_events
    if null.status != Status.OK or _clusters(label[rows][null.sets.event == 1]) < min_events:
        return _nothing(features, rows, null.status, n_events)
    law = ResidualLaw.of(null)
    terms = np.column_stack([null.strata_basis, null.covariates])
    working = ClusteredNull.of(rows, label, root=law.root, residual=law.residual, terms=terms, n_events=n_events)
    return clustered_score_tests(features, working, arm, min_group=min_group, block_bytes=block_bytes)


def _arm(treatment: Array | None, features: Array) -> list[Floats]:
    """The treatment's indicator as a list of no or one column."""
    return [] if treatment is None else [checked_treatment(treatment, features.shape[0])]


def _clusters(labels: npt.NDArray[np.generic]) -> int:
    return int(np.unique(labels).size)


def _nothing(features: Array, rows: Indices, status: Status, n_events: int = 0) -> Estimate:
    """The result where no feature can be tested: the null model's fault, or too few clusters."""
    failed = ClusteredNull.failed(rows, status if status != Status.OK else Status.TOO_FEW, n_events)
    return clustered_score_tests(features, failed, [], min_group=1, block_bytes=1)
