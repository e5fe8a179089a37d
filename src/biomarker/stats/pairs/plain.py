"""Formulas of pairs one at a time in double precision: what the scan must equal, and what decides on its survivors."""

import numpy as np
import numpy.typing as npt

from biomarker.stats.pairs.basis import LIMIT, Constants
from biomarker.stats.pairs.response import PairResponse
from biomarker.stats.pairs.statistics import Statistic

__all__ = ["formula_values", "given", "given_each", "judged"]

Floats = npt.NDArray[np.float64]


def formula_values(statistic: Statistic, a: Floats, b: Floats, constants: Constants) -> Floats:
    """The index of a pair, (n_subjects,); `constants` are those of the two features, in this order."""
    mean, sd, cuts = constants.mean, constants.sd, constants.cuts
    za, zb = (a - mean[0]) / sd[0], (b - mean[1]) / sd[1]
    kind = statistic.kind
    if kind.startswith("distance"):
        return np.abs(a - b) if statistic.raw else np.abs(za - zb)
    if kind.startswith("order"):
        return (a < b if statistic.raw else za < zb).astype(np.float64)
    if kind.startswith("difference"):
        return a - b if statistic.raw else za - zb
    if kind.startswith("sum"):
        return a + b if statistic.raw else za + zb
    za, zb = np.clip(za, -LIMIT, LIMIT), np.clip(zb, -LIMIT, LIMIT)
    first = za if statistic.cut_a is None else (a > cuts[0, statistic.cut_a]).astype(np.float64)
    second = zb if statistic.cut_b is None else (b > cuts[1, statistic.cut_b]).astype(np.float64)
    return np.asarray(statistic.weight_a * first + statistic.weight_b * second + statistic.weight_ab * first * second)


def given(columns: Floats, others: Floats, response: PairResponse) -> Floats:
    """Signed partial correlation of each column with the response given `others` and the covariates, (width,).

    Plain projections in double precision; NaN for a column of which nothing is left.
    """
    design = np.column_stack([response.basis, others * response.root[:, None]])
    basis = np.linalg.qr(design)[0]
    x, r = columns * response.root[:, None], response.residual
    before = np.einsum("ij,ij->j", x, x)
    for _ in range(2):
        x = x - basis @ (basis.T @ x)
        r = r - basis @ (basis.T @ r)
    square = np.einsum("ij,ij->j", x, x)
    some = square > 1e-12 * before
    correlation = (x.T @ r) / np.sqrt(np.where(some, square, 1.0) * max(float(r @ r), 1e-300))
    return np.where(some, correlation, np.nan)


def judged(
    statistic: Statistic, a: Floats, b: Floats, constants: Constants, response: PairResponse
) -> tuple[float, float]:
    """Signed score and plain partial correlation of a formula of a pair.

    The improvement of products and functions of a difference is their partial correlation given both parts and the
    covariates; that of sums and differences, to which a model with both parts leaves nothing, the smaller of what each
    part adds to the other, with the signs of the index. The score is the smaller of improvement and plain correlation,
    0 where their signs differ: a formula is not credited with more than it shows itself.
    """
    f = formula_values(statistic, a, b, constants)
    parts = np.column_stack([(a - constants.mean[0]) / constants.sd[0], (b - constants.mean[1]) / constants.sd[1]])
    nothing = np.empty((a.size, 0))
    plain = float(given(f[:, None], nothing, response)[0])
    if not statistic.kind.startswith(("sum", "difference")):
        added = float(given(f[:, None], parts, response)[0])
        return smaller(added, plain), plain
    of_a = float(given(parts[:, :1], parts[:, 1:], response)[0])
    of_b = float(given(parts[:, 1:], parts[:, :1], response)[0])
    wanted = 1.0 if statistic.kind.startswith("sum") else -1.0
    if np.sign(of_a) != wanted * np.sign(of_b):
        return 0.0, plain
    return smaller(float(np.sign(of_a) * min(abs(of_a), abs(of_b))), plain), plain


def smaller(added: float, plain: float) -> float:
    """The one nearer to zero, 0 where their signs differ."""
    return float(np.sign(added) * min(abs(added), abs(plain))) if added * plain > 0 else 0.0


def given_each(columns: Floats, parts: list[Floats], response: PairResponse) -> Floats:
    """Signed partial correlation of each column given its own parts and the covariates, (width,).

    As `given`, for many formulas at once, each beside parts of its own.

    Parameters
    ----------
    columns : (n_subjects, width)
    parts : list of (n_subjects, width)
        The k-th column of each is a part of the k-th formula.
    response : PairResponse

    Returns
    -------
    (width,)
        NaN where nothing is left of a column, or of a part given those before it.
    """
    root, basis = response.root[:, None], response.basis

    def off(x: Floats, others: list[Floats]) -> Floats:
        for _ in range(2):
            x = x - basis @ (basis.T @ x)
            for e in others:
                x = x - e * np.einsum("ij,ij->j", e, x)
        return x

    units: list[Floats] = []
    whole = np.ones(columns.shape[1], dtype=bool)
    for part in parts:
        x = part * root
        left = off(x, units)
        square = np.einsum("ij,ij->j", left, left)
        some = square > 1e-10 * np.einsum("ij,ij->j", x, x)
        whole &= some
        units.append(left / np.sqrt(np.where(some, square, 1.0)))
    x = columns * root
    f = off(x, units)
    square = np.einsum("ij,ij->j", f, f)
    whole &= square > 1e-10 * np.einsum("ij,ij->j", x, x)
    r = off(np.repeat(response.residual[:, None], columns.shape[1], axis=1), units)
    length = np.sqrt(np.where(whole, square, 1.0) * np.maximum(np.einsum("ij,ij->j", r, r), 1e-300))
    return np.asarray(np.where(whole, np.einsum("ij,ij->j", f, r) / length, np.nan))
