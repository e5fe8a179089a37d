"""Features made ready for a screen: double precision, centred, in blocks, with what cannot be screened marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, column_blocks, column_squares, namespace, take_rows, to_host
from biomarker.errors import NumericalError
from biomarker.stats.estimate import Status

__all__ = [
    "LARGEST",
    "SMALLEST",
    "FeatureBlock",
    "as_floats",
    "feature_blocks",
    "rare_group_status",
    "require_intercept",
    "same_device",
    "used_covariates",
]

# Products of four values of a feature and an endpoint, summed over subjects, must stay doubles.
LARGEST, SMALLEST = 1e70, 1e-70
_EPS = float(np.finfo(np.float64).eps)
#: The first subjects decide whether a feature may have two values only.
PROBE_ROWS = 16
# Distance from zero, in ranges, from which a feature's offset is taken off before sums of squares are made.
_FAR = 4.0


@dataclass(frozen=True, eq=False)
class FeatureBlock:
    """A block of features on the device.

    Attributes
    ----------
    columns : slice
        Which features these are.
    values : (n_used, width)
        Double precision; centred where asked. Overflowing features are zero.
    status : (width,) int8, host
        ``OK``, ``CONSTANT`` or ``OVERFLOW``, as far as the values alone tell.
    two_valued : (n_two,) int, host
        Positions in the block of the features with exactly two distinct values.
    is_high : (n_used, n_two)
        1 where such a feature takes its larger value, else 0.
    squares : (width,) or None, host
        Sums of squares of `values`, weighted where asked, if looking for faults gave them.
    """

    columns: slice
    values: Array
    status: npt.NDArray[np.int8]
    two_valued: npt.NDArray[np.intp]
    is_high: Array
    squares: npt.NDArray[np.float64] | None = None

    @property
    def width(self) -> int:
        """Number of features in the block."""
        return int(self.values.shape[1])


def as_floats(array: Array) -> npt.NDArray[np.float64]:
    """A small array on the host in double precision."""
    return np.asarray(to_host(array), dtype=np.float64)


def same_device(host: npt.NDArray[Any], like: Array) -> Array:
    """A host array beside `like`: same backend and device."""
    if isinstance(like, np.ndarray):
        return host
    return namespace(like).asarray(host, device=like.device)


def feature_blocks(
    features: Array,
    *,
    rows: npt.NDArray[np.intp] | None,
    centre: npt.NDArray[np.float64] | None,
    block_bytes: int,
    weights: npt.NDArray[np.float64] | None = None,
) -> Iterator[FeatureBlock]:
    """Blocks of features as a screen needs them; memory beside the input is a few blocks.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete (no NaN), any real type; never written to.
    rows : (n_used,) or None
        Subjects to use, in this order; None for all as they come.
    centre : (n_used,) or None
        Weights, sum 1, whose weighted mean is taken from each feature. None takes a constant off those features only
        whose values are far from zero beside their range: a mean of 1e6 beside a standard deviation of 1 would cost
        twelve digits of every sum of squares, and where the model has an intercept, a smaller mean costs one or two and
        saves a pass over memory.
    block_bytes : int
    weights : (n_used,), optional
        Of the blocks' `squares`, positive or 0; None for ones.

    Raises
    ------
    NumericalError
        A feature holds NaN: missing values must be filled or the subjects left out beforehand.
    """
    xp = namespace(features)
    n_used = features.shape[0] if rows is None else int(rows.shape[0])
    everyone = rows is None or np.array_equal(rows, np.arange(features.shape[0]))
    mean_of = None if centre is None else same_device(centre, features)
    for columns in column_blocks(features.shape[1], bytes_per_column=8 * n_used, block_bytes=block_bytes):
        part = features[:, columns]
        if rows is not None and not everyone:
            part = take_rows(part, rows)
        values = xp.astype(part, xp.float64, copy=False)
        squares = _squares_of_ordinary(values, weights) if mean_of is None else None
        if squares is not None:
            nothing = xp.zeros((n_used, 0), dtype=xp.float64, device=values.device)
            fine = np.zeros(values.shape[1], dtype=np.int8)
            yield FeatureBlock(columns, values, fine, np.zeros(0, dtype=np.intp), nothing, squares)
            continue
        low, high = xp.min(values, axis=0), xp.max(values, axis=0)
        host_low, host_high = as_floats(low), as_floats(high)
        status = _value_status(host_low, host_high, columns)
        overflow = status == Status.OVERFLOW
        if overflow.any():
            values = xp.where(same_device(overflow, values)[None, :], xp.zeros_like(values), values)
        two_valued, is_high = _two_valued(values, low, high, status)
        if mean_of is not None:
            values = values - xp.matmul(mean_of, values)[None, :]
        else:
            offset = _offset(host_low, host_high, status)
            if offset.any():
                values = values - same_device(offset, values)[None, :]
        yield FeatureBlock(columns, values, status, two_valued, is_high)


def _squares_of_ordinary(values: Array, weights: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    """Weighted sums of squares of a block's features, where no feature needs its extremes looked at; else None.

    Extremes take longer to find. An ordinary feature is not missing, constant, huge, far from zero beside its spread,
    or perhaps two-valued.
    """
    n = values.shape[0]
    if n <= PROBE_ROWS:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        total, squares, weighted, various = _sums(values, weights)
        mean = total / n
        variance = squares / n - mean * mean
        # a range is at least one standard deviation and seldom more than six
        spread = (squares <= LARGEST**2) & (variance > SMALLEST) & (variance * (6.0 * _FAR) ** 2 > mean * mean)
    # a sum that is NaN is no spread
    return weighted if spread.all() and various.all() else None


def _sums(values: Array, weights: npt.NDArray[np.float64] | None) -> tuple[npt.NDArray[Any], ...]:
    """Sums, sums of squares and of weighted squares of each feature, and which have three values in the first rows."""
    xp, (n, width) = namespace(values), values.shape
    if isinstance(values, np.ndarray) and values.flags.f_contiguous:
        from biomarker.arrays.kernels import column_sums

        sums, several = np.empty((3, width)), np.empty(width, dtype=np.bool_)
        column_sums(values.T, np.zeros(0) if weights is None else weights, PROBE_ROWS, sums, several)
        return *sums, several
    total = as_floats(xp.matmul(xp.ones((1, n), dtype=xp.float64, device=values.device), values))[0]
    squares = as_floats(column_squares(values))
    weighted = squares if weights is None else as_floats(xp.matmul(same_device(weights, values), values * values))
    probe = values[:PROBE_ROWS, :]
    low, high = xp.min(probe, axis=0), xp.max(probe, axis=0)
    various = xp.any((probe != low[None, :]) & (probe != high[None, :]), axis=0)
    return total, squares, weighted, np.asarray(to_host(various))


def _offset(
    low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], status: npt.NDArray[np.int8]
) -> npt.NDArray[np.float64]:
    """Middle of the range of the features that lie further from zero than a few times their range; else 0."""
    fine = status != Status.OVERFLOW
    low, high = np.where(fine, low, 0.0), np.where(fine, high, 0.0)
    far = np.maximum(np.abs(low), np.abs(high)) > _FAR * (high - low)
    return np.where(far, low + (high - low) / 2, 0.0)


def _value_status(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], columns: slice) -> npt.NDArray[np.int8]:
    """OK, CONSTANT or OVERFLOW from the extremes of each feature."""
    missing = np.isnan(low) | np.isnan(high)
    if missing.any():
        raise NumericalError(
            f"{int(missing.sum())} features hold missing values, first column {columns.start + int(missing.argmax())}",
            "Screens need complete features: leave out or fill in the missing values first.",
        )
    magnitude = np.maximum(np.abs(low), np.abs(high))
    overflow = ~(magnitude <= LARGEST)
    width = np.where(overflow, 1.0, high) - np.where(overflow, 0.0, low)
    # Rounding of a constant, for example 0.1 computed in two ways, is no variation.
    constant = width <= 8 * _EPS * np.where(overflow, 0.0, magnitude)
    overflow |= ~constant & (width < SMALLEST)
    return (int(Status.OVERFLOW) * overflow + int(Status.CONSTANT) * constant).astype(np.int8)


def _two_valued(
    values: Array, low: Array, high: Array, status: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.intp], Array]:
    """Positions of features with exactly two values, and which subjects have the larger one.

    The first subjects decide for nearly every measured feature, so that the full comparison is rare.
    """
    xp = namespace(values)
    probe = values[:PROBE_ROWS, :]
    maybe = np.asarray(to_host(xp.all((probe == low[None, :]) | (probe == high[None, :]), axis=0)))
    candidates = np.flatnonzero(maybe & (status == Status.OK))
    if candidates.size == 0:  # taking nothing from a view would still copy the block
        return candidates, xp.zeros((values.shape[0], 0), dtype=xp.float64, device=values.device)
    index = same_device(candidates, values)
    columns = xp.take(values, index, axis=1)
    is_high = columns == xp.take(high, index)[None, :]
    is_low = columns == xp.take(low, index)[None, :]
    both = np.asarray(to_host(xp.all(is_high | is_low, axis=0)))
    chosen = np.flatnonzero(both)
    return candidates[chosen], xp.astype(xp.take(is_high, same_device(chosen, values), axis=1), xp.float64)


def rare_group_status(block: FeatureBlock, masks: Array, *, min_group: int) -> npt.NDArray[np.int8]:
    """Status of each feature within each set of subjects, by the size of the rarer of its two groups.

    Parameters
    ----------
    block : FeatureBlock
    masks : (n_used, n_sets)
        1 for members of a set, else 0.
    min_group : int
        Fewest subjects in the rarer group of a two-valued feature.

    Returns
    -------
    (width, n_sets) int8
        ``TOO_FEW`` where a group has members, but fewer than `min_group`; ``CONSTANT`` where it has none.
    """
    xp = namespace(block.values)
    status = np.repeat(block.status[:, None], masks.shape[1], axis=1)
    if block.two_valued.size:
        high = as_floats(xp.matmul(xp.matrix_transpose(block.is_high), masks))
        rarer = np.minimum(high, as_floats(xp.sum(masks, axis=0))[None, :] - high)
        status[block.two_valued] = np.where(
            rarer < 0.5, Status.CONSTANT, np.where(rarer < min_group - 0.5, Status.TOO_FEW, Status.OK)
        )
    return status


def used_covariates(covariates: npt.NDArray[np.float64], rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Covariates of the subjects in use, refused where one is missing or infinite.

    Raises
    ------
    ValueError
    """
    used = covariates[rows]
    bad = ~np.isfinite(used).all(axis=1)
    if bad.any():
        raise ValueError(f"the covariates hold missing or infinite values in {int(bad.sum())} of the subjects in use")
    return used


def require_intercept(basis: npt.NDArray[np.float64]) -> None:
    """Refuse covariates that do not span the intercept: features are centred, which only it makes harmless."""
    ones = np.full(basis.shape[0], 1.0 / np.sqrt(max(basis.shape[0], 1)))
    if np.linalg.norm(ones - basis @ (basis.T @ ones)) > 1e-6:
        raise ValueError("the covariates must include the intercept (a column of ones or a full set of levels)")
