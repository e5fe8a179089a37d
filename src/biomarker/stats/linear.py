"""Linear screens: every feature against every continuous endpoint, adjusted for covariates, in matrix products."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import (
    DEFAULT_BLOCK_BYTES,
    Array,
    column_squares,
    log10_p_t,
    masked_bases,
    namespace,
    orthonormal_basis,
    row_products,
)
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import (
    LARGEST,
    SMALLEST,
    FeatureBlock,
    as_floats,
    feature_blocks,
    rare_group_status,
    require_intercept,
    same_device,
    used_covariates,
)
from biomarker.stats.permutation_law import log10_p_of_arrangements, spread_along
from biomarker.stats.projection import CONSTANT_SHARE, EXPLICIT_SHARE, project_out
from biomarker.stats.saddlepoint import TAIL

__all__ = ["Collector", "DeviceGroup", "ResponseGroup", "linear_effects", "linear_screen", "response_groups"]

Floats = npt.NDArray[np.float64]

# Bases of many missing-value patterns are made in portions of at most this size.
_BASES_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class ResponseGroup:
    """Endpoints ready for matrix products: a portion of the patterns of missing subjects, and their endpoints.

    Attributes
    ----------
    endpoints : (k,)
        Columns of the responses.
    pattern : (k,)
        For each endpoint the position of its pattern in `masks`.
    residuals : (n_used, k)
        Responses after projection on the covariates, zero for subjects without the endpoint.
    masks : (n_used, g)
        1 for subjects with the endpoints of a pattern.
    bases : (g, n_used, r)
        Orthonormal basis of the covariates within each pattern.
    squares, dof, n : (k,)
        Residual sum of squares before the feature, degrees of freedom after the covariates, subjects.
    status : (k,) int8
        What is wrong with an endpoint whatever the feature.
    rows : (n_used,)
        The subjects that have any endpoint.
    """

    endpoints: npt.NDArray[np.intp]
    pattern: npt.NDArray[np.intp]
    residuals: Floats
    masks: Floats
    bases: Floats
    squares: Floats
    dof: Floats
    n: Floats
    status: npt.NDArray[np.int8]
    rows: npt.NDArray[np.intp]


def linear_screen(
    features: Array,
    responses: Array,
    covariates: Array,
    *,
    min_group: int = 3,
    permutation_tail: bool = False,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Slope of each endpoint on each feature, one feature at a time, given the covariates.

    For feature x, endpoint y and covariates C, all over the subjects that have y, with M the projection on the
    complement of C: ``b = x'My / x'Mx``, ``RSS = y'My - b x'My``, ``s^2 = RSS / dof``, ``se = s / sqrt(x'Mx)``,
    ``t = b / se`` with ``dof = n - rank(C) - 1``. Identical to ordinary least squares of y on (C, x).

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    responses : (n_subjects, n_endpoints)
        NaN where a subject lacks the endpoint; each endpoint uses its own subjects.
    covariates : (n_subjects, n_covariates)
        Complete, including the intercept; may be rank deficient, also among the subjects of one endpoint only.
    min_group : int
        A feature with two distinct values needs this many subjects in its rarer group.
    permutation_tail : bool
        Beyond ``|t| = 1.8`` the p-value is at least that of exchangeable residuals of whatever law, with a spread that
        may follow the covariates (`biomarker.stats.permutation_law`); nearly the same where they are normal.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, n_endpoints)``; ``n_events`` is 0.

    Raises
    ------
    ValueError
        Shapes differ, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when residuals are independent with equal variance, and either normal or enough that slopes are normal by the
    central limit theorem. With the t law, where feature and residuals are both skewed (log-normal, exponential), or
    few carriers of a feature meet a heavy-tailed endpoint, p-values of 1e-4 come ten times too often, also with 700
    subjects: `permutation_tail` is for these. Subjects must lack endpoints at random given covariates and feature.

    An exact fit is reported with the residual that double precision can resolve, so that its p-value is tiny and not 0.

    References
    ----------
    Frisch and Waugh 1933, https://doi.org/10.2307/1907330

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> linear_screen(x, 2 * x + [[0.1], [-0.1], [-0.1], [0.1]], np.ones((4, 1))).estimate.round(6)
    array([[2.]])
    """
    return linear_effects(
        features, responses, covariates, min_group=min_group, permutation_tail=permutation_tail, block_bytes=block_bytes
    ).estimate()


