"""What simulated studies decide: tests at each look from scores and information, and their means over all studies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline
from scipy.special import ndtr, ndtri

from biomarker.trial.checks import between, level, one_of, refuse, whole
from biomarker.trial.closed_testing import INTERSECTIONS, intersection_p_value, subset_alpha
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.simulation.logrank import ALL, POSITIVE

__all__ = ["ANALYSES", "OperatingCharacteristics", "StudyPlan", "decide", "describe"]

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

ANALYSES = ("overall", "positive", "fallback", "closed")
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
class StudyPlan:
    """What is simulated, its arguments checked; `name` is that of the scenario."""

    name: str
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

    @staticmethod
    def checked(
        name: str,
        *,
        n: Any,
        least: int,
        ratio: Any,
        looks: GroupSequentialDesign | None,
        analysis: str,
        enriched: bool,
        stratified: bool | None,
        alpha: Any,
        alpha_overall: float | None,
        intersection: str,
        events: int | None = None,
        time: float = np.inf,
    ) -> "StudyPlan":
        """The arguments that every simulated study has, checked; `least` is the smallest n."""
        one_of("analysis", analysis, ANALYSES)
        one_of("intersection", intersection, INTERSECTIONS)
        total = whole("n", n, least)
        treated = round(total * between("ratio", ratio, 0.0) / (1.0 + ratio))
        if not 0 < treated < total:
            raise refuse("ratio", ratio, "one that leaves at least one subject in each arm")
        if looks is not None and looks.sided != 1:
            raise refuse("looks", looks.sided, "a one-sided design")
        if looks is not None and analysis == "fallback":
            raise refuse("analysis", analysis, "another analysis than 'fallback' where there are looks")
        if enriched and analysis != "overall":
            raise refuse("analysis", analysis, "'overall' in an enriched study: all its subjects are test-positive")
        level(alpha, 1)
        first = between("alpha_overall", 0.8 * alpha if alpha_overall is None else alpha_overall, 0.0, alpha)
        return StudyPlan(
            name=name,
            n=total,
            n_treated=treated,
            events=None if events is None else whole("events", events, 1, total),
            time=time,
            looks=looks,
            analysis=analysis,
            enriched=enriched,
            stratified=analysis in ("fallback", "closed") if stratified is None else stratified,
            alpha=alpha if looks is None else looks.alpha,
            alpha_overall=first,
            intersection=intersection,
            subset_level=_subset_level_table(alpha, first) if analysis == "fallback" else None,
        )

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


def _subset_level_table(alpha: float, alpha_overall: float) -> Callable[[Floats], Floats]:
    """Level of the test-positive by their share of the information, as a spline through a fine table."""
    grid = np.linspace(*SHARES, 99)
    spline = CubicSpline(grid, [subset_alpha(alpha, alpha_overall=alpha_overall, fraction=f) for f in grid])
    return lambda fraction: np.asarray(spline(fraction))


def decide(
    study: StudyPlan, u: Floats, v: Floats, events: Floats, entered: Floats, when: Floats
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


def _tests(study: StudyPlan, z: Floats, v: Floats) -> tuple[dict[str, Booleans], Booleans]:
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


def _combined(study: StudyPlan, z: Floats, v: Floats) -> dict[str, Floats]:
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


def describe(study: StudyPlan, found: dict[str, npt.NDArray[Any]], convention: str) -> OperatingCharacteristics:
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
        scenario=study.name,
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
        convention=convention,
    )
