"""Every shape that a formula can have, one record each, and how a stored formula is computed for any subject."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from biomarker.errors import DataError
from biomarker.stats.pairs.basis import LIMIT

__all__ = ["SHAPES", "FormulaRecord", "Shape", "evaluate"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FormulaRecord:
    """A formula with all it needs to be computed: its shape and the constants learned in the searched subjects.

    Attributes
    ----------
    shape : str
        Name in `SHAPES`.
    features : tuple of str
        ``modality:feature``, in the order of the shape's letters.
    mean, sd, median : tuple of float
        Of each feature.
    cuts : tuple of float or None
        Cut of each feature that is compared with one.
    """

    shape: str
    features: tuple[str, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    median: tuple[float, ...]
    cuts: tuple[float | None, ...]

    def to_json(self) -> str:
        """As a line of text; numbers keep all their digits."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "FormulaRecord":
        """Read what `to_json` wrote."""
        return cls(**{key: value if key == "shape" else tuple(value) for key, value in json.loads(text).items()})

    @property
    def label(self) -> str:
        """The formula in the features' own names, ``A - B``."""
        names = [feature.partition(":")[2] or feature for feature in self.features]
        cuts = ["" if cut is None else f"{cut:.4g}" for cut in self.cuts]
        return SHAPES[self.shape].text.format(*names, *cuts)


@dataclass(frozen=True)
class Shape:
    """One shape.

    Attributes
    ----------
    name : str
    formula : str
        In letters: a, b, c are values as measured, z their standardised values, c_a a cut.
    text : str
        Template of a formula's label: the names of the features, then their cuts.
    arity : int
    values : callable
        ``(record, columns) -> index``.
    linear : tuple of int
        Signs of the parts where the index is linear in them: it is then judged by what each part adds to the others.
    symmetric : bool
        Whether the order of the features says nothing.
    variants : int
        How many formulas of a pair (or single feature) have this shape: its grid of cuts, times two where the order
        matters.
    kind : str
        Statistic of the scan that judges it; empty for shapes of one or three features.
    fast_path : str
        What computes it for all pairs at once.
    reference : str
        Where the shape comes from.
    """

    name: str
    formula: str
    text: str
    arity: int
    values: Callable[[FormulaRecord, list[Floats]], Floats]
    linear: tuple[int, ...] = ()
    symmetric: bool = True
    variants: int = 1
    kind: str = ""
    fast_path: str = ""
    reference: str = ""


