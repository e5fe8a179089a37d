"""Operating characteristics of survival designs by simulation, with the Monte-Carlo error of everything."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline
from scipy.special import ndtr, ndtri

from biomarker.trial.checks import between, level, one_of, refuse, whole
from biomarker.trial.closed_testing import INTERSECTIONS, intersection_p_value, subset_alpha
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.simulation.logrank import ALL, NEGATIVE, POSITIVE, logrank_sums, pack
from biomarker.trial.simulation.scenario import Scenario
from biomarker.trial.simulation.subjects import Subjects, draw_subjects

__all__ = ["OperatingCharacteristics", "simulate_survival"]

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

ANALYSES = ("overall", "positive", "fallback", "closed")
# Subjects simulated at once: the arrays of one block fit a processor's cache, and memory does not grow with the trials
BLOCK = 200_000
# Shares of the information for which the subset's level is tabulated
SHARES = (0.01, 0.99)


@dataclass(frozen=True, eq=False)
class OperatingCharacteristics:
    """What a design does under one truth.

    Attributes
    ----------
    scenario : str
    power, power_error : mapping
        Share of studies that reject "overall", "positive", "any" (what the analysis tests), and its standard error.
    power_by_look : (n_looks,)
        Share of studies that reject anything at each look.
    stopped_for_futility : float
    events, n, duration : float
        Mean events, subjects entered and calendar time at the end of the study.
    events_error, n_error, duration_error : float
        Their standard errors.
    log_hazard_ratio, log_hazard_ratio_error : mapping
        Mean of the estimate ``U / V`` at the end, by population, and its standard error.
    trials : int
    convention : str
    """

    scenario: str
    power: Mapping[str, float]
    power_error: Mapping[str, float]
    power_by_look: Floats
    stopped_for_futility: float
    events: float
    events_error: float
    n: float
    n_error: float
    duration: float
    duration_error: float
    log_hazard_ratio: Mapping[str, float]
    log_hazard_ratio_error: Mapping[str, float]
    trials: int
    convention: str


@dataclass(frozen=True)
class _Study:
    """The design, checked."""

    scenario: Scenario
    n: int
    n_treated: int
    events: int | None
    time: float
    looks: GroupSequentialDesign | None
    analysis: str
    enriched: bool
    stratified: bool
    alpha: float
    alpha_overall: float
    intersection: str
    subset_level: Callable[[Floats], Floats] | None

    @property
    def fractions(self) -> Floats:
        """Information fractions of the looks."""
        return np.ones(1) if self.looks is None else self.looks.information

    @property
    def upper(self) -> Floats:
        """Efficacy bounds."""
        return -ndtri([self.alpha]) if self.looks is None else self.looks.upper

    @property
    def lower(self) -> Floats:
        """Futility bounds."""
        return np.array([-np.inf]) if self.looks is None else np.append(self.looks.lower[:-1], -np.inf)


def simulate_survival(
    scenario: Scenario,
    *,
    n: int,
    rng: np.random.Generator,
    events: int | None = None,
    time: float | None = None,
    looks: GroupSequentialDesign | None = None,
    analysis: str = "overall",
    enriched: bool = False,
    stratified: bool | None = None,
    ratio: float = 1.0,
    alpha: float = 0.025,
    alpha_overall: float | None = None,
    intersection: str = "spiessens-debois",
    trials: int = 10_000,
    workers: int = 2,
) -> OperatingCharacteristics:
    """Simulate survival studies subject by subject and analyse them by log-rank tests.

    "overall": the log-rank test in all. "positive": in the test-positive. "fallback": overall at `alpha_overall`, the
    test-positive at what the correlation leaves. "closed": both hypotheses by the closed combination test, with the
    increments of the log-rank statistic between looks as stages.

    Parameters
    ----------
    scenario : Scenario
        The truth.
    n : int
        Subjects randomised in each study.
    rng : numpy.random.Generator
        The same generator gives the same result, whatever the number of workers.
    events, time : exactly one
        The last look is at this number of events (in all subjects; once everybody has been followed, if there are never
        as many), or at this calendar time.
    looks : GroupSequentialDesign, optional
        One-sided; looks at its fractions of `events`, brings its own alpha. A study stops at the first rejection, or
        where all its statistics are at or below the futility bound.
    analysis : {"overall", "positive", "fallback", "closed"}
    enriched : bool
        Only test-positive subjects are randomised (analysis "overall").
    stratified : bool, optional
        Whether the overall test is stratified by the test result; by default where both hypotheses are tested. Without,
        a strongly prognostic marker makes "fallback" and "closed" a little liberal: their correlation is then not the
        one that the share of the information says.
    ratio : float
        Treatment subjects per control subject.
    alpha : float
        One-sided.
    alpha_overall : float, optional
        For "fallback"; four fifths of alpha by default.
    intersection : str
        For "closed": as in `intersection_p_value`.
    trials : int
        Simulated studies.
    workers : int
        Threads.

    Returns
    -------
    OperatingCharacteristics

    Raises
    ------
    ConfigError
        An argument is outside its range, or arguments contradict each other.

    Notes
    -----
    Valid as the scenario is. Subjects enter independently and uniformly; the arms have fixed sizes. Standard errors say
    how far the numbers could be from those of infinitely many studies, not how far the scenario is from the truth.

    References
    ----------
    Morris, White and Crowther 2019, https://doi.org/10.1002/sim.8086

    Examples
    --------
    >>> truth = Scenario(0.08, 0.6, 0.6, prevalence=0.3, accrual=24)
    >>> found = simulate_survival(truth, n=300, events=161, rng=np.random.default_rng(1), trials=4000)
    >>> abs(found.power["overall"] - 0.9) < 0.02
    True
    """
    study = _study(
        scenario,
        n=n,
        ratio=ratio,
        events=events,
        time=time,
        looks=looks,
        analysis=analysis,
        enriched=enriched,
        stratified=stratified,
        alpha=alpha,
        alpha_overall=alpha_overall,
        intersection=intersection,
    )
    count = whole("trials", trials, 2)
    size = max(1, BLOCK // study.n)
    sizes = [min(size, count - begin) for begin in range(0, count, size)]
    jobs = list(zip(sizes, rng.spawn(len(sizes)), strict=True))
    with ThreadPoolExecutor(whole("workers", workers)) as pool:
        blocks = list(pool.map(lambda job: _block(study, *job), jobs))
    return _describe(study, {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]})


def _study(
    scenario: Scenario,
    *,
    n: int,
    ratio: float,
    events: int | None,
    time: float | None,
    looks: GroupSequentialDesign | None,
    analysis: str,
    enriched: bool,
    stratified: bool | None,
    alpha: float,
    alpha_overall: float | None,
    intersection: str,
) -> _Study:
    """The arguments, checked."""
    one_of("analysis", analysis, ANALYSES)
    one_of("intersection", intersection, INTERSECTIONS)
    total = whole("n", n, 4)
    treated = round(total * between("ratio", ratio, 0.0) / (1.0 + ratio))
    if not 0 < treated < total:
        raise refuse("ratio", ratio, "one that leaves at least one subject in each arm")
    if (events is None) == (time is None):
        raise refuse("events, time", (events, time), "exactly one of the two")
    if looks is not None:
        if looks.sided != 1:
            raise refuse("looks", looks.sided, "a one-sided design")
        if events is None:
            raise refuse("looks", "with time", "looks with a number of events")
        if analysis == "fallback":
            raise refuse("analysis", analysis, "another analysis than 'fallback' where there are looks")
    if enriched and analysis != "overall":
        raise refuse("analysis", analysis, "'overall' in an enriched study: all its subjects are test-positive")
    level(alpha, 1)
    first = between("alpha_overall", 0.8 * alpha if alpha_overall is None else alpha_overall, 0.0, alpha)
    return _Study(
        scenario=scenario,
        n=total,
        n_treated=treated,
        events=None if events is None else whole("events", events, 1, total),
        time=np.inf if time is None else between("time", time, 0.0),
        looks=looks,
        analysis=analysis,
        enriched=enriched,
        stratified=analysis in ("fallback", "closed") if stratified is None else stratified,
        alpha=alpha if looks is None else looks.alpha,
        alpha_overall=first,
        intersection=intersection,
        subset_level=_subset_level(alpha, first) if analysis == "fallback" else None,
    )


def _subset_level(alpha: float, alpha_overall: float) -> Callable[[Floats], Floats]:
    """Level of the test-positive by their share of the information, as a spline through a fine table."""
    grid = np.linspace(*SHARES, 99)
    return CubicSpline(grid, [subset_alpha(alpha, alpha_overall=alpha_overall, fraction=f) for f in grid])


def _block(study: _Study, trials: int, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Studies of one block: what each of them did."""
    subjects = draw_subjects(
        study.scenario, rng, trials=trials, n=study.n, n_treated=study.n_treated, enriched=study.enriched
    )
    when = _look_times(study, subjects)
    k = when.shape[1]
    u, v = np.empty((k, 3, trials)), np.empty((k, 3, trials))
    events, entered = np.empty((k, trials)), np.empty((k, trials))
    for look in range(k):
        cut = when[:, look, None] - subjects.entry
        seen = np.clip(cut, 0.0, subjects.time)
        happened = subjects.event & (subjects.time <= cut)
        key = pack(seen, happened, subjects.positive, study.n_treated)
        key.sort(axis=1)
        u[look], v[look] = logrank_sums(key)
        events[look] = happened.sum(axis=1)
        entered[look] = (cut > 0).sum(axis=1)
    if study.stratified:
        for sums in (u, v):
            sums[:, ALL] = sums[:, POSITIVE] + sums[:, NEGATIVE]
    return _decide(study, u, v, events, entered, when)


