"""Operating characteristics of designs with a mean or a rate, by simulated studies, with the error of everything."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtr

from biomarker.trial.checks import between, whole
from biomarker.trial.designs.setting import Assay, MeansEffect, RatesEffect
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.simulation.decision import (
    OperatingCharacteristics,
    StudyPlan,
    decide,
    describe,
)
from biomarker.trial.simulation.logrank import ALL, NEGATIVE, POSITIVE

__all__ = ["OutcomeScenario", "simulate_outcomes", "standard_outcome_scenarios"]

Floats = npt.NDArray[np.float64]
PERFECT = Assay()
# Studies simulated at once
BLOCK = 20_000


@dataclass(frozen=True)
class OutcomeScenario:
    """A truth from which studies with a mean or a rate are drawn.

    A subject's marker has a rank x, uniform on (0, 1); marker-positive is ``x > 1 - prevalence``. The test calls
    positive what lies above ``1 - prevalence + cutoff_shift``, with the assay's errors.

    Attributes
    ----------
    effect : MeansEffect or RatesEffect
    prevalence : float
    accrual : float
        Duration of enrolment, at a constant rate.
    assay, assay_end : Assay
        At the first and at the last entry; between them sensitivity and specificity change linearly.
    cutoff_shift : float
        Positive: the cut-off is too high and misses that share of all subjects; negative: too low.
    missing : float
        Share of subjects whose endpoint is missing at random; they count nowhere in the analysis.
    name : str
    """

    effect: MeansEffect | RatesEffect
    prevalence: float
    accrual: float = 1.0
    assay: Assay = PERFECT
    assay_end: Assay | None = None
    cutoff_shift: float = 0.0
    missing: float = 0.0
    name: str = "base"

    def __post_init__(self) -> None:
        between("prevalence", self.prevalence, 0.0, 1.0)
        between("accrual", self.accrual, 0.0)
        between("cutoff_shift", self.cutoff_shift, self.prevalence - 1.0, self.prevalence)
        between("missing", self.missing, 0.0, 1.0, closed="low")

    def cells(self, when: float) -> Floats:
        """Share of randomised subjects by marker (negative, positive) and test (same), at a time within (0, 1)."""
        end = self.assay if self.assay_end is None else self.assay_end
        se = self.assay.sensitivity + when * (end.sensitivity - self.assay.sensitivity)
        fp = 1.0 - self.assay.specificity - when * (end.specificity - self.assay.specificity)
        p, cut = self.prevalence, self.prevalence - self.cutoff_shift
        above = {1: min(p, cut), 0: max(cut - p, 0.0)}
        whole_share = {1: p, 0: 1.0 - p}
        positive = [above[m] * se + (whole_share[m] - above[m]) * fp for m in (0, 1)]
        return np.array([[whole_share[m] - positive[m], positive[m]] for m in (0, 1)])


def standard_outcome_scenarios(planned: OutcomeScenario) -> dict[str, OutcomeScenario]:
    """The truths under which a design should be seen, made from the one that is hoped for.

    Returns
    -------
    dict
        "as planned", "null", "subgroup only", "both" (all benefit as the marker-positive do), "prognostic only"
        (nothing works; the odds of marker-positive controls are doubled, or their mean is half a standard deviation
        higher), "half the effect", "misplaced cut-off", "lower prevalence" (by half), "drop-out" (one in ten more
        missing), "assay drift" (as in `standard_scenarios`).
    """
    effect = planned.effect
    lost = min(0.1, (planned.assay.sensitivity + planned.assay.specificity - 1.0) / 4.0)
    end = Assay(planned.assay.sensitivity - lost, planned.assay.specificity - lost, planned.assay.failure)
    changes: dict[str, dict[str, Any]] = {
        "as planned": {},
        "null": {"effect": _scaled(effect, 0.0, 0.0)},
        "subgroup only": {"effect": _scaled(effect, 1.0, 0.0)},
        "both": {"effect": _alike(effect)},
        "prognostic only": {"effect": _prognostic(_scaled(effect, 0.0, 0.0))},
        "half the effect": {"effect": _scaled(effect, 0.5, 0.5)},
        "misplaced cut-off": {"cutoff_shift": planned.prevalence / 2.0},
        "lower prevalence": {"prevalence": planned.prevalence / 2.0, "cutoff_shift": planned.cutoff_shift / 2.0},
        "drop-out": {"missing": 1.0 - 0.9 * (1.0 - planned.missing)},
        "assay drift": {"assay_end": end},
    }
    return {name: replace(planned, name=name, **change) for name, change in changes.items()}


def _scaled(effect: MeansEffect | RatesEffect, plus: float, minus: float) -> MeansEffect | RatesEffect:
    """Effects times a factor in either group."""
    if isinstance(effect, MeansEffect):
        return replace(
            effect,
            difference_positive=plus * effect.difference_positive,
            difference_negative=minus * effect.difference_negative,
        )
    return replace(
        effect,
        rate_positive=effect.control_positive + plus * (effect.rate_positive - effect.control_positive),
        rate_negative=effect.control_negative + minus * (effect.rate_negative - effect.control_negative),
    )


def _alike(effect: MeansEffect | RatesEffect) -> MeansEffect | RatesEffect:
    """The marker-negative benefit as the marker-positive do (rates: by the same odds ratio)."""
    if isinstance(effect, MeansEffect):
        return replace(effect, difference_negative=effect.difference_positive)
    odds = _odds(effect.rate_positive) / _odds(effect.control_positive) * _odds(effect.control_negative)
    return replace(effect, rate_negative=odds / (1.0 + odds))


def _prognostic(effect: MeansEffect | RatesEffect) -> MeansEffect | RatesEffect:
    if isinstance(effect, MeansEffect):
        return replace(effect, prognostic=effect.prognostic + 0.5 * effect.sd)
    odds = 2.0 * _odds(effect.control_positive)
    return replace(effect, control_positive=odds / (1.0 + odds), rate_positive=odds / (1.0 + odds))


def _odds(rate: float) -> float:
    return rate / (1.0 - rate)


def simulate_outcomes(
    scenario: OutcomeScenario,
    *,
    n: int,
    rng: np.random.Generator,
    looks: GroupSequentialDesign | None = None,
    analysis: str = "overall",
    enriched: bool = False,
    stratified: bool | None = None,
    ratio: float = 1.0,
    alpha: float = 0.025,
    alpha_overall: float | None = None,
    intersection: str = "spiessens-debois",
    trials: int = 10_000,
) -> OperatingCharacteristics:
    """Simulate studies with a mean or a rate and analyse them as `simulate_survival` does.

    Between looks, the arms are compared by the difference of means (pooled variance, estimated; t taken to the normal
    deviate of the same tail) or of rates (pooled variance under no effect), ``U = D V``,
    ``V = 1 / (s^2 (1/n_t + 1/n_c))``; stages add up as strata do, ``Z = sum U / sqrt(sum V)``.

    Parameters
    ----------
    scenario : OutcomeScenario
    n : int
        Subjects randomised in each study.
    rng : numpy.random.Generator
    looks, analysis, enriched, stratified, ratio, alpha, alpha_overall, intersection, trials
        As in `simulate_survival`; looks are at fractions of n.

    Returns
    -------
    OperatingCharacteristics
        ``events``: subjects with the event (0 for a mean); ``log_hazard_ratio``: minus the estimated difference, signed
        so that a benefit is negative, as a log hazard ratio is.

    Raises
    ------
    ConfigError
        An argument is outside its range, or arguments contradict each other.

    Notes
    -----
    Valid as the scenario is; within a cell of marker and arm, values are normal or binary.

    References
    ----------
    Morris, White and Crowther 2019, https://doi.org/10.1002/sim.8086

    Examples
    --------
    >>> truth = OutcomeScenario(MeansEffect(0.5, 0.5, sd=1.0), prevalence=0.3)
    >>> found = simulate_outcomes(truth, n=170, rng=np.random.default_rng(1), trials=4000)
    >>> abs(found.power["overall"] - 0.9) < 0.02
    True
    """
    study = StudyPlan.checked(
        scenario.name,
        n=n,
        least=8,
        ratio=ratio,
        looks=looks,
        analysis=analysis,
        enriched=enriched,
        stratified=stratified,
        alpha=alpha,
        alpha_overall=alpha_overall,
        intersection=intersection,
    )
    count = whole("trials", trials, 2)
    blocks = [
        _block(study, scenario, min(BLOCK, count - begin), generator)
        for begin, generator in zip(range(0, count, BLOCK), rng.spawn(-(-count // BLOCK)), strict=True)
    ]
    found = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return describe(study, found, _convention(study, scenario))


def _block(study: StudyPlan, scenario: OutcomeScenario, trials: int, rng: np.random.Generator) -> dict[str, Any]:
    """Studies of one block: what each of them did."""
    edges = np.append(0.0, study.fractions)
    k = study.fractions.size
    u, v = np.zeros((k, 3, trials)), np.zeros((k, 3, trials))
    events, entered = np.zeros((k, trials)), np.zeros((k, trials))
    sizes = {
        arm: np.diff(np.round(edges * most)).astype(int)
        for arm, most in ((1, study.n_treated), (0, study.n - study.n_treated))
    }
    for look in range(k):
        share = _shares(scenario, (edges[look] + edges[look + 1]) / 2.0, enriched=study.enriched)
        arms = [_arm(scenario, rng, int(sizes[arm][look]), share, trials, treated=arm == 1) for arm in (0, 1)]
        groups = ((POSITIVE, [1]), (NEGATIVE, [0])) if study.stratified else ((POSITIVE, [1]), (ALL, [0, 1]))
        for group, tests in groups:
            u[look, group], v[look, group] = _score(scenario, [_pooled(arm, tests) for arm in arms])
        if study.stratified:
            for sums in (u, v):
                sums[look, ALL] = sums[look, POSITIVE] + sums[look, NEGATIVE]
        events[look] = sum(arm["events"] for arm in arms)
        entered[look] = sizes[0][look] + sizes[1][look]
    when = np.broadcast_to(study.fractions * scenario.accrual, (trials, k))
    return decide(study, u.cumsum(axis=0), v.cumsum(axis=0), events.cumsum(axis=0), entered.cumsum(axis=0), when)


def _shares(scenario: OutcomeScenario, when: float, *, enriched: bool) -> Floats:
    """Shares of the four cells of marker and test among those who are randomised."""
    cells = scenario.cells(when)
    if enriched:
        cells = cells * np.array([0.0, 1.0])
    return np.asarray((cells / cells.sum()).ravel())


def _arm(
    scenario: OutcomeScenario, rng: np.random.Generator, n: int, share: Floats, trials: int, *, treated: bool
) -> dict[str, Floats]:
    """Counts, sums and sums of squares about the mean of each cell of an arm, (trials, marker, test)."""
    seen = rng.binomial(n, 1.0 - scenario.missing, trials) if scenario.missing else np.full(trials, n)
    count = rng.multinomial(seen, share).reshape(trials, 2, 2).astype(np.float64)
    effect = scenario.effect
    if isinstance(effect, RatesEffect):
        rate = (
            (effect.rate_negative, effect.rate_positive)
            if treated
            else (effect.control_negative, effect.control_positive)
        )
        total = rng.binomial(count.astype(np.int64), np.array(rate)[:, None]).astype(np.float64)
        return {"n": count, "sum": total, "square": np.zeros_like(total), "events": total.sum(axis=(1, 2))}
    gain = (effect.difference_negative, effect.difference_positive) if treated else (0.0, 0.0)
    mean = (np.array([0.0, effect.prognostic]) + np.array(gain))[:, None]
    total = count * mean + np.sqrt(count) * effect.sd * rng.standard_normal(count.shape)
    square = effect.sd**2 * 2.0 * rng.standard_gamma(np.maximum(count - 1.0, 0.0) / 2.0)
    return {"n": count, "sum": total, "square": square, "events": np.zeros(trials)}


def _pooled(arm: dict[str, Floats], tests: list[int]) -> tuple[Floats, Floats, Floats]:
    """Number, mean and sum of squares about the mean of an arm's subjects with some test results."""
    n, total, square = (arm[name][:, :, tests] for name in ("n", "sum", "square"))
    each = np.divide(total, n, out=np.zeros_like(total), where=n > 0)
    size = n.sum(axis=(1, 2))
    mean = np.divide(total.sum(axis=(1, 2)), size, out=np.zeros_like(size), where=size > 0)
    return size, mean, square.sum(axis=(1, 2)) + (n * (each - mean[:, None, None]) ** 2).sum(axis=(1, 2))


