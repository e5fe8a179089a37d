"""Designs searched under constraints: what is feasible, what is not beaten, and what to run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from biomarker.errors import ConfigError
from biomarker.trial.checks import between, level, one_of, power_above, refuse, whole
from biomarker.trial.designs.registry import DESIGNS
from biomarker.trial.designs.setting import Setting
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.planning.cutoffs import CutOffs
from biomarker.trial.planning.pareto import pareto_front
from biomarker.trial.planning.reasons import nearest_in_words, recommendation_in_words
from biomarker.trial.planning.uncertainty import EffectUncertainty
from biomarker.trial.planning.worth import CLAIMS, WITH_LOOKS, Costs, Option, Study, Worth

__all__ = ["Candidate", "Constraints", "Plan", "optimise"]

OBJECTIVES = ("net_benefit", "cost", "duration", "patients", "power")
SEARCHED = ("all-comers", "enrichment", "stratified", "fallback", "biomarker-strategy")
# Designs that say themselves how subjects are shared among arms
OWN_ALLOCATION = ("biomarker-strategy", "platform")
UNTESTED = ("all-comers", "platform")
# Beyond this power more subjects are not tried
HIGHEST_POWER = 0.99


@dataclass(frozen=True)
class Constraints:
    """What a study must keep to, even if it is not stopped early.

    Attributes
    ----------
    power : float
        Least power of the design's primary success.
    alpha : float
        One-sided family-wise error: every design spends it over all its hypotheses.
    budget, time, patients : float
        Most cost, duration, and candidates approached; without limit by default.
    """

    power: float = 0.8
    alpha: float = 0.025
    budget: float = np.inf
    time: float = np.inf
    patients: float = np.inf

    def __post_init__(self) -> None:
        level(self.alpha, 1)
        power_above(self.power, self.alpha)
        for name in ("budget", "time", "patients"):
            if getattr(self, name) != np.inf:
                between(name, getattr(self, name), 0.0)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One study that could be run.

    Attributes
    ----------
    design : str
    cutoff : float
        NaN where no cut-offs were given, or the design tests nobody.
    ratio : float
        Treatment subjects per control subject.
    n_looks, n : int
        Looks at the data, and subjects randomised at most.
    duration, cost, patients : float
        Expected at the effects of the setting; patients are candidates approached. Of a platform, cost and patients are
        the share of one treatment; what the constraints are about is the whole platform.
    duration_most, cost_most, patients_most : float
        When the study is not stopped early: what the constraints are about.
    power, assurance : float
        Of the primary success: at the effects of the setting, and averaged over their posterior (NaN without one, or
        where it was not computed because a constraint is broken).
    net_benefit : float
        Expected, over the posterior where there is one; NaN without a worth, or where a constraint is broken.
    feasible : bool
    study : Study
    """

    design: str
    cutoff: float
    ratio: float
    n_looks: int
    n: int
    duration: float
    cost: float
    patients: float
    duration_most: float
    cost_most: float
    patients_most: float
    power: float
    assurance: float
    net_benefit: float
    feasible: bool
    study: Study

    def excess(self, constraints: Constraints) -> dict[str, float]:
        """By how much of its limit each constraint is broken; 0 where it is kept."""
        used = {"budget": self.cost_most, "time": self.duration_most, "patients": self.patients_most}
        broken = {name: max(value / getattr(constraints, name) - 1.0, 0.0) for name, value in used.items()}
        # a power found by a root search may fall short of the limit by the tolerance of the search
        short = 1.0 - self.power / constraints.power
        return broken | {"power": short if short > 1e-9 else 0.0}


@dataclass(frozen=True, eq=False)
class Plan:
    """What the search found.

    Attributes
    ----------
    candidates : tuple of Candidate
        Everything that was tried.
    front : tuple of Candidate
        Feasible and not beaten on duration, cost, patients, power and expected net benefit together.
    recommended : Candidate or None
        The best of the front by what was preferred; None where nothing is feasible.
    nearest : Candidate or None
        Where nothing is feasible, the candidate whose worst broken constraint is broken least.
    binding : tuple of str
        The constraints in the way of the nearest candidate: those it breaks and, where that is the power, those that
        allow it no subject more.
    relaxed : dict
        Where nothing is feasible: the limit of each constraint from which, the others as they are, something would be;
        NaN where no limit helps.
    unreachable : tuple of str
        Options for which no size reaches the power, with the reason.
    reason : str
    convention : str
    """

    candidates: tuple[Candidate, ...]
    front: tuple[Candidate, ...]
    recommended: Candidate | None
    nearest: Candidate | None
    binding: tuple[str, ...]
    relaxed: dict[str, float]
    unreachable: tuple[str, ...]
    reason: str
    convention: str


