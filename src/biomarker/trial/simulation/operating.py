"""Operating characteristics of survival designs by simulation, with the Monte-Carlo error of everything."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, Device, choose_device, namespace, to_device, to_host
from biomarker.trial.checks import between, refuse, whole
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.simulation.decision import (
    OperatingCharacteristics,
    StudyPlan,
    decide,
    describe,
)
from biomarker.trial.simulation.logrank import ALL, NEGATIVE, POSITIVE, logrank_sums
from biomarker.trial.simulation.scenario import Scenario
from biomarker.trial.simulation.subjects import draw_subjects

__all__ = ["OperatingCharacteristics", "simulate_survival"]

Floats = npt.NDArray[np.float64]

# Subjects simulated at once: the arrays of one block fit a processor's cache, and memory does not grow with the trials
BLOCK = 200_000


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
    device: Device | None = None,
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
    device : Device, optional
        Where the studies are analysed; the CPU without it. Subjects are drawn on the CPU, so that every device sees the
        same studies.

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
    if (events is None) == (time is None):
        raise refuse("events, time", (events, time), "exactly one of the two")
    if looks is not None and events is None:
        raise refuse("looks", "with time", "looks with a number of events")
    study = StudyPlan.checked(
        scenario.name,
        n=n,
        least=4,
        ratio=ratio,
        looks=looks,
        analysis=analysis,
        enriched=enriched,
        stratified=stratified,
        alpha=alpha,
        alpha_overall=alpha_overall,
        intersection=intersection,
        events=events,
        time=np.inf if time is None else between("time", time, 0.0),
    )
    count = whole("trials", trials, 2)
    size = max(1, BLOCK // study.n)
    sizes = [min(size, count - begin) for begin in range(0, count, size)]
    jobs = list(zip(sizes, rng.spawn(len(sizes)), strict=True))
    where = choose_device("cpu") if device is None else device
    with ThreadPoolExecutor(whole("workers", workers)) as pool:
        blocks = list(pool.map(lambda job: _block(study, scenario, where, *job), jobs))
    found = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return describe(study, found, _convention(study))


def _block(
    study: StudyPlan, scenario: Scenario, device: Device, trials: int, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Studies of one block: what each of them did."""
    subjects = draw_subjects(
        scenario, rng, trials=trials, n=study.n, n_treated=study.n_treated, enriched=study.enriched
    )
    entry, time, event, positive = (
        to_device(part, device) for part in (subjects.entry, subjects.time, subjects.event, subjects.positive)
    )
    xp = namespace(entry, time, event, positive)
    when = _look_times(study, entry, time, event)
    k = when.shape[1]
    u, v = np.empty((k, 3, trials)), np.empty((k, 3, trials))
    events, entered = np.empty((k, trials)), np.empty((k, trials))
    for look in range(k):
        cut = when[:, look : look + 1] - entry
        seen = xp.minimum(xp.maximum(cut, xp.zeros_like(cut)), time)
        happened = event & (time <= cut)
        u[look], v[look] = (to_host(part) for part in logrank_sums(seen, happened, positive, study.n_treated))
        events[look] = to_host(xp.count_nonzero(happened, axis=1))
        entered[look] = to_host(xp.count_nonzero(cut > 0, axis=1))
    if study.stratified:
        for sums in (u, v):
            sums[:, ALL] = sums[:, POSITIVE] + sums[:, NEGATIVE]
    return decide(study, u, v, events, entered, to_host(when))


def _look_times(study: StudyPlan, entry: Array, time: Array, event: Array) -> Array:
    """Calendar time of each look, (n_trials, n_looks); the end of all follow-up where the events never come."""
    xp = namespace(entry, time, event)
    if study.events is None:
        return xp.full_like(entry[:, :1], study.time)
    calendar = entry + time
    followed = xp.max(calendar, axis=1, keepdims=True)
    calendar = xp.where(event, calendar, xp.full_like(calendar, np.inf))
    places = np.maximum(np.round(study.events * study.fractions).astype(int), 1) - 1
    if isinstance(calendar, np.ndarray):
        calendar.partition(np.unique(places), axis=1)  # quicker than a sort, of which only some places are looked at
    else:
        calendar = xp.sort(calendar, axis=1)
    chosen = xp.concat([calendar[:, place : place + 1] for place in places.tolist()], axis=1)
    # a look sees the event that calls for it, whatever rounding did to the sum of its times
    return xp.minimum(chosen, followed) * (1.0 + 1e-12)


def _convention(study: StudyPlan) -> str:
    """What the simulated analysis takes for granted, in words."""
    words = [f"analysis {study.analysis}", "log-rank, no ties, estimates U/V"]
    words.append("overall test stratified by test result" if study.stratified else "overall test not stratified")
    words.append("last look at the events" if study.events is not None else "look at the calendar time")
    if study.analysis == "closed":
        words.append(f"intersection by {study.intersection}, increments combined by the inverse normal")
    if study.looks is not None:
        words.append(study.looks.convention)
    return "; ".join(words)