def _score(scenario: OutcomeScenario, arms: list[tuple[Floats, Floats, Floats]]) -> tuple[Floats, Floats]:
    """Score and information of treatment against control; a benefit is negative, as for hazards."""
    (n0, mean0, square0), (n1, mean1, square1) = arms
    n = n0 + n1
    if isinstance(scenario.effect, RatesEffect):
        rate = np.divide(n0 * mean0 + n1 * mean1, n, out=np.zeros_like(n), where=n > 0)
        variance = rate * (1.0 - rate)
    else:
        variance = np.divide(square0 + square1, n - 2.0, out=np.zeros_like(n), where=n > 2)
    usable = (variance > 0) & (n0 > 0) & (n1 > 0)
    v = np.divide(n0 * n1, variance * n, out=np.zeros_like(n), where=usable)
    sign = 1.0 if scenario.effect.better == "higher" else -1.0
    difference = -sign * (mean1 - mean0)
    if isinstance(scenario.effect, RatesEffect):
        return difference * v, v
    # the normal deviate with the tail of Student's t, so that a variance that is estimated costs no error
    t = difference * np.sqrt(v)
    return -np.sign(t) * ndtri(stdtr(np.maximum(n - 2.0, 1.0), -np.abs(t))) * np.sqrt(v), v


def _convention(study: StudyPlan, scenario: OutcomeScenario) -> str:
    """What the simulated analysis takes for granted, in words."""
    test = "rates, variance pooled" if isinstance(scenario.effect, RatesEffect) else "means, variance estimated"
    words = [f"analysis {study.analysis}", f"difference of {test}, stages as strata"]
    words.append("overall test stratified by test result" if study.stratified else "overall test not stratified")
    if study.analysis == "closed":
        words.append(f"intersection by {study.intersection}, increments combined by the inverse normal")
    if study.looks is not None:
        words.append(study.looks.convention)
    return "; ".join(words)
