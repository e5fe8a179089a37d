"""Tables of plain rows from plain numbers, for a command line or a notebook."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from biomarker.rng import stream
from biomarker.trial.checks import between, one_of, refuse
from biomarker.trial.designs.setting import Assay
from biomarker.trial.group_sequential import GroupSequentialDesign, group_sequential
from biomarker.trial.planning.search import Constraints
from biomarker.trial.planning.worth import Costs
from biomarker.trial.proposal.compare import LOOKS_CASES, compare
from biomarker.trial.proposal.intent import Intent
from biomarker.trial.proposal.marker import Known, Marker
from biomarker.trial.simulation.operating import simulate_survival
from biomarker.trial.simulation.scenario import Scenario, standard_scenarios
from biomarker.trial.sizes.means import sample_size_means
from biomarker.trial.sizes.rates import sample_size_rates
from biomarker.trial.sizes.survival import events_needed
from biomarker.trial.spending import (
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    LanDeMetsOBrienFleming,
    LanDeMetsPocock,
    OBrienFleming,
    Pocock,
    WangTsiatis,
)

__all__ = ["EFFICACY", "bounds", "designs_compared", "scenarios", "sizes"]

Row = dict[str, Any]
#: Shapes of bounds by name; those with a parameter take it after a colon
EFFICACY: dict[str, Any] = {
    "obrien-fleming": OBrienFleming,
    "pocock": Pocock,
    "wang-tsiatis": WangTsiatis,
    "haybittle-peto": HaybittlePeto,
    "lan-demets-obrien-fleming": LanDeMetsOBrienFleming,
    "lan-demets-pocock": LanDeMetsPocock,
    "hwang-shih-decani": HwangShihDeCani,
    "kim-demets": KimDeMets,
}
WITHOUT_PARAMETER = ("obrien-fleming", "pocock", "lan-demets-obrien-fleming", "lan-demets-pocock")


def sizes(endpoint: str, effect: Mapping[str, float], *, power: float, alpha: float, ratio: float) -> list[Row]:
    """Subjects of a comparison of two arms, one-sided.

    Parameters
    ----------
    endpoint : {"means", "rates", "survival"}
    effect : mapping
        ``difference`` and ``sd``; ``treated`` and ``control``; ``hazard_ratio`` and ``event_probability``.
    power, alpha, ratio : float
    """
    one_of("endpoint", endpoint, ("means", "rates", "survival"))
    choices: dict[str, Any] = {"power": power, "alpha": alpha, "ratio": ratio, "sided": 1}
    if endpoint == "survival":
        events = float(np.ceil(events_needed(effect["hazard_ratio"], **choices)))
        seen = between("event_probability", effect["event_probability"], 0.0, 1.0, closed="high")
        return [
            {
                "endpoint": endpoint,
                "events": events,
                "n": float(np.ceil(events / seen)),
                "power": power,
                "alpha": alpha,
                "convention": "Schoenfeld's events, one-sided, both rounded up; subjects are events over their chance",
                "cases": ["SS-SCHOENFELD"],
            }
        ]
    if endpoint == "means":
        found = sample_size_means(effect["difference"], sd=effect["sd"], **choices)
    else:
        found = sample_size_rates(effect["treated"], effect["control"], **choices)
    return [
        {
            "endpoint": endpoint,
            "n": found.n_whole,
            "n_treatment": float(np.ceil(found.n_treatment)),
            "n_control": float(np.ceil(found.n_control)),
            "power": power,
            "alpha": alpha,
            "convention": found.convention,
            "cases": ["SS-MEANS"] if endpoint == "means" else ["SS-RATES"],
        }
    ]


def designs_compared(
    *,
    prevalence: float,
    hazard_ratios: tuple[float, float],
    median: float,
    follow_up: float,
    assay: tuple[float, float, float],
    consent: float,
    screening_rate: float,
    power: float,
    alpha: float,
    ratio: float,
    looks: Sequence[float],
    seed: int,
) -> list[Row]:
    """Every design of the registry for a survival endpoint, one row each; arguments as in `Setting`."""
    Assay(*assay)
    positive, negative = (between("hazard_ratio", value, 0.0) for value in hazard_ratios)
    marker = Marker(
        type="survival",
        better="lower",
        prevalence=Known(between("prevalence", prevalence, 0.0, 1.0)),
        sensitivity=Known(assay[0]),
        specificity=Known(assay[1]),
        failure=Known(assay[2]),
        positive={"raw": Known(float(np.log(positive)))},
        negative={"raw": Known(float(np.log(negative)))},
        control=Known(float(np.log(2.0)) / between("median", median, 0.0)),
    )
    intent = Intent(
        Constraints(power=power, alpha=alpha),
        Costs(),
        ratio=ratio,
        consent=consent,
        screening_rate=screening_rate,
        follow_up=follow_up,
        looks=tuple(looks),
    )
    names = ("design", "n_looks", "n_randomised", "n_expected", "n_screened", "events", "duration", "power")
    more = ("power_overall", "power_subgroup", "familywise_error", "reason", "convention", "cases")
    return [{name: row.get(name) for name in (*names, *more)} for row in compare(marker, intent, seed=seed)]


def bounds(
    looks: Sequence[float],
    *,
    efficacy: str = "lan-demets-obrien-fleming",
    futility: str = "none",
    binding: bool = False,
    sided: int = 1,
    power: float = 0.9,
    alpha: float = 0.025,
) -> list[Row]:
    """One row an analysis: bounds, nominal p, error and power spent."""
    design = group_sequential(
        information=np.asarray(looks, dtype=np.float64),
        alpha=alpha,
        power=power,
        sided=sided,
        efficacy=_shape("efficacy", efficacy),
        futility=None if futility == "none" else _shape("futility", futility),
        binding=binding,
    )
    convention = (
        f"{design.convention}; against one look: maximum {design.inflation_factor:.4f}, expected "
        f"{design.expected_information:.4f} (alternative), {design.expected_information_null:.4f} (no effect)"
    )
    return [
        {
            "look": k + 1,
            "information": float(design.information[k]),
            "efficacy_z": float(design.upper[k]),
            "nominal_p": float(design.nominal_p[k]),
            "futility_z": float(design.lower[k]) if sided == 1 and np.isfinite(design.lower[k]) else None,
            "alpha_spent": float(design.alpha_spent[k]),
            "power_spent": float(design.power_by_look[: k + 1].sum()),
            "convention": convention,
            "cases": list(LOOKS_CASES),
        }
        for k in range(design.n_looks)
    ]


def _shape(argument: str, text: str) -> Any:
    """A shape by its name and, after a colon, its parameter."""
    name, colon, parameter = text.partition(":")
    one_of(argument, name, tuple(EFFICACY))
    if not colon:
        return EFFICACY[name]()
    if name in WITHOUT_PARAMETER:
        raise refuse(argument, text, f"{name} without a parameter")
    try:
        return EFFICACY[name](float(parameter))
    except ValueError:
        raise refuse(argument, text, f"{name}:NUMBER") from None


def scenarios(
    *,
    prevalence: float,
    hazard_ratios: tuple[float, float],
    median: float,
    accrual: float,
    n: int,
    events: int,
    analysis: str,
    assay: tuple[float, float],
    alpha: float,
    looks: Sequence[float],
    trials: int,
    seed: int,
) -> list[Row]:
    """One row a scenario and success of a survival study, with Monte-Carlo errors; see `simulate_survival`."""
    planned = Scenario(
        float(np.log(2.0)) / between("median", median, 0.0),
        *hazard_ratios,
        prevalence=prevalence,
        accrual=accrual,
        assay=Assay(*assay),
    )
    plan: GroupSequentialDesign | None = None
    if len(looks) > 1:
        plan = group_sequential(information=np.asarray(looks, dtype=np.float64), alpha=alpha)
    rows = []
    for name, scenario in standard_scenarios(planned).items():
        found = simulate_survival(
            scenario,
            n=n,
            events=events,
            looks=plan,
            analysis=analysis,
            alpha=alpha,
            trials=trials,
            rng=stream(seed, "trial", "simulate", name),
        )
        rows += [
            {
                "scenario": name,
                "success": success,
                "power": value,
                "error": found.power_error[success],
                "futility": found.stopped_for_futility,
                "n": found.n,
                "events": found.events,
                "duration": found.duration,
                "trials": found.trials,
                "convention": found.convention,
            }
            for success, value in found.power.items()
        ]
    return rows
