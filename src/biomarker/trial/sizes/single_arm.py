"""Single-arm studies of a response rate: one stage and Simon's two stages, exact."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrc, gammaln

from biomarker.errors import ConfigError
from biomarker.trial.checks import between, power_above, whole

__all__ = ["SimonDesigns", "SingleStage", "TwoStage", "simon_two_stage", "single_stage", "two_stage_properties"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SingleStage:
    """Declare the treatment active when more than `r` of `n` respond."""

    r: int
    n: int
    alpha: float
    power: float
    convention: str


@dataclass(frozen=True)
class TwoStage:
    """Stop when at most `r1` of `n1` respond; declare activity when more than `r` of `n` do.

    Attributes
    ----------
    alpha, power : float
        Probability of declaring activity at the rate not worth and worth having.
    expected_n : float
        At the rate not worth having.
    early_stop : float
        Probability of stopping after the first stage at that rate.
    """

    r1: int
    n1: int
    r: int
    n: int
    alpha: float
    power: float
    expected_n: float
    early_stop: float


@dataclass(frozen=True)
class SimonDesigns:
    """Two-stage designs with the errors asked for.

    Attributes
    ----------
    optimal : TwoStage
        Smallest expected n at the rate not worth having.
    minimax : TwoStage
        Smallest n; among those the smallest expected n.
    admissible : tuple of TwoStage
        From minimax to optimal, those that are best for some weighting of n and expected n (Jung).
    """

    optimal: TwoStage
    minimax: TwoStage
    admissible: tuple[TwoStage, ...]
    convention: str


def single_stage(
    null: float, alternative: float, *, alpha: float = 0.05, power: float = 0.8, stable: bool = False, n_max: int = 2000
) -> SingleStage:
    """Exact single-stage design of a response rate (A'Hern).

    The smallest n with an r such that ``P(X > r | null) <= alpha`` and ``P(X > r | alternative) >= power``.

    Parameters
    ----------
    null, alternative : float
        Response rate not worth having, and worth having; ascending.
    alpha, power : float
        One-sided.
    stable : bool
        Power is a saw-tooth of n: if so, the smallest n from which on every n (of the 50 next) has the power.
    n_max : int
        Where to stop searching.

    Returns
    -------
    SingleStage

    Raises
    ------
    ConfigError
        An argument is outside its range; no n up to n_max will do.

    References
    ----------
    A'Hern 2001, https://doi.org/10.1002/sim.721

    Examples
    --------
    >>> design = single_stage(0.1, 0.3, alpha=0.05, power=0.8)
    >>> design.r, design.n
    (5, 25)
    """
    p0, p1 = _rates(null, alternative, alpha, power)
    n = np.arange(2, whole("n_max", n_max, 2) + 1)
    r = _critical(n, p0, alpha)
    reached = (bdtrc(r, n, p1) >= power) & (r < n)
    if stable:
        reached = np.array([reached[i : i + 51].all() for i in range(len(n))])
    if not reached.any():
        raise ConfigError(f"no n up to n_max of {n_max} has the power", "raise n_max, or ask for less")
    k = int(np.argmax(reached))
    words = "exact binomial; " + ("smallest n from which power stays" if stable else "smallest n with the power")
    return SingleStage(int(r[k]), int(n[k]), float(bdtrc(r[k], n[k], p0)), float(bdtrc(r[k], n[k], p1)), words)


def _rates(null: float, alternative: float, alpha: float, power: float) -> tuple[float, float]:
    p0 = between("null", null, 0.0, 1.0)
    p1 = between("alternative", alternative, p0, 1.0, hint="the rate worth having is above the one that is not")
    between("alpha", alpha, 0.0, 0.5)
    power_above(power, alpha)
    return p0, p1


def _critical(n: npt.NDArray[np.int64], p0: float, alpha: float) -> npt.NDArray[np.int64]:
    """Smallest r with ``P(X > r) <= alpha`` for each n."""
    x = np.arange(int(n.max()) + 1)
    tail = np.where(x[None, :] < n[:, None], bdtrc(np.minimum(x[None, :], n[:, None]), n[:, None], p0), 0.0)
    return np.asarray(np.argmax(tail <= alpha, axis=1))


def two_stage_properties(r1: int, n1: int, r: int, n: int, rate: float) -> tuple[float, float, float]:
    """Probability of declaring activity, probability of stopping early, and expected n of a two-stage design at a rate.

    ``P = sum_{x > r1} b(x; n1, p) P(X2 > r - x; n - n1)``.

    Parameters
    ----------
    r1, n1, r, n : int
        Stop at r1 or fewer of n1; active at more than r of n.
    rate : float

    Returns
    -------
    declared, early_stop, expected_n : float
    """
    p = between("rate", rate, 0.0, 1.0)
    whole("n1", n1, 1)
    whole("n", n, n1 + 1)
    whole("r1", r1, 0, n1)
    whole("r", r, r1, n)
    x = np.arange(r1 + 1, n1 + 1)
    declared = float((_pmf(n1, p)[x] * _above(r - x, n - n1, p)).sum())
    stop = float(bdtr(r1, n1, p))
    return declared, stop, n1 + (1.0 - stop) * (n - n1)


def _pmf(n: int, p: float) -> Floats:
    x = np.arange(n + 1)
    logs = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1) + x * np.log(p) + (n - x) * np.log1p(-p)
    return np.asarray(np.exp(logs))


def _above(r: npt.NDArray[np.int64], n: int, p: float) -> Floats:
    """P(X > r), 1 for negative r and 0 from n on."""
    inside = np.clip(r, 0, max(n - 1, 0))
    return np.where(r < 0, 1.0, np.where(r >= n, 0.0, bdtrc(inside, n, p)))


def simon_two_stage(
    null: float, alternative: float, *, alpha: float = 0.05, power: float = 0.8, n_max: int | None = None
) -> SimonDesigns:
    """Simon's optimal and minimax two-stage designs of a response rate, and the admissible ones between.

    All ``(r1, n1, r, n)`` with ``P(active | null) <= alpha`` and ``P(active | alternative) >= power`` are tried.

    Parameters
    ----------
    null, alternative : float
        Response rate not worth having, and worth having; ascending.
    alpha, power : float
        One-sided.
    n_max : int, optional
        Largest n tried; the default is 1.6 times that of one stage, and 5 more.

    Returns
    -------
    SimonDesigns

    Raises
    ------
    ConfigError
        An argument is outside its range; no design up to n_max will do.

    Notes
    -----
    Valid when subjects respond independently with one probability and enrolment pauses after the first stage.

    References
    ----------
    Simon 1989, https://doi.org/10.1016/0197-2456(89)90015-9; Jung, Lee, Kim and George 2004,
    https://doi.org/10.1002/sim.1600

    Examples
    --------
    >>> best = simon_two_stage(0.1, 0.3).optimal
    >>> best.r1, best.n1, best.r, best.n
    (1, 10, 5, 29)
    """
    p0, p1 = _rates(null, alternative, alpha, power)
    top = int(1.6 * single_stage(p0, p1, alpha=alpha, power=power).n) + 5 if n_max is None else whole("n_max", n_max, 2)
    first = {n1: (_pmf(n1, p0), _pmf(n1, p1), bdtr(np.arange(n1), n1, p0)) for n1 in range(1, top)}
    best: list[TwoStage] = []
    for n in range(_fewest(p0, p1, alpha, power, top), top + 1):
        # of larger n only those matter that lower the expected n
        limit = best[-1].expected_n if best else np.inf
        found = [
            _best_of(n1, n, first[n1], p0, p1, alpha, power, limit) for n1 in range(1, min(n, int(min(limit, n)) + 1))
        ]
        better = [design for design in found if design is not None]
        if better:
            best.append(min(better, key=lambda design: design.expected_n))
    if not best:
        raise ConfigError(f"no two-stage design up to n_max of {top} has the errors asked for", "raise n_max")
    return SimonDesigns(
        best[-1],
        best[0],
        _hull(best),
        f"exact binomial; more than r responses declare activity; designs up to n = {top} tried",
    )


def _fewest(p0: float, p1: float, alpha: float, power: float, top: int) -> int:
    """Smallest n at which the most powerful test of level alpha (randomised: no test does better) has the power."""
    n = np.arange(2, top + 1)
    r = _critical(n, p0, alpha)
    spare = alpha - np.where(r < n, bdtrc(np.minimum(r, n - 1), n, p0), 0.0)
    at = np.array([(_pmf(int(k), p0)[c], _pmf(int(k), p1)[c]) for k, c in zip(n, r, strict=True)])
    reached = np.where(r < n, bdtrc(np.minimum(r, n - 1), n, p1), 0.0) + at[:, 1] * spare / at[:, 0]
    enough = np.flatnonzero(reached >= power)
    return int(n[enough[0]]) if enough.size else top + 1


def _best_of(
    n1: int,
    n: int,
    first: tuple[Floats, Floats, Floats],
    p0: float,
    p1: float,
    alpha: float,
    power: float,
    limit: float,
) -> TwoStage | None:
    """The design of n with a first stage of n1 that has the smallest expected n below a limit."""
    null, alternative, stop = first
    expected = n1 + (1.0 - stop) * (n - n1)
    # a first stage that misses an active treatment too often leaves no power
    r1 = np.flatnonzero((expected < limit) & (bdtr(np.arange(n1), n1, p1) <= 1.0 - power))
    if not r1.size:
        return None
    x = np.arange(n1 + 1)
    top = int(_critical(np.array([n]), p0, alpha)[0])
    for lowest in (max(top - 8, 0), 0):
        r = np.arange(lowest, top + 1)
        beyond = r[None, :] - x[:, None]
        declared = np.cumsum((null[:, None] * _above(beyond, n - n1, p0))[::-1], axis=0)[::-1][r1 + 1]
        smallest = np.argmax(declared <= alpha, axis=1)
        if lowest == 0 or smallest.min() > 0:
            break
    active = np.cumsum((alternative[:, None] * _above(beyond, n - n1, p1))[::-1], axis=0)[::-1][r1 + 1]
    row = np.arange(r1.size)
    good = active[row, smallest] >= power
    if not good.any():
        return None
    k = int(np.argmin(np.where(good, expected[r1], np.inf)))
    return TwoStage(
        int(r1[k]),
        n1,
        int(r[smallest[k]]),
        n,
        float(declared[k, smallest[k]]),
        float(active[k, smallest[k]]),
        float(expected[r1[k]]),
        float(stop[r1[k]]),
    )


def _hull(designs: list[TwoStage]) -> tuple[TwoStage, ...]:
    """Lower convex hull of expected n over n."""
    kept: list[TwoStage] = []
    for design in designs:
        if kept and design.expected_n >= kept[-1].expected_n:
            continue
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            if (b.expected_n - a.expected_n) * (design.n - a.n) < (design.expected_n - a.expected_n) * (b.n - a.n):
                break
            kept.pop()
        kept.append(design)
    return tuple(kept)
