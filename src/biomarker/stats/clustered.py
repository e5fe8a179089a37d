"""Screens of several samples a patient: errors that are robust to how alike samples of one patient are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, column_squares, namespace, orthonormal_basis
from biomarker.stats.cox import ResidualLaw, cox_null
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import (
    LARGEST,
    FeatureBlock,
    as_floats,
    feature_blocks,
    require_intercept,
    same_device,
    used_covariates,
)
from biomarker.stats.linear_interaction import checked_treatment
from biomarker.stats.logistic import logistic_null
from biomarker.stats.ordinal import ordinal_null
from biomarker.stats.projection import CONSTANT_SHARE, project_out

__all__ = [
    "clustered_cox_screen",
    "clustered_linear_screen",
    "clustered_logistic_screen",
    "clustered_ordinal_screen",
]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

# An eigenvalue of I - H within a cluster below this is zero: the cluster alone decides that direction.
_DECIDED = 1e-9
# A dozen work arrays of the size of a block are alive at once.
_SHARE_OF_BLOCK = 8


@dataclass(frozen=True, eq=False)
class _Working:
    """Weighted least squares that a screen amounts to, subjects sorted by cluster.

    Attributes
    ----------
    rows : (n_used,)
        Subjects in this order.
    root, response : (n_used,)
        Roots of the weights, and the residual of the model without the feature divided by them.
    basis : (n_used, r)
        Orthonormal basis of the covariates times `root`.
    member : (n_clusters, n_used)
    runs : tuple of (start, (m, s, s))
        Of the clusters of each size s, smallest first: where their rows start, and their
        ``((I - QQ')_gg)^(-1/2)`` with Q the basis.
    likeness : float
        Correlation of responses within a cluster, 0 to 1.
    n_events : int
    status : Status
    """

    rows: Indices
    root: Floats
    response: Floats
    basis: Floats
    member: Floats
    runs: tuple[tuple[int, Floats], ...]
    likeness: float
    n_events: int
    status: Status

    @classmethod
    def of(
        cls,
        rows: Indices,
        cluster: npt.NDArray[np.generic],
        *,
        root: Floats,
        residual: Floats,
        terms: Floats,
        n_events: int = 0,
    ) -> "_Working":
        """Sort by size of cluster and cluster.

        `root`, `residual` and `terms` (covariates with intercept) stand in the order of `rows`.
        """
        label = np.unique(cluster[rows], return_inverse=True)[1].reshape(-1)
        sizes = np.bincount(label)
        order = np.lexsort((label, sizes[label]))
        label, root, residual = label[order], root[order], residual[order]
        basis = orthonormal_basis(root[:, None] * terms[order])
        member = (label[None, :] == np.arange(sizes.size)[:, None]).astype(np.float64)
        response = project_out((residual / root)[:, None], basis)[:, 0]
        enough = sizes.size > basis.shape[1] + 2
        varies = float(response @ response) > CONSTANT_SHARE * float(((residual / root) ** 2).sum())
        status = Status.OK if enough and varies else Status.CONSTANT if enough else Status.TOO_FEW
        runs, start = [], 0
        for size, count in zip(*np.unique(sizes, return_counts=True), strict=True):
            stop = start + int(size * count)
            runs.append((start, _inverse_roots(basis[start:stop].reshape(count, size, -1))))
            start = stop
        likeness = _likeness(response, member)
        return cls(rows[order], root, response, basis, member, tuple(runs), likeness, n_events, status)

    @classmethod
    def failed(cls, rows: Indices, status: Status, n_events: int = 0) -> "_Working":
        """No model to test against."""
        nothing = np.zeros(0)
        return cls(rows, nothing, nothing, nothing[:, None], nothing[:, None], (), 0.0, n_events, status)

    def whiten(self, values: Array) -> Array:
        """Each cluster's rows times its root, (n_used, width)."""
        xp, parts = namespace(values), []
        for start, roots in self.runs:
            count, size, _ = roots.shape
            some = xp.reshape(values[start : start + count * size, :], (count, size, -1))
            parts.append(xp.reshape(xp.matmul(same_device(roots, values), some), (count * size, -1)))
        return xp.concat(parts, axis=0)


def _likeness(response: Floats, member: Floats) -> float:
    """Mean product of two responses of one cluster over the mean square; 0 without clusters of two."""
    pairs = float((member.sum(axis=1) ** 2).sum() - response.size)
    square = float(response @ response)
    if pairs == 0 or square == 0:
        return 0.0
    products = float(((member @ response) ** 2).sum()) - square
    return float(np.clip(products / pairs / (square / response.size), 0.0, 1.0))


def _inverse_roots(basis: Floats) -> Floats:
    """Of ``I - QQ'`` within each of m clusters of one size, from (m, s, r) to (m, s, s)."""
    values, vectors = np.linalg.eigh(np.eye(basis.shape[1]) - basis @ np.swapaxes(basis, 1, 2))
    raised = np.where(values > _DECIDED, 1.0 / np.sqrt(np.maximum(values, _DECIDED)), 0.0)
    return np.asarray((vectors * raised[:, None, :]) @ np.swapaxes(vectors, 1, 2))


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
        working = _Working.failed(rows, Status.OVERFLOW)
    elif rows.size < 3:
        working = _Working.failed(rows, Status.TOO_FEW)
    else:
        centred = y[rows] - y[rows].mean()
        working = _Working.of(rows, np.asarray(cluster), root=np.ones(rows.size), residual=centred, terms=terms)
    return _screen(features, working, arm, min_group=min_group, block_bytes=block_bytes)


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
    screen's error and law apply.

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
    working = _Working.of(
        null.rows, label, root=np.sqrt(null.weight), residual=null.outcome - null.mean, terms=terms[null.rows],
        n_events=n_events,
    )  # fmt: skip
    return _screen(features, working, arm, min_group=min_group, block_bytes=block_bytes)


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
    working = _Working.of(null.rows, label, root=np.sqrt(null.weight), residual=null.residual, terms=terms[null.rows])
    return _screen(features, working, arm, min_group=min_group, block_bytes=block_bytes)


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
    working = _Working.of(rows, label, root=law.root, residual=law.residual, terms=terms, n_events=n_events)
    return _screen(features, working, arm, min_group=min_group, block_bytes=block_bytes)


def _arm(treatment: Array | None, features: Array) -> list[Floats]:
    """The treatment's indicator as a list of no or one column."""
    return [] if treatment is None else [checked_treatment(treatment, features.shape[0])]


def _clusters(labels: npt.NDArray[np.generic]) -> int:
    return int(np.unique(labels).size)


def _nothing(features: Array, rows: Indices, status: Status, n_events: int = 0) -> Estimate:
    """The result where no feature can be tested: the null model's fault, or too few clusters."""
    failed = _Working.failed(rows, status if status != Status.OK else Status.TOO_FEW, n_events)
    return _screen(features, failed, [], min_group=1, block_bytes=1)


def _screen(features: Array, working: _Working, arm: list[Floats], *, min_group: int, block_bytes: int) -> Estimate:
    """Effects, robust errors and their degrees of freedom, block by block."""
    shape = (features.shape[1], 1)
    effect, error, dof = np.full(shape, np.nan), np.full(shape, np.nan), np.ones(shape)
    status = np.full(shape, working.status, dtype=np.int8)
    if working.status == Status.OK:
        n = working.rows.size
        treated = [part[working.rows][:, None] for part in arm]
        groups = [same_device(part, features) for one in treated for part in (one, 1.0 - one)]
        everyone = groups or [same_device(np.ones((n, 1)), features)]
        centre, limit = np.full(n, 1.0 / n), max(block_bytes // _SHARE_OF_BLOCK, 1)
        for block in feature_blocks(features, rows=working.rows, centre=centre, block_bytes=limit):
            codes = _status(block, working, everyone, min_group)
            columns = [block.values]
            if treated:
                columns.append(block.values * same_device(treated[0] - treated[0].mean(), block.values))
            at = block.columns
            effect[at, 0], error[at, 0], dof[at, 0], constant = _robust(columns, working)
            codes[(codes == Status.OK) & constant] = Status.CONSTANT
            status[at, 0] = codes
    return Estimate.from_effects(effect, error, dof, n=int(working.rows.size), n_events=working.n_events, status=status)


def _status(block: FeatureBlock, working: _Working, groups: list[Array], min_group: int) -> npt.NDArray[np.int8]:
    """Status of each feature of a block: each of two values in enough clusters, in every group of subjects."""
    status = block.status.copy()
    if block.two_valued.size:
        xp = namespace(block.values)
        member = same_device(working.member, block.values)
        rarest = np.full(block.two_valued.size, np.inf)
        for group in groups:
            for value in (block.is_high, 1.0 - block.is_high):
                held = as_floats(xp.matmul(member, value * group)) > 0.5
                rarest = np.minimum(rarest, held.sum(axis=0))
        status[block.two_valued] = np.where(
            rarest < 1, Status.CONSTANT, np.where(rarest < min_group, Status.TOO_FEW, Status.OK)
        )
    return status


def _robust(columns: list[Array], working: _Working) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """Coefficient of the last column, its error and degrees of freedom, and where it does not vary; each (width,)."""
    xp = namespace(columns[0])
    root, basis, member = (
        same_device(part, columns[0]) for part in (working.root[:, None], working.basis, working.member)
    )
    units: list[Array] = []
    length, constant = np.zeros(0), np.zeros(0, dtype=bool)
    for column in columns:
        weighted = column * root
        rest = project_out(weighted, basis)
        for _ in range(2):
            for unit in units:
                rest = rest - unit * xp.sum(unit * rest, axis=0)[None, :]
        before, after = as_floats(column_squares(weighted)), as_floats(column_squares(rest))
        constant = ~(after > CONSTANT_SHARE * before) | (constant if units else np.zeros(after.size, dtype=bool))
        length = np.sqrt(np.where(constant, 1.0, after))
        units.append(rest * same_device(np.where(constant, 0.0, 1.0 / length), rest)[None, :])
    response = same_device(working.response[:, None], columns[0])
    along = [xp.sum(unit * response, axis=0) for unit in units]
    residual = response - sum(unit * part[None, :] for unit, part in zip(units, along, strict=True))
    white = [working.whiten(unit) for unit in units]
    white_residual = working.whiten(residual)

    def sums(values: Array) -> Floats:
        """Sums over the members of each cluster, (n_clusters, width)."""
        return as_floats(xp.matmul(member, values))

    last, k = units[-1], len(units)
    inner = np.stack([np.stack([sums(a * b) for b in white], axis=-1) for a in white], axis=-1)
    tested = np.stack([sums(one * last) for one in white], axis=-1)
    left = np.stack([sums(one * white_residual) for one in white], axis=-1)
    turned = np.einsum("gpij,gpj->gpi", _rest_of_root(inner), tested)
    score = sums(last * white_residual) + np.einsum("gpi,gpi->gp", turned, left)
    # w, the weights of the residuals in the scores
    weights = working.whiten(last)
    for j in range(k):
        spread = xp.matmul(xp.matrix_transpose(member), same_device(np.ascontiguousarray(turned[:, :, j]), last))
        weights = weights + working.whiten(white[j]) * spread
    terms = [*(basis[:, q : q + 1] for q in range(basis.shape[1])), *units]
    law = _Law(
        own=sums(weights * weights),
        total=sums(weights),
        along=np.stack([sums(weights * term) for term in terms]),
        marks=np.stack([np.broadcast_to(sums(term), score.shape) for term in terms]),
    )
    trace, power = law.moments(working.likeness)
    constant |= ~((trace > 0) & (power > 0))
    dof = np.where(constant, 1.0, np.maximum(trace**2 / np.where(constant, 1.0, power), 1.0))
    true = 1.0 - working.likeness + working.likeness * (sums(last) ** 2).sum(axis=0)
    variance = (score**2).sum(axis=0) * true / np.where(constant, 1.0, trace)
    constant |= ~(variance > 0)
    error = np.sqrt(np.where(constant, 1.0, variance))
    return as_floats(along[-1]) / length, error / length, dof, constant


def _rest_of_root(inner: Floats) -> Floats:
    """M with ``(I - U U')^(-1/2) = I + U M U'``, from ``U'U`` (..., k, k); decided directions count as zero."""
    if inner.shape[-1] == 1:
        values, vectors = inner[..., 0], np.ones_like(inner)
    else:
        values, vectors = np.linalg.eigh(inner)
    left = 1.0 - values
    raised = np.where(left > _DECIDED, 1.0 / np.sqrt(np.maximum(left, _DECIDED)), 0.0)
    # (l^(-1/2) - 1) / (1 - l), without the difference of nearly equal numbers
    small = 1.0 / (np.sqrt(np.maximum(left, 0.0)) * (1.0 + np.sqrt(np.maximum(left, 0.0))) + 1e-300)
    middle = np.where(left > _DECIDED, small, (raised - 1.0) / np.maximum(values, 0.5))
    return np.asarray(np.einsum("...ij,...j,...kj->...ik", vectors, middle, vectors))


@dataclass(frozen=True, eq=False)
class _Law:
    """What of the variance of the scores is known before the data: sums of each cluster, (..., n_clusters, width).

    With W the weights of residuals in scores, H the projection on all columns q and J the members of clusters:
    ``O_0 = W'(I - H) W`` is the scores' covariance where samples are independent, ``O_1 = W'(I - H) J J'(I - H) W``
    where those of a cluster are equal. With likeness rho it is ``O = (1 - rho) O_0 + rho O_1``.

    Attributes
    ----------
    own, total : (n_clusters, width)
        Sums of w^2 and of w.
    along : (q, n_clusters, width)
        Sums of w times each column.
    marks : (q, n_clusters, width)
        Sums of each column.
    """

    own: Floats
    total: Floats
    along: Floats
    marks: Floats

    def moments(self, likeness: float) -> tuple[Floats, Floats]:
        """``tr O`` and ``tr O^2``, (width,): O is diagonal plus low rank, of which all sums are of size q."""
        k, n = self.along, self.total * self.marks
        kk, kn, nn = (np.einsum("agp,bgp->pab", a, b, optimize=True) for a, b in ((k, k), (k, n), (n, n)))
        mm = np.einsum("agp,bgp->pab", self.marks, self.marks, optimize=True)
        square, inside = self.total**2, np.einsum("agp,agp->gp", k, k)
        # diagonal of O_1 beyond total^2
        beyond = np.einsum("agp,pab,bgp->gp", k, mm, k, optimize=True) - 2.0 * np.einsum("agp,agp->gp", k, n)
        q = kk.shape[1]
        middle = np.zeros((kk.shape[0], 2 * q, 2 * q))
        middle[:, :q, :q] = mm
        middle[:, :q, q:] = middle[:, q:, :q] = -np.eye(q)
        both = np.concatenate(
            [np.concatenate([kk, kn], axis=2), np.concatenate([np.swapaxes(kn, 1, 2), nn], axis=2)], axis=1
        )
        turned = middle @ both
        first, second = (self.own - inside).sum(axis=0), (square + beyond).sum(axis=0)
        power = (self.own**2 - 2.0 * self.own * inside).sum(axis=0) + (kk**2).sum(axis=(1, 2))
        power_second = (square**2 + 2.0 * square * beyond).sum(axis=0) + np.einsum("pab,pba->p", turned, turned)
        mixed = (self.own * (square + beyond) - square * inside).sum(axis=0)
        mixed -= np.einsum("pab,pbc,pac->p", both[:, :q], middle, both[:, :q], optimize=True)
        weight = 1.0 - likeness
        trace = weight * first + likeness * second
        return trace, weight**2 * power + 2.0 * weight * likeness * mixed + likeness**2 * power_second
