"""The statistics of a pair that the scan computes, by number; one may serve several shapes.

A basis function of a feature is its standardised value ``z`` (limited to 3 spreads) or ``1{x > cut}`` for one of three
cuts. A product of two basis functions, one of each feature, and its combinations with the two factors are one family;
functions of the difference of two values another; sums and differences a third.
"""

from dataclasses import dataclass

__all__ = ["N_CUTS", "STATISTICS", "Statistic", "number_of"]

#: Quantile cuts of a feature.
N_CUTS = 3


@dataclass(frozen=True)
class Statistic:
    """What the scan computes of every pair under one number.

    Attributes
    ----------
    kind : str
    cut_a, cut_b : int or None
        Which cut of either feature it uses.
    raw : bool
        Whether it compares values as measured, so that both must have one unit.
    first, second : int
        Basis functions, 0 for z and 1 to 3 for the cuts (products only).
    weight_a, weight_b, weight_ab : float
        Of the factors and of their product (products only).
    """

    kind: str
    cut_a: int | None = None
    cut_b: int | None = None
    raw: bool = False
    first: int = 0
    second: int = 0
    weight_a: float = 0.0
    weight_b: float = 0.0
    weight_ab: float = 1.0


def _products() -> list[Statistic]:
    cuts = range(N_CUTS)
    found = [Statistic("product")]
    found += [Statistic("a_where_b", None, c, second=c + 1) for c in cuts]
    found += [Statistic("b_where_a", c, None, first=c + 1) for c in cuts]
    combinations = {
        "and": (0.0, 0.0, 1.0),
        "or": (1.0, 1.0, -1.0),
        "a_not_b": (1.0, 0.0, -1.0),
        "b_not_a": (0.0, 1.0, -1.0),
        "xor": (1.0, 1.0, -2.0),
    }
    return found + [
        Statistic(kind, c, d, first=c + 1, second=d + 1, weight_a=a, weight_b=b, weight_ab=ab)
        for kind, (a, b, ab) in combinations.items()
        for c in cuts
        for d in cuts
    ]


#: All of them: products first, then functions of a difference, then sums.
STATISTICS: tuple[Statistic, ...] = (
    *_products(),
    Statistic("distance"),
    Statistic("distance_raw", raw=True),
    Statistic("order"),
    Statistic("order_raw", raw=True),
    Statistic("difference_raw", raw=True),
    Statistic("sum_raw", raw=True),
    Statistic("difference"),
    Statistic("sum"),
)


def number_of(kind: str, cut_a: int | None = None, cut_b: int | None = None) -> int:
    """Place of a statistic in `STATISTICS`."""
    return next(i for i, s in enumerate(STATISTICS) if (s.kind, s.cut_a, s.cut_b) == (kind, cut_a, cut_b))