def evaluate(record: FormulaRecord, values: Floats) -> Floats:
    """The formula's index in any subjects.

    Parameters
    ----------
    record : FormulaRecord
    values : (n_subjects, n_features)
        The formula's features in its order, on the scale on which they were searched; NaN where missing.

    Returns
    -------
    (n_subjects,)
        NaN where any of the features is missing.

    Raises
    ------
    DataError
        Another number of features.

    Examples
    --------
    >>> ratio = FormulaRecord("log_ratio", ("rna:A", "rna:B"), (0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (None, None))
    >>> evaluate(ratio, np.array([[5.0, 3.0], [1.0, np.nan]])).tolist()
    [2.0, nan]
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != len(record.features):
        raise DataError(f"the formula {record.shape} has {len(record.features)} features, given {given.shape}")
    known = ~np.isnan(given).any(axis=1)
    result = np.full(len(given), np.nan)
    result[known] = SHAPES[record.shape].values(record, list(given[known].T))
    return result


def _z(record: FormulaRecord, x: list[Floats]) -> list[Floats]:
    return [(v - m) / s for v, m, s in zip(x, record.mean, record.sd, strict=True)]


def _limited(record: FormulaRecord, x: list[Floats]) -> list[Floats]:
    return [np.clip(z, -LIMIT, LIMIT) for z in _z(record, x)]


def _high(record: FormulaRecord, x: list[Floats]) -> list[NDArray[np.bool_]]:
    return [v > np.inf if cut is None else v > cut for v, cut in zip(x, record.cuts, strict=True)]


def _where(record: FormulaRecord, x: list[Floats]) -> Floats:
    return _limited(record, x)[0] * _high(record, x)[1]


def _ratio_of_sums(record: FormulaRecord, x: list[Floats]) -> Floats:
    return np.logaddexp2(x[0], x[1]) - x[2]


_TSP = "Geman et al. 2004, Statistical Applications in Genetics and Molecular Biology 3:19"
_LOGIC = "Ruczinski, Kooperberg and LeBlanc 2003, https://doi.org/10.1198/1061860032238"
_BOOST = "Wan et al. 2010, https://doi.org/10.1016/j.ajhg.2010.07.021"
_GRAM, _PASS, _CORRELATION = "weighted Gram matrices", "one compiled pass", "the parts' correlation alone"
_GRID = 9
_Values = Callable[[FormulaRecord, list[Floats]], Floats]


def _linear(name: str, formula: str, text: str, kind: str, values: _Values, signs: tuple[int, int]) -> Shape:
    return Shape(name, formula, text, 2, values, linear=signs, kind=kind, fast_path=_CORRELATION)


def _logical(name: str, formula: str, text: str, kind: str, values: _Values, *, symmetric: bool = True) -> Shape:
    variants = _GRID if symmetric else 2 * _GRID
    return Shape(
        name, formula, text, 2, values, symmetric=symmetric, variants=variants, kind=kind, fast_path=_GRAM,
        reference=_LOGIC,
    )  # fmt: skip


def _passed(name: str, formula: str, text: str, kind: str, values: _Values, reference: str = "") -> Shape:
    return Shape(name, formula, text, 2, values, kind=kind, fast_path=_PASS, reference=reference)


_ALL = (
    _linear("log_ratio", "a - b", "{0} - {1}", "difference_raw", lambda r, x: x[0] - x[1], (1, -1)),
    _linear("log_product", "a + b", "{0} + {1}", "sum_raw", lambda r, x: x[0] + x[1], (1, 1)),
    _linear("scaled_difference", "z_a - z_b", "z({0}) - z({1})", "difference",
            lambda r, x: _z(r, x)[0] - _z(r, x)[1], (1, -1)),
    _linear("scaled_sum", "z_a + z_b", "z({0}) + z({1})", "sum", lambda r, x: _z(r, x)[0] + _z(r, x)[1], (1, 1)),
    Shape("product", "z_a z_b", "z({0}) * z({1})", 2, lambda r, x: _limited(r, x)[0] * _limited(r, x)[1],
          kind="product", fast_path=_GRAM, reference=_BOOST),
    Shape("where", "z_a if b > c_b, else 0", "z({0}) where {1} > {3}", 2, _where, symmetric=False, variants=6,
          kind="a_where_b", fast_path=_GRAM),
    _logical("and", "a > c_a and b > c_b", "{0} > {2} and {1} > {3}", "and",
             lambda r, x: (_high(r, x)[0] & _high(r, x)[1]) * 1.0),
    _logical("or", "a > c_a or b > c_b", "{0} > {2} or {1} > {3}", "or",
             lambda r, x: (_high(r, x)[0] | _high(r, x)[1]) * 1.0),
    _logical("and_not", "a > c_a and not b > c_b", "{0} > {2} and {1} <= {3}", "a_not_b",
             lambda r, x: (_high(r, x)[0] & ~_high(r, x)[1]) * 1.0, symmetric=False),
    _logical("xor", "either a > c_a or b > c_b, not both", "either {0} > {2} or {1} > {3}", "xor",
             lambda r, x: (_high(r, x)[0] ^ _high(r, x)[1]) * 1.0),
    _passed("maximum", "max(z_a, z_b)", "max(z({0}), z({1}))", "distance", lambda r, x: np.maximum(*_z(r, x))),
    _passed("minimum", "min(z_a, z_b)", "min(z({0}), z({1}))", "distance", lambda r, x: np.minimum(*_z(r, x))),
    _passed("distance", "|z_a - z_b|", "|z({0}) - z({1})|", "distance",
            lambda r, x: np.abs(_z(r, x)[0] - _z(r, x)[1])),
    _passed("log_fold", "|a - b|", "|{0} - {1}|", "distance_raw", lambda r, x: np.abs(x[0] - x[1])),
    _passed("order", "a < b", "{0} < {1}", "order_raw", lambda r, x: (x[0] < x[1]) * 1.0, _TSP),
    _passed("scaled_order", "z_a < z_b", "z({0}) < z({1})", "order",
            lambda r, x: (_z(r, x)[0] < _z(r, x)[1]) * 1.0, _TSP),
    Shape("threshold", "a > c_a", "{0} > {1}", 1, lambda r, x: _high(r, x)[0] * 1.0, variants=3),
    Shape("u_shape", "|a - median|", "|{0} - its median|", 1, lambda r, x: np.abs(x[0] - r.median[0])),
    Shape("variance", "(a - mean)^2", "({0} - its mean)^2", 1, lambda r, x: (x[0] - r.mean[0]) ** 2),
    Shape("difference_of_mean", "a - (b + c)/2", "{0} - ({1} + {2})/2", 3, lambda r, x: x[0] - (x[1] + x[2]) / 2,
          linear=(1, -1, -1), symmetric=False),
    Shape("and3", "a > c_a and b > c_b and d > c_d", "{0} > {3} and {1} > {4} and {2} > {5}", 3,
          lambda r, x: np.logical_and.reduce(_high(r, x)) * 1.0),
    Shape("ratio_of_sums", "log2(2^a + 2^b) - c", "log2({0} + {1}) - {2}", 3, _ratio_of_sums, symmetric=False),
)  # fmt: skip

#: By name. A shape of pairs is one line here and a statistic of the scan.
SHAPES = MappingProxyType({shape.name: shape for shape in _ALL})