def optimise(
    setting: Setting,
    *,
    costs: Costs,
    constraints: Constraints | None = None,
    worth: Worth | None = None,
    uncertainty: EffectUncertainty | None = None,
    designs: Sequence[str] = SEARCHED,
    cutoffs: CutOffs | None = None,
    ratios: Sequence[float] = (1.0,),
    looks: Sequence[GroupSequentialDesign | None] = (None,),
    arms: int = 1,
    sizes: int = 6,
    nodes: int = 12,
    prefer: str | None = None,
    rng: np.random.Generator | None = None,
) -> Plan:
    """Search designs, cut-offs, allocations, looks and sizes for the study to run.

    Every combination is tried, at `sizes` sizes that rise by a constant factor from the least that has the power asked
    for to the least of that with power 0.99 and the largest that budget, time and patients allow. With horizon H,
    duration T and the benefit rates of treating all, ``b_F``, and the test-positive, ``b_S``,

    ``net benefit = E[(P_F b_F + (P_S - P_F) b_S) (H - T)^+ - cost]``,

    where ``P_F`` is the probability of success in all, ``P_S`` that of any success; the expectation is over the
    posterior of the effects.

    Parameters
    ----------
    setting : Setting
        Needs a screening rate.
    costs : Costs
    constraints : Constraints, optional
    worth : Worth, optional
        Without it there is no net benefit.
    uncertainty : EffectUncertainty, optional
        Without it there is no assurance, and the net benefit is that at the effects of the setting.
    designs : sequence of str
        Also "adaptive-signature", whose classifier is taken to be as good as the setting's assay, and
        "adaptive-enrichment", which is simulated, and "platform", where several treatments could share a control. A
        basket has no control: it cannot tell whether the treatment does more than another, and cannot be weighed.
    cutoffs : CutOffs, optional
        In place of the prevalence, sensitivity and specificity of the setting; the effects do not change with them.
    ratios : sequence of float
        Treatment subjects per control subject; in place of the setting's.
    looks : sequence of GroupSequentialDesign or None
        One-sided, at the alpha of the constraints; tried with all-comers and enrichment, the other designs have one
        look. None is one look.
    arms : int
        Treatments of a platform, at least 2 where it is searched.
    sizes : int
        Of each combination, at least 1.
    nodes : int
        Of the quadrature, for each uncertain effect; from 2 to 64. At 12 the assurance is off by less than 0.001
        where a posterior sd is twice the standard error of the study, by at most 0.01 where it is three times that.
    prefer : {"net_benefit", "cost", "duration", "patients", "power"}, optional
        What the recommendation is best in; net benefit where there is a worth, else cost. Ties go to the lower cost.
    rng : numpy.random.Generator, optional
        Needed with a design that is simulated; all of its numbers come from the same draws, 10,000 studies each.

    Returns
    -------
    Plan

    Raises
    ------
    ConfigError
        An argument is outside its range; or no design reaches the power with any size.

    Notes
    -----
    Valid when unit costs and rates are constant, and the endpoint of means and rates is read at once (a look stops
    enrolment on the day of its data). Dates of looks are those at the effects of the setting. The biomarker-strategy
    design has equal arms whatever the ratio, a platform as many controls for a subject of an arm as the root of its
    arms. Each design is sized for its own primary success: a stratified study with power 0.8 shows something else than
    an all-comers study with power 0.8, which is what the net benefit weighs.

    References
    ----------
    Graf, Posch and Koenig 2015, https://doi.org/10.1002/bimj.201300257; Ondra, Jobjörnsson, Beckman, Burman, König,
    Stallard and Posch 2016, https://doi.org/10.1371/journal.pone.0163726
    """
    limits = Constraints() if constraints is None else constraints
    by = one_of("prefer", ("cost" if worth is None else "net_benefit") if prefer is None else prefer, OBJECTIVES)
    if by == "net_benefit" and worth is None:
        raise refuse("prefer", by, "something else where no worth is given")
    count, k = whole("sizes", sizes, 1), whole("nodes", nodes, 2, 64)
    candidates: list[Candidate] = []
    unreachable: list[str] = []
    seed = _seed(designs, rng)
    treatments = whole("arms", arms, 2 if "platform" in designs else 1)
    for option in _options(setting, limits, designs, cutoffs, ratios, looks):
        option = replace(option, seed=seed, arms=treatments)
        try:
            least = option.evaluate(power=limits.power)
        except ConfigError as error:
            unreachable.append(f"{option.design}, cut-off {option.cutoff:g}: {error}")
            continue
        for n in _sizes(option, costs, limits, least.n_randomised, count):
            study = Study.plan(option, costs, float(n))
            candidates.append(_appraise(study, limits, worth, uncertainty, k))
    if not candidates:
        raise ConfigError(
            f"power of {limits.power:g} is reached by none of the designs with any size",
            "there is no effect, or one in the wrong direction; " + "; ".join(unreachable[:1]),
        )
    return _conclude(candidates, unreachable, limits, by, worth, uncertainty)