def linear_effects(
    features: Array,
    responses: Array,
    covariates: Array,
    *,
    min_group: int,
    permutation_tail: bool,
    block_bytes: int,
) -> "Collector":
    """What `linear_screen` computes, before the tail probabilities."""
    result = Collector.empty(features.shape[1], np.shape(responses)[1])
    for group in response_groups(features, responses, covariates, extra_terms=1):
        on_device = DeviceGroup.of(group, features)
        for block in feature_blocks(features, rows=group.rows, centre=None, block_bytes=block_bytes):
            status = rare_group_status(block, on_device.masks, min_group=min_group)[:, group.pattern]
            found = _screen_block(block, group, on_device, status)
            over_t = _over_t(block, group, *found) if permutation_tail else None
            result.put(block.columns, group, *found, over_t=over_t)
    return result


@dataclass(frozen=True, eq=False)
class Collector:
    """Room for the effects of all features and endpoints while blocks come in.

    `over_t` is log10 of how much less rare an effect is than by the t law; 0 where that law stands.
    """

    effect: Floats
    error: Floats
    dof: Floats
    n: Floats
    status: npt.NDArray[np.int8]
    over_t: Floats

    @classmethod
    def empty(cls, n_features: int, n_endpoints: int) -> "Collector":
        """No block yet."""
        shape = (n_features, n_endpoints)
        return cls(
            np.full(shape, np.nan),
            np.full(shape, np.nan),
            np.full(shape, np.nan),
            np.zeros(n_endpoints),
            np.full(shape, Status.TOO_FEW, dtype=np.int8),
            np.zeros(shape),
        )

    def put(
        self,
        columns: slice,
        group: ResponseGroup,
        effect: Floats,
        error: Floats,
        status: npt.NDArray[np.int8],
        dof: Floats | None = None,
        over_t: Floats | None = None,
    ) -> None:
        """Take the results of one block of features and a group of endpoints; its own dof where none is given."""
        at = (columns, group.endpoints)
        self.effect[at], self.error[at], self.status[at] = effect, error, status
        self.dof[at] = group.dof if dof is None else dof
        self.n[group.endpoints] = group.n
        if over_t is not None:
            self.over_t[at] = over_t

    def estimate(self) -> Estimate:
        """The finished result."""
        return Estimate.from_effects(
            self.effect, self.error, self.dof, n=self.n[None, :], n_events=0, status=self.status, over_t=self.over_t
        )


@dataclass(frozen=True, eq=False)
class DeviceGroup:
    """The large arrays of a ResponseGroup beside the features.

    `stacked` holds residuals and all bases one below the other, so that one matrix product reads the features once.
    """

    stacked: Array
    masks: Array
    n_endpoints: int
    n_coordinates: int
    complete: bool

    @classmethod
    def of(cls, group: ResponseGroup, features: Array) -> "DeviceGroup":
        """Move a group to where the features are."""
        bases = np.moveaxis(group.bases, 0, 1).reshape(group.rows.size, -1)
        stacked = np.concatenate([group.residuals, bases], axis=1)
        # rows of zeros up to a multiple of eight: of many rows that many take the least time
        surplus = -stacked.shape[1] % 8 if stacked.shape[1] > 8 else 0
        stacked = np.asfortranarray(np.pad(stacked.T, ((0, surplus), (0, 0))))
        masks = same_device(group.masks, features)
        complete = bool(group.masks.all())
        return cls(same_device(stacked, features), masks, group.endpoints.size, bases.shape[1], complete)

    def products(self, values: Array) -> tuple[Array, Array]:
        """Products with residuals (width, k) and coordinates along the bases (width, g, r)."""
        xp = namespace(values)
        both = xp.matrix_transpose(row_products(self.stacked, values))
        along = both[:, self.n_endpoints : self.n_endpoints + self.n_coordinates]
        return both[:, : self.n_endpoints], xp.reshape(along, (values.shape[1], self.masks.shape[1], -1))