def _look_times(study: _Study, subjects: Subjects) -> Floats:
    """Calendar time of each look, (n_trials, n_looks); the end of all follow-up where the events never come."""
    trials = len(subjects.entry)
    if study.events is None:
        return np.full((trials, 1), study.time)
    calendar = subjects.entry + subjects.time
    followed = calendar.max(axis=1)[:, None]
    if not subjects.event.all():
        calendar[~subjects.event] = np.inf
    places = np.maximum(np.round(study.events * study.fractions).astype(int), 1) - 1
    calendar.partition(np.unique(places), axis=1)
    # a look sees the event that calls for it, whatever rounding did to the sum of its times
    return np.minimum(calendar[:, places], followed) * (1.0 + 1e-12)


def _decide(
    study: _Study, u: Floats, v: Floats, events: Floats, entered: Floats, when: Floats
) -> dict[str, npt.NDArray[Any]]:
    """Rejections at each look, and the state of the study where it stops."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(v > 0, -u / np.sqrt(v), 0.0)
    passed, futile = _tests(study, z, v)
    success = np.any(list(passed.values()), axis=0)
    last = len(success) - 1
    stop = np.where(success.any(axis=0) | futile.any(axis=0), np.argmax(success | futile, axis=0), last)
    trial = np.arange(success.shape[1])
    found: dict[str, npt.NDArray[Any]] = {name: value[stop, trial] for name, value in passed.items()}
    end = when[trial, stop]
    estimate = {"overall": ALL} if study.enriched else {"overall": ALL, "positive": POSITIVE}
    with np.errstate(divide="ignore", invalid="ignore"):
        found |= {
            f"log hazard ratio {name}": u[stop, group, trial] / v[stop, group, trial]
            for name, group in estimate.items()
        }
    found |= {
        "look": stop,
        "futile": futile[stop, trial] & ~success[stop, trial],
        "events": events[stop, trial],
        "n": entered[stop, trial],
        "duration": end,
    }
    return found


def _tests(study: _Study, z: Floats, v: Floats) -> tuple[dict[str, Booleans], Booleans]:
    """Which hypotheses pass at each look, and where the study is futile; (n_looks, n_trials) each."""
    upper, lower = study.upper[:, None], study.lower[:, None]
    if study.analysis in ("overall", "positive"):
        name, group = {"overall": ("overall", ALL), "positive": ("positive", POSITIVE)}[study.analysis]
        return {name: z[:, group] >= upper}, z[:, group] <= lower
    if study.subset_level is not None:
        first = -ndtri(study.alpha_overall)
        fraction = v[0, POSITIVE] / v[0, ALL]
        second = -ndtri(study.subset_level(np.clip(np.nan_to_num(fraction), *SHARES)))
        return {"overall": z[:, ALL] >= first, "positive": z[:, POSITIVE] >= second}, np.zeros(z[:, ALL].shape, bool)
    combined = _combined(study, z, v)
    closed = combined["both"] >= upper
    reject = {name: closed & (combined[name] >= upper) for name in ("overall", "positive")}
    return reject, np.maximum(combined["overall"], combined["positive"]) <= lower


def _combined(study: _Study, z: Floats, v: Floats) -> dict[str, Floats]:
    """Inverse normal combination of the stages' increments, for both hypotheses and their intersection."""
    weights = np.sqrt(np.diff(study.fractions, prepend=0.0))
    stage = {}
    for name, group in (("overall", ALL), ("positive", POSITIVE)):
        score, information = z[:, group] * np.sqrt(v[:, group]), v[:, group]
        step, more = np.diff(score, axis=0, prepend=0.0), np.diff(information, axis=0, prepend=0.0)
        stage[name] = np.where(more > 1e-9, step / np.sqrt(np.maximum(more, 1e-9)), 0.0)
    share = np.diff(v[:, POSITIVE], axis=0, prepend=0.0) / np.maximum(np.diff(v[:, ALL], axis=0, prepend=0.0), 1e-9)
    p = [ndtr(-stage[name]) for name in ("overall", "positive")]
    both = intersection_p_value(*p, method=study.intersection, fraction=np.clip(share, 1e-6, 1.0))
    stage["both"] = -ndtri(np.clip(both, 1e-300, 1.0 - 1e-16))
    total = np.sqrt(np.cumsum(weights**2))[:, None]
    return {name: np.cumsum(weights[:, None] * value, axis=0) / total for name, value in stage.items()}


