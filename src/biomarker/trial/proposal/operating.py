"""What the leading designs do under scenarios: simulated studies, with the Monte-Carlo error of everything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from biomarker.arrays import Device
from biomarker.rng import stream
from biomarker.trial.designs.adaptive_enrichment import adaptive_enrichment
from biomarker.trial.designs.registry import DESIGNS
from biomarker.trial.designs.setting import MeansEffect, RatesEffect, Setting, SurvivalEffect
from biomarker.trial.planning.uncertainty import Effect
from biomarker.trial.proposal.compare import LOOKS_CASES
from biomarker.trial.proposal.intent import Intent
from biomarker.trial.simulation.decision import OperatingCharacteristics
from biomarker.trial.simulation.operating import simulate_survival
from biomarker.trial.simulation.outcomes import OutcomeScenario, simulate_outcomes, standard_outcome_scenarios
from biomarker.trial.simulation.scenario import Scenario, standard_scenarios
from biomarker.trial.sizes.accrual import as_hazard

__all__ = ["adaptive_characteristics", "operating_characteristics"]

Row = dict[str, Any]


@dataclass(frozen=True)
class _Run:
    """How one design is simulated."""

    design: str
    analysis: str
    enriched: bool = False
    looks: bool = False


# The designs that differ in whom they enrol or how they test; the closed test is that of a stratified study with looks
RUNS = (
    _Run("all-comers", "overall"),
    _Run("all-comers", "overall", looks=True),
    _Run("enrichment", "overall", enriched=True),
    _Run("enrichment", "overall", enriched=True, looks=True),
    _Run("fallback", "fallback"),
    _Run("stratified", "closed", looks=True),
)


# How many times the size of the leading design another may have and still be simulated
LARGEST = 5


def operating_characteristics(
    setting: Setting,
    sizes: Mapping[str, int],
    intent: Intent,
    *,
    basis: str,
    seed: int,
    leading: str,
    device: Device | None = None,
) -> list[Row]:
    """One row a design, scenario and success.

    Parameters
    ----------
    setting : Setting
        As planned.
    sizes : mapping of design to int
        Subjects randomised. Left out: a design without a size, or with over five times that of the leading one.
    intent : Intent
    basis : str
        Of the effects as planned.
    seed : int
        Each design and scenario draws from a stream of its own.
    leading : str
        The design that is recommended: with looks and without. Of the others the form without looks is shown, of a
        stratified study the closed test with looks.
    device : Device, optional
        As in `simulate_survival`.

    Returns
    -------
    list of dict
        ``power`` with ``power_error``, mean subjects, events and duration with their errors, the mean estimate.
    """
    rows = []
    most = LARGEST * sizes.get(leading, max(sizes.values(), default=0))
    for run in RUNS:
        if sizes.get(run.design, np.inf) > most or (run.looks and run.design not in (leading, "stratified")):
            continue
        if run.looks and len(intent.looks) < 2:
            continue
        n = sizes[run.design]
        scenarios, simulate = _simulator(setting, run, n, intent, device)
        for name, scenario in scenarios.items():
            draws = stream(seed, "trial", "operating", run.design, run.analysis, str(run.looks), name)
            found = simulate(scenario, draws)
            rows += _rows(run, basis, n, name, found, survival=isinstance(setting.effect, SurvivalEffect))
    return rows


def _simulator(
    setting: Setting, run: _Run, n: int, intent: Intent, device: Device | None
) -> tuple[Mapping[str, Any], Callable[[Any, np.random.Generator], OperatingCharacteristics]]:
    """The scenarios of an endpoint's kind, and what simulates one of them."""
    effect = setting.effect
    looks = intent.sequential if run.looks else None
    choices: dict[str, Any] = {
        "n": n,
        "looks": looks,
        "analysis": run.analysis,
        "enriched": run.enriched,
        "ratio": intent.ratio,
        "alpha": intent.constraints.alpha,
        "trials": intent.trials,
    }
    working = 1.0 - setting.assay.failure
    eligible = working * (setting.positive if run.enriched else 1.0) * setting.consent
    accrual = n / (eligible * intent.screening_rate)
    if isinstance(effect, MeansEffect | RatesEffect):
        planned = OutcomeScenario(effect, setting.prevalence, accrual, setting.assay)
        return standard_outcome_scenarios(planned), lambda truth, rng: simulate_outcomes(truth, rng=rng, **choices)
    at = Scenario(
        effect.hazard_control,
        effect.hazard_ratio_positive,
        effect.hazard_ratio_negative,
        setting.prevalence,
        accrual,
        prognostic=effect.prognostic,
        dropout=as_hazard("dropout", effect.dropout).rates[0],
        assay=setting.assay,
    )
    timed = replace(setting, effect=replace(effect, accrual=accrual))
    expected = (timed.test_positive() if run.enriched else timed.all()).events
    events = int(np.clip(round(n * expected), 1, n))
    return standard_scenarios(at), lambda truth, rng: simulate_survival(
        truth, rng=rng, events=events, workers=1, device=device, **choices
    )


