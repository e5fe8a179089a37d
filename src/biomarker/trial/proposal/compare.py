"""Every design of the registry at the effects of one marker: sizes, power, costs, worth, on one table."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from biomarker.errors import ConfigError
from biomarker.trial.designs.registry import DESIGNS
from biomarker.trial.designs.result import DesignMethod, DesignResult
from biomarker.trial.designs.setting import RatesEffect, Setting
from biomarker.trial.planning.uncertainty import EffectUncertainty
from biomarker.trial.planning.worth import WITH_LOOKS, Option, Study
from biomarker.trial.proposal.intent import Intent
from biomarker.trial.proposal.marker import Marker
from biomarker.trial.proposal.rows import design_base, without_numbers

__all__ = ["LOOKS_CASES", "compare", "design_row"]

Row = dict[str, Any]
# Published cases behind the bounds that looks use
LOOKS_CASES = ("GS-asOF-K3", "GS-asP-K3", "GS-HSD4-K5-ONESIDED", "GS-LDOF-UNEQUAL")
SHARED = "sizes and cost are of all treatments together, expected cost and net benefit one treatment's share"
UNCONTROLLED = (
    "without a control it tells whether patients respond, not whether they do better than under another treatment: its "
    "net benefit cannot be weighed against that of a comparison"
)
# Names of the success in everybody and in the subgroup, in the order in which they are looked for
OVERALL, SUBGROUP = ("overall",), ("positive", "subset")


def compare(marker: Marker, intent: Intent, *, seed: int) -> list[Row]:
    """One row a design, basis of the effects and way of looking; designs that cannot be say why.

    Parameters
    ----------
    marker : Marker
    intent : Intent
    seed : int
        Of designs that are simulated; the same draws for all of them.

    Returns
    -------
    list of dict
        ``design``, ``title``, ``basis``, ``n_looks``, ``status`` (ok, not_possible, not_applicable), ``reason``, sizes,
        duration, powers, assurance, family-wise error, cost, net benefit, ``feasible``, ``convention``, ``cases``.

    Notes
    -----
    Valid as `biomarker.trial.optimise` is. Sizes are whole and the least with the power asked for. Each design is sized
    for its own primary success: compare the net benefit, or the powers in all and in the subgroup, not the sizes alone.
    """
    rows = []
    for basis in marker.bases:
        oriented = marker.oriented(basis)
        try:
            setting = oriented.setting(basis, **intent.timing)
        except ConfigError as error:
            rows += [_without(method, basis, "not_possible", str(error)) for method in DESIGNS.values()]
            continue
        beliefs = oriented.uncertainty(basis)
        for method in DESIGNS.values():
            rows += _rows(method, basis, setting, beliefs, intent, seed)
    return rows


def _rows(
    method: DesignMethod, basis: str, setting: Setting, beliefs: EffectUncertainty, intent: Intent, seed: int
) -> list[Row]:
    """The rows of one design: with one look and, where it allows them, with several."""
    if method.name == "basket":
        return [_basket(method, basis, setting, intent, seed)]
    if method.name == "platform" and intent.arms < 2:
        return [
            _without(
                method,
                basis,
                "not_applicable",
                "one treatment: nothing shares the control (trial.arms)",
                "one_treatment",
            )
        ]
    looks = [None, intent.sequential] if method.name in WITH_LOOKS and len(intent.looks) > 1 else [None]
    rows = []
    for plan in looks:
        option = Option(method.name, setting, np.nan, intent.constraints.alpha, plan, seed, intent.arms)
        try:
            least = option.evaluate(power=intent.constraints.power)
        except ConfigError as error:
            rows.append(_without(method, basis, "not_possible", f"{error.message}: {error.hint}".rstrip(": ")))
            continue
        study = Study.plan(option, intent.costs, float(np.ceil(least.n_randomised - 1e-9)))
        rows.append(_studied(method, basis, study, beliefs, intent))
    return rows


def _studied(method: DesignMethod, basis: str, study: Study, beliefs: EffectUncertainty, intent: Intent) -> Row:
    """A design with all its numbers."""
    most, worth = study.most, intent.worth
    expected = study.under(worth=worth)
    share = expected.screened / (study.option.share * most.n_screened) if most.n_screened else 1.0
    # a design that is simulated says itself how many it expects
    n_expected = most.n_expected if method.simulated else share * most.n_randomised
    average, net = _averaged(study, beliefs, intent)
    limits = intent.constraints
    return design_row(
        method,
        basis,
        most,
        n_looks=1 if study.option.looks is None else study.option.looks.n_looks,
        n_expected=n_expected,
        assurance=average,
        familywise=limits.alpha,
        cost=study.cost,
        cost_expected=expected.cost,
        duration_expected=expected.duration,
        net_benefit=net,
        feasible=bool(
            study.cost <= limits.budget and most.duration <= limits.time and most.n_screened <= limits.patients
        ),
        cases=method.cases + (() if study.option.looks is None else LOOKS_CASES),
        note=SHARED if study.option.share < 1.0 else "",
    )


def _averaged(study: Study, beliefs: EffectUncertainty, intent: Intent) -> tuple[float, float]:
    """Assurance and expected net benefit: averages over what is believed of the effects."""
    average = net = 0.0
    for weight, effect in beliefs.nodes(study.option.setting.effect, intent.nodes):
        outcome = study.under(effect, intent.worth)
        average += weight * outcome.result.power[study.most.primary]
        net += weight * (np.nan if intent.worth is None else outcome.net_benefit(intent.worth.horizon))
    return average, net


def _basket(method: DesignMethod, basis: str, setting: Setting, intent: Intent, seed: int) -> Row:
    """Marker-positive subjects of several diseases, single-arm, where there are several and the endpoint is binary."""
    effect = setting.effect
    if intent.baskets < 2:
        return _without(
            method, basis, "not_applicable", "one disease: nothing to borrow from (trial.baskets)", "one_disease"
        )
    if not isinstance(effect, RatesEffect) or effect.better == "lower":
        return _without(
            method,
            basis,
            "not_applicable",
            "single-arm, about a response rate: needs a binary endpoint",
            "needs_binary",
        )
    if effect.rate_positive <= effect.control_positive:
        return _without(
            method, basis, "not_possible", "marker-positive subjects respond no better than controls", "no_better"
        )
    power, alpha = intent.constraints.power, intent.constraints.alpha

    def run(n: int) -> DesignResult:
        return method.evaluate(
            n=n,
            null=effect.control_positive,
            alternative=effect.rate_positive,
            baskets=intent.baskets,
            active=intent.baskets,
            alpha=alpha,
            trials=4000,
            rng=np.random.default_rng(seed),
        )

    sizes = [8, 12, 16, 20, 25, 30, 40, 50, 65, 80, 100]
    for n in sizes:
        found = run(n)
        if found.power["active basket"] >= power:
            return _uncounted(method, basis, found, intent)
    return _without(
        method, basis, "not_possible", f"power {power:g} a basket needs more than {sizes[-1]} subjects each"
    )


def _uncounted(method: DesignMethod, basis: str, found: DesignResult, intent: Intent) -> Row:
    """A design that asks another question: its cost counts, its net benefit cannot be compared."""
    familywise = found.decisions["family-wise error"]
    cost = intent.costs.total(
        screened=found.n_screened,
        tested=found.n_tested,
        randomised=found.n_randomised,
        duration=0.0 if np.isnan(found.duration) else found.duration,
    )
    return design_row(
        method,
        basis,
        found,
        familywise=familywise,
        cost=cost,
        cost_expected=cost,
        cases=method.cases,
        note=UNCONTROLLED,
    )


def design_row(
    method: DesignMethod,
    basis: str,
    found: DesignResult,
    *,
    n_looks: int = 1,
    n_expected: float | None = None,
    assurance: float = np.nan,
    familywise: float = np.nan,
    cost: float = np.nan,
    cost_expected: float = np.nan,
    duration_expected: float | None = None,
    net_benefit: float = np.nan,
    feasible: bool | None = None,
    cases: tuple[str, ...] = (),
    note: str = "",
) -> Row:
    """A result of a design as a row; numbers that do not apply are None."""
    numbers = {
        "n_randomised": found.n_randomised,
        "n_expected": found.n_expected if n_expected is None else n_expected,
        "n_screened": found.n_screened,
        "n_tested": found.n_tested,
        "n_positive": found.n_positive,
        "n_negative": found.n_negative,
        "events": found.events,
        "duration": found.duration,
        "duration_expected": found.duration if duration_expected is None else duration_expected,
        "power": found.power[found.primary],
        "power_error": found.power_error,
        "power_overall": _first(found.power, OVERALL),
        "power_subgroup": _first(found.power, SUBGROUP),
        "assurance": assurance,
        "familywise_error": familywise,
        "cost": cost,
        "cost_expected": cost_expected,
        "net_benefit": net_benefit,
    }
    return design_base(
        method.name,
        method.title,
        basis,
        n_looks=n_looks,
        primary=found.primary,
        **{name: _number(value) for name, value in numbers.items()},
        feasible=feasible,
        convention=f"{found.convention}; {note}" if note else found.convention,
        cases=list(cases),
    )


def _without(method: DesignMethod, basis: str, status: str, reason: str, code: str | None = None) -> Row:
    return without_numbers(method.name, method.title, basis, status, reason, code)


def _first(powers: Mapping[str, float], names: tuple[str, ...]) -> float:
    return next((powers[name] for name in names if name in powers), np.nan)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