def response_groups(
    features: Array, responses: Array, covariates: Array, *, extra_terms: int
) -> Iterator[ResponseGroup]:
    """Endpoints in groups whose bases fit a fixed amount of memory; each missing-value pattern is factorised once.

    Parameters
    ----------
    features, responses, covariates
        As in `linear_screen`.
    extra_terms : int
        Terms the model has beside the covariates, for the degrees of freedom.
    """
    y, c = as_floats(responses), as_floats(covariates)
    n = features.shape[0]
    if y.ndim != 2 or c.ndim != 2 or y.shape[0] != n or c.shape[0] != n:
        raise ValueError(
            f"features {features.shape}, responses {y.shape} and covariates {c.shape} disagree on subjects"
        )
    present = ~np.isnan(y)
    rows = np.flatnonzero(present.any(axis=1))
    if rows.size == 0:
        return
    y, present = y[rows], present[rows]
    basis = orthonormal_basis(used_covariates(c, rows))
    require_intercept(basis)
    packed = np.ascontiguousarray(np.packbits(present, axis=0).T)
    _, first, pattern = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    pattern = pattern.reshape(-1)
    per_portion = max(1, _BASES_BYTES // (8 * rows.size * max(basis.shape[1], 1)))
    for start in range(0, first.size, per_portion):
        members = np.flatnonzero((pattern >= start) & (pattern < start + per_portion))
        masks = present[:, first[start : start + per_portion]].astype(np.float64)
        yield _response_group(y[:, members], basis, masks, pattern[members] - start, members, rows, extra_terms)


def _response_group(
    y: Floats,
    basis: Floats,
    masks: Floats,
    pattern: npt.NDArray[np.intp],
    endpoints: npt.NDArray[np.intp],
    rows: npt.NDArray[np.intp],
    extra_terms: int,
) -> ResponseGroup:
    """Residuals, degrees of freedom and faults of some endpoints."""
    if masks.all():
        bases, ranks = basis[None], np.array([basis.shape[1]])
    else:
        bases, ranks = masked_bases(basis, masks)
    weight = masks[:, pattern]
    n = weight.sum(axis=0)
    filled = np.where(weight > 0, y, 0.0)
    overflow = ~(np.abs(filled).max(axis=0) <= LARGEST)
    filled[:, overflow] = 0.0
    filled = (filled - filled.sum(axis=0) / np.maximum(n, 1.0)) * weight
    before = np.einsum("ij,ij->j", filled, filled)
    for _ in range(2):  # the second projection removes the rounding of the first
        for g in range(bases.shape[0]):
            at = pattern == g
            filled[:, at] -= bases[g] @ (bases[g].T @ filled[:, at])
    squares = np.einsum("ij,ij->j", filled, filled)
    dof = n - ranks[pattern] - extra_terms
    status = np.full(n.shape, Status.OK, dtype=np.int8)
    status[~(squares > 1e-24 * before)] = Status.CONSTANT
    status[dof < 1] = Status.TOO_FEW
    status[overflow | ((before > 0) & (before < SMALLEST**2))] = Status.OVERFLOW
    return ResponseGroup(endpoints, pattern, filled, masks, bases, squares, dof, n, status, rows)


def _screen_block(
    block: FeatureBlock, group: ResponseGroup, device: DeviceGroup, status: npt.NDArray[np.int8]
) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Slopes, standard errors and status of a block of features against a group of endpoints, each (width, k)."""
    xp = namespace(block.values)
    products, along = device.products(block.values)
    if device.complete:
        squares = column_squares(block.values) if block.squares is None else block.squares
        before = np.array(as_floats(squares))[:, None]
    else:
        before = as_floats(xp.matmul(xp.matrix_transpose(block.values * block.values), device.masks))
    after = before - as_floats(xp.sum(along * along, axis=2))
    products = np.array(as_floats(products))
    share = after / np.where(before > 0, before, 1.0)
    explicit = _Explicit(block, group)
    for g in np.flatnonzero((share < EXPLICIT_SHARE).any(axis=0)):
        weak = np.flatnonzero((share[:, g] < EXPLICIT_SHARE) & (share[:, g] > -1.0) & (block.status == Status.OK))
        explicit.correct(int(g), weak, before, after, products)
    constant = ~(after > CONSTANT_SHARE * before)
    after = np.where(constant, 1.0, after)[:, group.pattern]
    slope = products / after
    residual = group.squares - slope * products
    explicit.residuals(slope, residual, status=status | constant[:, group.pattern])
    dof = np.maximum(group.dof, 1.0)
    error = np.sqrt(np.maximum(residual, 1e-30 * group.squares) / dof / after)
    status = np.where((status == Status.OK) & constant[:, group.pattern], Status.CONSTANT, status).astype(np.int8)
    status = np.where(group.status != Status.OK, np.maximum(status, group.status), status)
    return slope, error, status


def _over_t(
    block: FeatureBlock, group: ResponseGroup, effect: Floats, error: Floats, status: npt.NDArray[np.int8]
) -> Floats:
    """log10 of the ratio of permutation p-values to those of the t law, (width, k); never below 0."""
    found = np.zeros(effect.shape)
    far = (status == Status.OK) & (np.abs(effect) > TAIL * error)
    explicit = _Explicit(block, group)
    for k in np.flatnonzero(far.any(axis=0)):
        which, g = np.flatnonzero(far[:, k]), int(group.pattern[k])
        used, dof = group.masks[:, g] > 0, float(group.dof[k])
        residual = group.residuals[used, k]
        spread = spread_along(group.bases[g][used], residual)
        law = log10_p_of_arrangements(explicit.features(g, which)[used], residual[:, None], spread, dof)
        by_t = log10_p_t(effect[which, k] / error[which, k], np.full(which.size, dof))
        found[which, k] = np.maximum(law - by_t, 0.0)
    return found


@dataclass(frozen=True, eq=False)
class _Explicit:
    """The few pairs for which a difference of sums loses digits, computed again from residual vectors."""

    block: FeatureBlock
    group: ResponseGroup

    def features(self, g: int, which: npt.NDArray[np.intp]) -> Floats:
        """Features `which` projected off the covariates within pattern `g`: (n_used, n_which)."""
        return as_floats(project_out(self._masked_features(g, which), self.group.bases[g]))

    def _masked_features(self, g: int, which: npt.NDArray[np.intp]) -> Floats:
        """Features `which`, zero outside pattern `g`: (n_used, n_which)."""
        xp = namespace(self.block.values)
        x = as_floats(xp.take(self.block.values, same_device(which, self.block.values), axis=1))
        return x * self.group.masks[:, g][:, None]

    def correct(self, g: int, which: npt.NDArray[np.intp], before: Floats, after: Floats, products: Floats) -> None:
        """Replace the sums of features nearly in the span of the covariates of pattern `g`, in place.

        What they were before adjustment becomes the sum of squares about the mean, so that a large mean does not make
        a feature look constant.
        """
        if which.size == 0:
            return
        mask = self.group.masks[:, g][:, None]
        raw = self._masked_features(g, which)
        about_mean = (raw - raw.sum(axis=0) / max(mask.sum(), 1.0)) * mask
        before[which, g] = np.einsum("ij,ij->j", about_mean, about_mean)
        x = self.features(g, which)
        after[which, g] = np.einsum("ij,ij->j", x, x)
        at = np.flatnonzero(self.group.pattern == g)
        products[np.ix_(which, at)] = x.T @ self.group.residuals[:, at]

    def residuals(self, slope: Floats, residual: Floats, *, status: npt.NDArray[np.int8]) -> None:
        """Replace the residual sums of squares of nearly exact fits, in place."""
        exact = (residual < EXPLICIT_SHARE * self.group.squares) & (status == Status.OK) & (self.group.squares > 0)
        for k in np.flatnonzero(exact.any(axis=0)):
            which = np.flatnonzero(exact[:, k])
            x = self.features(int(self.group.pattern[k]), which)
            rest = self.group.residuals[:, k][:, None] - x * slope[which, k]
            residual[which, k] = np.einsum("ij,ij->j", rest, rest)
