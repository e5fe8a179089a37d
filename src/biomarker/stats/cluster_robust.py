"""Score tests with errors robust to how alike members of a cluster are: CR2, with Bell and McCaffrey's freedom.

Every clustered screen amounts to weighted least squares, of which this is the arithmetic; the formulas stand in
`biomarker.stats.clustered`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, column_squares, namespace, orthonormal_basis
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import FeatureBlock, as_floats, feature_blocks, same_device
from biomarker.stats.projection import CONSTANT_SHARE, project_out

__all__ = ["ClusteredNull", "clustered_score_tests"]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

# An eigenvalue of I - H within a cluster below this is zero: the cluster alone decides that direction.
_DECIDED = 1e-9
# A dozen work arrays of the size of a block are alive at once.
_SHARE_OF_BLOCK = 8


@dataclass(frozen=True, eq=False)
class ClusteredNull:
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
    inflation : float
        What the variance is multiplied by: G / (G - q) of G clusters and q terms where the weights were fitted, else 1.
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
    inflation: float
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
        fitted_weights: bool = False,
    ) -> "ClusteredNull":
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
        inflation = sizes.size / (sizes.size - float(basis.shape[1])) if fitted_weights and enough else 1.0
        return cls(rows[order], root, response, basis, member, tuple(runs), likeness, inflation, n_events, status)

    @classmethod
    def failed(cls, rows: Indices, status: Status, n_events: int = 0) -> "ClusteredNull":
        """No model to test against."""
        nothing = np.zeros(0)
        return cls(rows, nothing, nothing, nothing[:, None], nothing[:, None], (), 0.0, 1.0, n_events, status)

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


def clustered_score_tests(
    features: Array, working: ClusteredNull, arm: list[Floats], *, min_group: int, block_bytes: int
) -> Estimate:
    """Effects, robust errors and their degrees of freedom, block by block.

    Parameters
    ----------
    features : (n_subjects, n_features)
    working : ClusteredNull
    arm : list of (n_subjects,)
        The treatment's indicator, or nothing.
    min_group, block_bytes
        As in `biomarker.stats.clustered_linear_screen`.

    Returns
    -------
    Estimate
        ``(n_features, 1)``.
    """
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


def _status(block: FeatureBlock, working: ClusteredNull, groups: list[Array], min_group: int) -> npt.NDArray[np.int8]:
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


def _robust(columns: list[Array], working: ClusteredNull) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
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
    variance = working.inflation * (score**2).sum(axis=0) * true / np.where(constant, 1.0, trace)
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