def _describe(study: _Study, found: dict[str, npt.NDArray[Any]]) -> OperatingCharacteristics:
    """Means and their errors over all studies."""
    trials = len(found["look"])
    tested: dict[str, npt.NDArray[Any]] = {name: found[name] for name in ("overall", "positive") if name in found}
    if len(tested) > 1:
        tested["any"] = np.any(list(tested.values()), axis=0)
    any_one = np.any(list(tested.values()), axis=0)
    power = {name: float(value.mean()) for name, value in tested.items()}

    def mean(values: Floats) -> tuple[float, float]:
        finite = values[np.isfinite(values)]
        return float(finite.mean()), float(finite.std(ddof=1) / np.sqrt(finite.size)) if finite.size > 1 else np.nan

    names = [name for name in ("overall", "positive") if f"log hazard ratio {name}" in found]
    ratio = {name: mean(found[f"log hazard ratio {name}"]) for name in names}
    (events, events_error), (n, n_error), (duration, duration_error) = (
        mean(found[name].astype(np.float64)) for name in ("events", "n", "duration")
    )
    return OperatingCharacteristics(
        scenario=study.scenario.name,
        power=power,
        power_error={name: float(np.sqrt(value * (1.0 - value) / trials)) for name, value in power.items()},
        power_by_look=np.array([np.mean(any_one & (found["look"] == k)) for k in range(len(study.fractions))]),
        stopped_for_futility=float(found["futile"].mean()),
        events=events,
        events_error=events_error,
        n=n,
        n_error=n_error,
        duration=duration,
        duration_error=duration_error,
        log_hazard_ratio={name: value[0] for name, value in ratio.items()},
        log_hazard_ratio_error={name: value[1] for name, value in ratio.items()},
        trials=trials,
        convention=_convention(study),
    )


def _convention(study: _Study) -> str:
    """What the simulated analysis takes for granted, in words."""
    words = [f"analysis {study.analysis}", "log-rank, no ties, estimates U/V"]
    words.append("overall test stratified by test result" if study.stratified else "overall test not stratified")
    words.append("last look at the events" if study.events is not None else "look at the calendar time")
    if study.analysis == "closed":
        words.append(f"intersection by {study.intersection}, increments combined by the inverse normal")
    if study.looks is not None:
        words.append(study.looks.convention)
    return "; ".join(words)