def _rows(
    run: _Run, basis: str, n: int, scenario: str, found: OperatingCharacteristics, *, survival: bool
) -> list[Row]:
    """One row a success."""
    rows = []
    for success, power in found.power.items():
        estimate = found.log_hazard_ratio.get(success)
        error = found.log_hazard_ratio_error.get(success)
        rows.append(
            {
                "design": run.design,
                "analysis": run.analysis,
                "n_looks": len(found.power_by_look),
                "basis": basis,
                "scenario": scenario,
                "success": "positive" if run.enriched else success,
                "n": n,
                "power": power,
                "power_error": found.power_error[success],
                "futility": found.stopped_for_futility,
                "n_mean": found.n,
                "n_error": found.n_error,
                "events_mean": found.events if survival else None,
                "events_error": found.events_error if survival else None,
                "duration_mean": found.duration,
                "duration_error": found.duration_error,
                "estimate": estimate if estimate is not None and np.isfinite(estimate) else None,
                "estimate_error": error if error is not None and np.isfinite(error) else None,
                "effect_scale": "log hazard ratio" if survival else "difference, a benefit negative",
                "trials": found.trials,
                "convention": found.convention,
                "cases": [*DESIGNS[run.design].cases, *(LOOKS_CASES if run.looks else ())],
            }
        )
    return rows


def adaptive_characteristics(setting: Setting, n: int, intent: Intent, *, basis: str, seed: int) -> list[Row]:
    """Rows of the adaptive enrichment design, whose statistics are simulated, under truths that are settings."""
    rows = []
    trials = max(intent.trials, 10_000)
    for name, truth in _truths(setting).items():
        found = adaptive_enrichment(
            truth,
            n=n,
            rng=stream(seed, "trial", "operating", "adaptive-enrichment", name),
            alpha=intent.constraints.alpha,
            trials=trials,
        )
        for success, power in found.power.items():
            rows.append(
                {
                    "design": "adaptive-enrichment",
                    "analysis": "closed",
                    "n_looks": 2,
                    "basis": basis,
                    "scenario": name,
                    "success": success,
                    "n": n,
                    "power": power,
                    "power_error": float(np.sqrt(power * (1.0 - power) / trials)),
                    "futility": found.decisions["stopped"],
                    "n_mean": found.n_expected,
                    "n_error": None,
                    "events_mean": found.events if np.isfinite(found.events) else None,
                    "events_error": None,
                    "duration_mean": found.duration if np.isfinite(found.duration) else None,
                    "duration_error": None,
                    "estimate": None,
                    "estimate_error": None,
                    "effect_scale": "none",
                    "trials": trials,
                    "convention": found.convention,
                    "cases": list(DESIGNS["adaptive-enrichment"].cases),
                }
            )
    return rows


def _truths(setting: Setting) -> dict[str, Setting]:
    """The scenarios that are another setting."""
    effect = setting.effect
    effects: dict[str, Effect]
    if isinstance(effect, SurvivalEffect):
        null = replace(effect, hazard_ratio_positive=1.0, hazard_ratio_negative=1.0)
        effects = {
            "as planned": effect,
            "null": null,
            "subgroup only": replace(effect, hazard_ratio_negative=1.0),
            "both": replace(effect, hazard_ratio_negative=effect.hazard_ratio_positive),
            "prognostic only": replace(null, prognostic=2.0),
        }
    else:
        planned = standard_outcome_scenarios(OutcomeScenario(effect, setting.prevalence, assay=setting.assay))
        names = ("as planned", "null", "subgroup only", "both", "prognostic only")
        effects = {name: planned[name].effect for name in names}
    truths = {name: replace(setting, effect=found) for name, found in effects.items()}
    return truths | {"lower prevalence": replace(setting, prevalence=setting.prevalence / 2.0)}