def _seed(designs: Sequence[str], rng: np.random.Generator | None) -> int:
    """Seed of the designs that are simulated."""
    simulated = [name for name in designs if name in DESIGNS and DESIGNS[name].simulated]
    if simulated and rng is None:
        raise refuse("rng", rng, f"a numpy.random.Generator, for {simulated[0]}")
    return 0 if rng is None else int(rng.integers(2**63))


def _options(
    setting: Setting,
    limits: Constraints,
    designs: Sequence[str],
    cutoffs: CutOffs | None,
    ratios: Sequence[float],
    looks: Sequence[GroupSequentialDesign | None],
) -> list[Option]:
    """All combinations that differ: untested designs have no cut-off, most designs one look."""
    if setting.screening_rate is None:
        raise refuse("screening_rate", None, "a number above 0 in the setting: without it no study has a duration")
    for name, values in (("designs", designs), ("ratios", ratios), ("looks", looks)):
        if len(values) == 0:
            raise refuse(name, values, "at least one")
    for plan in looks:
        if plan is not None and (plan.sided != 1 or abs(plan.alpha - limits.alpha) > 1e-12):
            raise refuse("looks", (plan.sided, plan.alpha), f"one-sided looks with alpha {limits.alpha:g}")
    places = [(np.nan, setting)] if cutoffs is None else cutoffs.settings(setting)
    options: list[Option] = []
    for design in designs:
        one_of("designs", design, tuple(CLAIMS))
        for value, place in _tested_places(design, places):
            for ratio in ratios if design not in OWN_ALLOCATION else (1.0,):
                for plan in looks if design in WITH_LOOKS else (None,):
                    at = replace(place, ratio=between("ratios", ratio, 0.0))
                    options.append(Option(design, at, value, limits.alpha, plan))
    return options


def _tested_places(design: str, places: list[tuple[float, Setting]]) -> list[tuple[float, Setting]]:
    """Where nobody is tested, cut-offs count once for each prevalence that they make."""
    if design not in UNTESTED:
        return places
    kept = {place.prevalence: place for _, place in reversed(places)}
    return [(np.nan, place) for place in reversed(kept.values())]


def _sizes(option: Option, costs: Costs, limits: Constraints, least: float, count: int) -> list[int]:
    """Sizes to try: from the least with the power to the largest allowed; where none is allowed, both of these."""
    first = int(np.ceil(least - 1e-9))
    most = _most_allowed(option, costs, limits)
    if most < first:
        return [max(int(most), 4), first]
    if count == 1 or limits.power >= HIGHEST_POWER:
        return [first]
    last = int(np.floor(min(most, option.evaluate(power=HIGHEST_POWER).n_randomised)))
    return sorted({round(n) for n in np.geomspace(first, max(first, last), count)})


def _most_allowed(option: Option, costs: Costs, limits: Constraints) -> float:
    """The largest size within budget, time and patients, whole and at least 0: all three are linear in n."""
    one, two = (Study.plan(option, costs, n) for n in (1000.0, 2000.0))
    uses = (
        (one.cost, two.cost, limits.budget),
        (one.most.duration, two.most.duration, limits.time),
        (one.most.n_screened, two.most.n_screened, limits.patients),
    )
    most = np.inf
    for low, high, limit in uses:
        slope = (high - low) / 1000.0
        start = low - 1000.0 * slope
        if slope > 0:
            most = min(most, (limit - start) / slope)
        elif start > limit:
            most = 0.0
    return float(np.floor(max(most, 0.0) + 1e-9)) if np.isfinite(most) else np.inf


def _appraise(
    study: Study, limits: Constraints, worth: Worth | None, uncertainty: EffectUncertainty | None, nodes: int
) -> Candidate:
    """A study with its numbers."""
    option, most = study.option, study.most
    at = study.under(worth=worth)
    candidate = Candidate(
        design=option.design,
        cutoff=option.cutoff,
        ratio=option.setting.ratio,
        n_looks=1 if option.looks is None else option.looks.n_looks,
        n=round(most.n_randomised),
        duration=at.duration,
        cost=at.cost,
        patients=at.screened,
        duration_most=most.duration,
        cost_most=study.cost,
        patients_most=most.n_screened,
        power=most.power[most.primary],
        assurance=np.nan,
        net_benefit=np.nan,
        feasible=False,
        study=study,
    )
    if max(candidate.excess(limits).values()) > 1e-9:
        return candidate
    if uncertainty is None:
        gain = np.nan if worth is None else at.net_benefit(worth.horizon)
        return replace(candidate, net_benefit=gain, feasible=True)
    average = net = 0.0
    for weight, effect in uncertainty.nodes(option.setting.effect, nodes):
        outcome = study.under(effect, worth)
        average += weight * outcome.result.power[most.primary]
        net += weight * (np.nan if worth is None else outcome.net_benefit(worth.horizon))
    return replace(candidate, assurance=average, net_benefit=net, feasible=True)


def _losses(candidate: Candidate) -> list[float]:
    """What is to be small; net benefit only where there is one."""
    gain = [] if np.isnan(candidate.net_benefit) else [-candidate.net_benefit]
    return [candidate.duration, candidate.cost, candidate.patients, -candidate.power, *gain]


def _conclude(
    candidates: list[Candidate],
    unreachable: list[str],
    limits: Constraints,
    by: str,
    worth: Worth | None,
    uncertainty: EffectUncertainty | None,
) -> Plan:
    """Front and recommendation, or the nearest candidate and what is in its way."""
    feasible = [candidate for candidate in candidates if candidate.feasible]
    front: list[Candidate] = []
    recommended = nearest = None
    relaxed: dict[str, float] = {}
    if feasible:
        kept = pareto_front([_losses(candidate) for candidate in feasible])
        front = [candidate for candidate, on in zip(feasible, kept, strict=True) if on]
        sign = -1.0 if by in ("net_benefit", "power") else 1.0
        recommended = min(front, key=lambda candidate: (sign * getattr(candidate, by), candidate.cost))
        binding: tuple[str, ...] = ()
        reason = recommendation_in_words(recommended, feasible, front, by, len(candidates))
    else:
        nearest = min(candidates, key=lambda candidate: max(candidate.excess(limits).values()))
        binding = _binding(nearest, limits)
        relaxed = {name: _relaxed(name, candidates, limits) for name in ("budget", "time", "patients", "power")}
        reason = nearest_in_words(nearest, limits, binding, relaxed, len(candidates))
    words = [
        f"one-sided family-wise error {limits.alpha:g} in every design",
        "constraints on the study that is not stopped early, objectives expected",
        "effects known"
        if uncertainty is None
        else "power at the effects assumed, assurance and net benefit on average",
        "no net benefit" if worth is None else f"benefit until time {worth.horizon:g}, not discounted",
    ]
    return Plan(
        tuple(candidates),
        tuple(sorted(front, key=lambda candidate: candidate.cost)),
        recommended,
        nearest,
        binding,
        relaxed,
        tuple(unreachable),
        reason,
        "; ".join(words),
    )


def _binding(nearest: Candidate, limits: Constraints) -> tuple[str, ...]:
    """Constraints that are broken; where the power is, also those that allow no subject more."""
    broken = {name for name, value in nearest.excess(limits).items() if value > 1e-9}
    if "power" in broken:
        larger = Study.plan(nearest.study.option, nearest.study.costs, nearest.n + 1.0)
        use = {"budget": larger.cost, "time": larger.most.duration, "patients": larger.most.n_screened}
        broken |= {name for name, value in use.items() if value > getattr(limits, name)}
    return tuple(name for name in ("power", "budget", "time", "patients") if name in broken)


def _relaxed(name: str, candidates: list[Candidate], limits: Constraints) -> float:
    """The limit from which something would be feasible when the other constraints stay."""
    used = {"budget": "cost_most", "time": "duration_most", "patients": "patients_most", "power": "power"}[name]
    values = [
        getattr(candidate, used)
        for candidate in candidates
        if all(value <= 1e-9 for other, value in candidate.excess(limits).items() if other != name)
    ]
    # a power at which nothing but chance is found is none
    values = [value for value in values if name != "power" or value > limits.alpha]
    if not values:
        return np.nan
    return float(max(values) if name == "power" else min(values))
