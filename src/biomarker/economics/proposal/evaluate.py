"""The economics of one marker: base case, uncertainty, value of information, prices, budget, CHEERS."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarker.economics.budget import budget_impact
from biomarker.economics.cheers import fill_cheers
from biomarker.economics.companion import optimal_by_price
from biomarker.economics.distributions import (
    Distribution,
    beta,
    draw_parameters,
    fixed,
    gamma,
    lognormal,
    normal,
)
from biomarker.economics.information import InformationValue, evpi, evppi, evsi, population_value
from biomarker.economics.one_way import threshold_values, tornado
from biomarker.economics.probabilistic import Psa, acceptability, psa_of
from biomarker.economics.proposal.answers import answers, answers_said
from biomarker.economics.proposal.model import PARAMETERS, MarkerModel
from biomarker.economics.proposal.strategies import base_case, net_benefit, number, strategy_rows
from biomarker.stats.checks import Floats

__all__ = ["Evaluation", "Parameter", "Payer", "evaluate"]

Row = dict[str, Any]
CONTROL, DRUG, TEST = range(3)
SHARES = ("prevalence", "sensitivity", "specificity", "failure", "utility_controlled", "utility_progressed")
EFFECTS = ("effect_positive", "effect_negative", "prognostic")
POSITIVE = ("control", "time_controlled", "survival_after")
#: Parameters whose value of information is asked for together
GROUPS = {
    "treatment effects": ("effect_positive", "effect_negative"),
    "prevalence": ("prevalence",),
    "assay": ("sensitivity", "specificity"),
    "course of the disease": ("control", "time_controlled", "survival_after"),
    "utilities": ("utility_controlled", "utility_progressed", "utility_per_sd"),
    "costs": ("drug_cost", "control_cost", "test_cost", "care_cost"),
}
#: Where nothing is said of how sure a number is: standard error as a share of it
UNSURE = 0.15
Z = 1.959963984540054
#: Subjects of the studies of which the value of sample information is always shown
SIZES = (100.0, 300.0, 1000.0, 3000.0)


@dataclass(frozen=True)
class Parameter:
    """A number of the model with what is known of it."""

    name: str
    value: float
    std_error: float | None = None
    low: float | None = None
    high: float | None = None
    source: str = "assumed"
    note: str = ""

    @property
    def error(self) -> float:
        """Standard error: as given, from the interval, or a share of the value."""
        if self.std_error is not None:
            return self.std_error
        if self.low is not None and self.high is not None:
            return (self.high - self.low) / (2.0 * Z)
        room = self.value * (1.0 - self.value) if self.name in SHARES else np.inf
        return float(min(UNSURE * abs(self.value), np.sqrt(max(room, 0.0)) / 3.0))

    @property
    def distribution(self) -> Distribution:
        """Its law: beta for shares, normal for effects, lognormal for times, gamma for costs."""
        if self.error == 0.0 or (self.value == 0.0 and self.name not in EFFECTS):
            return fixed(self.value)
        if self.name in SHARES:
            return fixed(self.value) if self.value in (0.0, 1.0) else beta(mean=self.value, std_error=self.error)
        if self.name in EFFECTS:
            return normal(mean=self.value, std_error=self.error)
        if self.name in POSITIVE:
            return lognormal(mean=self.value, std_error=self.error)
        return gamma(mean=self.value, std_error=self.error)

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of its bar in a tornado: its interval, or that of its law."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        ends = self.distribution.quantile(np.array([[0.025], [0.975]])).ravel()
        return min(float(ends[0]), self.value), max(float(ends[1]), self.value)


@dataclass(frozen=True)
class Payer:
    """Who decides, for how many, at what threshold.

    Attributes
    ----------
    wtp : float
    currency : str
    price_year : int
    patients : float
        A year.
    uptake : sequence of float
        Share treated the new way, by year.
    years : float
        Until the decision is superseded.
    perspective, location, analysis_plan, engagement, funding, conflicts : str
    """

    wtp: float
    currency: str
    price_year: int
    patients: float
    uptake: Sequence[float]
    years: float
    perspective: str = ""
    location: str = ""
    analysis_plan: str = ""
    engagement: str = ""
    funding: str = ""
    conflicts: str = ""


class DrawnModel(MarkerModel):
    """A model with parameters of its own, which it can draw."""

    def drawn(self, n_draws: int, *, rng: np.random.Generator) -> MarkerModel:
        """The same model with its own parameters drawn, one a draw of the others."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Rows of all tables."""

    strategies: list[Row]
    tornado: list[Row]
    plane: list[Row]
    acceptability: list[Row]
    information: list[Row]
    prices: list[Row]
    budget: list[Row]
    cheers: list[Row]
    assumptions: list[Row]


def evaluate(
    model: MarkerModel,
    parameters: Mapping[str, Sequence[Parameter]],
    payer: Payer,
    *,
    n_draws: int,
    rng: np.random.Generator,
    study_sizes: Sequence[float] = (),
    discovery_size: float = 200.0,
    names: Mapping[str, str],
    records: DrawnModel | None = None,
) -> Evaluation:
    """Evaluate testing and treating by a marker.

    Parameters
    ----------
    model : MarkerModel
    parameters : mapping of basis to parameters
        One list for each basis of the treatment effects (raw, shrunk); the last carries all but the base case.
    payer : Payer
    n_draws : int
    rng : numpy.random.Generator
    study_sizes : sequence of float
        Further subjects of studies whose value of sample information on the effects is shown.
    discovery_size : float
        Subjects that the present knowledge of the effects is worth.
    names : mapping
        ``marker``, ``endpoint``, ``active``, ``control``, ``positive``: for the CHEERS items.

    records : DrawnModel, optional
        A model of the patients' records: its strategies stand beside the others, with the basis "records", and are
        drawn with the parameters of its fit.

    Returns
    -------
    Evaluation

    Notes
    -----
    Valid as the model is: three states, constant rates, effects that last while patients are controlled. Numbers
    without an interval vary by 15% (standard error) in the probabilistic analysis. Parameters are drawn independently.

    References
    ----------
    Husereau et al. 2022 (CHEERS), https://doi.org/10.1136/bmj-2021-067975; Briggs et al. 2012 (ISPOR-SMDM),
    https://doi.org/10.1016/j.jval.2012.04.014
    """
    bases = list(parameters)
    base = bases[-1]
    points = {key: {item.name: item.value for item in given} for key, given in parameters.items()}
    laws = {item.name: item.distribution for item in parameters[base]}
    drawn = draw_parameters(laws, n_draws=n_draws, rng=rng)
    drawn = {name: value if value.ndim == 1 else value[:, 0] for name, value in drawn.items()}
    made = model.strategies(drawn)
    psa = psa_of(made.cost, made.effect, parameters=drawn, names=made.names)
    rows = [
        row for key in bases for row in strategy_rows(model, points[key], payer.wtp, key, psa if key == base else None)
    ]
    if records is not None:
        by_visits = records.drawn(n_draws, rng=rng.spawn(1)[0]).strategies(drawn)
        seen = psa_of(by_visits.cost, by_visits.effect, names=by_visits.names)
        rows += strategy_rows(records, points[base], payer.wtp, "records", seen)
    grid = np.unique(np.concatenate([np.linspace(0.0, 3.0, 31) * payer.wtp, [payer.wtp]]))
    sizes = sorted({*SIZES, *map(float, study_sizes)})
    information = _information(psa, payer, sizes, discovery_size)
    budget = _budget(model, points[base], payer)
    evaluation = Evaluation(
        strategies=rows,
        tornado=_tornado(model, parameters[base], payer),
        plane=_plane(psa),
        acceptability=_acceptability(psa, grid),
        information=information,
        prices=[row for key in bases for row in _prices(model, points[key], payer, key)],
        budget=budget,
        cheers=[],
        assumptions=[_assumption(item) for item in parameters[base]],
    )
    evaluation.cheers.extend(_cheers(evaluation, model, payer, names, base))
    return evaluation


def _tornado(model: MarkerModel, parameters: Sequence[Parameter], payer: Payer) -> list[Row]:
    """Incremental net benefit of test-and-treat over the better of the other two, one parameter at a time."""
    point = {item.name: item.value for item in parameters}
    others = net_benefit(model, point, payer.wtp)[:2]
    comparator = int(np.argmax(others))

    def outcome(p: Mapping[str, float]) -> float:
        nb = net_benefit(model, p, payer.wtp)
        return float(nb[TEST] - nb[comparator])

    ranges = {item.name: item.limits for item in parameters if item.limits[0] < item.limits[1]}
    rows = []
    for bar in tornado(outcome, point, ranges):
        turns = threshold_values(outcome, point, parameter=bar.parameter, low=bar.low, high=bar.high, points=5)
        rows.append(
            {
                "parameter": bar.parameter,
                "low": bar.low,
                "high": bar.high,
                "at_low": bar.at_low,
                "at_high": bar.at_high,
                "base": bar.base,
                "comparator": ("control for all", "drug for all")[comparator],
                "turns_at": turns[0] if turns else None,
                "convention": f"one parameter at a time, the others at their values; {model.words}",
                "cases": list(model.cases),
            }
        )
    return rows


def _plane(psa: Psa) -> list[Row]:
    """Increments over control for all, draw by draw."""
    return [
        {
            "draw": draw,
            "strategy": psa.names[i],
            "incremental_cost": float(psa.cost[draw, i] - psa.cost[draw, CONTROL]),
            "incremental_effect": float(psa.effect[draw, i] - psa.effect[draw, CONTROL]),
            "convention": "all parameters drawn at once; against control for all, the same draw",
            "cases": ["ECON-DARTH-CEAC"],
        }
        for i in (DRUG, TEST)
        for draw in range(psa.cost.shape[0])
    ]


def _acceptability(psa: Psa, grid: Floats) -> list[Row]:
    found = acceptability(psa, grid)
    return [
        {
            "wtp": float(grid[w]),
            "strategy": name,
            "probability": float(found.probability[w, i]),
            "net_benefit": float(found.net_benefit[w, i]),
            "expected_loss": max(float(found.expected_loss[w, i]), 0.0),
            "frontier": i == int(found.best[w]),
            "evpi": max(float(found.evpi[w]), 0.0),
            "convention": f"share of {psa.cost.shape[0]} draws in which it has the highest net benefit",
            "cases": ["ECON-DARTH-CEAC", "ECON-DAMPACK-PSA"],
        }
        for w in range(grid.size)
        for i, name in enumerate(found.names)
    ]


def _information(psa: Psa, payer: Payer, sizes: Sequence[float], worth_of_prior: float) -> list[Row]:
    """EVPI, EVPPI of groups of parameters, EVSI of studies of the effects; none above the EVPI."""
    nb = psa.net_benefit(payer.wtp)

    def row(quantity: str, parameters: str, found: InformationValue, n: float | None = None) -> Row:
        return {
            "quantity": quantity,
            "parameters": parameters,
            "n": n,
            "value": max(found.value, 0.0),
            "std_error": found.std_error,
            "population_value": max(
                population_value(found.value, incidence=payer.patients, years=int(payer.years), discount=0.03), 0.0
            ),
            "convention": found.convention,
            "cases": ["ECON-DAMPACK-PSA"] if quantity == "EVPI" else [],
        }

    rows = [row("EVPI", "all", evpi(nb))]
    for name, members in GROUPS.items():
        columns = np.column_stack([psa.parameters[m] for m in members])
        if np.any(np.ptp(columns, axis=0) > 0):
            rows.append(row("EVPPI", name, evppi(nb, columns)))
    effects = np.column_stack([psa.parameters[m] for m in GROUPS["treatment effects"]])
    if np.any(np.ptp(effects, axis=0) > 0):
        for n in sizes:
            found = evsi(nb, effects, sample_size=n, prior_sample_size=worth_of_prior)
            rows.append(row("EVSI", "treatment effects", found, float(n)))
    return rows


def _prices(model: MarkerModel, point: Mapping[str, float], payer: Payer, basis: str) -> list[Row]:
    """Which strategy is best at which price of the test, and of the drug per month."""
    rows = []
    for item, key in (("test", "test_cost"), ("drug per month", "drug_cost")):
        free = net_benefit(model, {**point, key: 0.0}, payer.wtp)
        unit = free - net_benefit(model, {**point, key: 1.0}, payer.wtp)
        for found in optimal_by_price(free, units=np.maximum(unit, 0.0), names=base_case(model, point).names):
            rows.append(
                {
                    "item": item,
                    "basis": basis,
                    "strategy": found.name,
                    "low": found.low,
                    "high": number(found.high),
                    "now": point[key],
                    "convention": f"net benefit is linear in the price; {model.words}",
                    "cases": ["ECON-TESTTREAT"],
                }
            )
    return rows


def _budget(model: MarkerModel, point: Mapping[str, float], payer: Payer) -> list[Row]:
    """The payer's budget with and without test-and-treat, undiscounted."""
    years = len(payer.uptake)
    spent: dict[str, list[float]] = {"control for all": [], "test and treat": []}
    before = np.zeros(3)
    for year in range(1, years + 1):
        until = MarkerModel(model.kind, model.better, float(year), 0.0, 0.0)
        total = base_case(until, point).cost[0]
        spent["control for all"].append(float(total[CONTROL] - before[CONTROL]))
        spent["test and treat"].append(float(total[TEST] - before[TEST]))
        before = total
    uptake = np.asarray(payer.uptake, dtype=np.float64)
    found = budget_impact(
        eligible=[payer.patients] * years,
        cost_by_year=spent,
        uptake_without={"control for all": 1.0},
        uptake_with={"control for all": 1.0 - uptake, "test and treat": uptake},
    )
    return [
        {
            "year": year + 1,
            "eligible": payer.patients,
            "started": float(payer.patients * uptake[year]),
            "without": float(found.without[year]),
            "with_new": float(found.with_new[year]),
            "impact": float(found.impact[year]),
            "cumulative": float(found.cumulative[year]),
            "convention": found.convention,
            "cases": [],  # sums of the model's costs: no published case of a budget is at hand
        }
        for year in range(years)
    ]


def _assumption(item: Parameter) -> Row:
    low, high = item.limits
    return {
        "parameter": item.name,
        "value": item.value,
        "low": low,
        "high": high,
        "unit": PARAMETERS[item.name],
        "distribution": item.distribution.name,
        "source": item.source,
        "note": item.note or None,
    }


def _cheers(made: Evaluation, model: MarkerModel, payer: Payer, names: Mapping[str, str], basis: str) -> list[Row]:
    filled = fill_cheers(answers(made, model, payer, names, basis))
    said = answers_said(made, model, payer, names, basis)
    return [
        {
            "number": one.item.number,
            "section": one.item.section,
            "topic": one.item.topic,
            "asks": one.item.asks,
            "answer": one.answer or None,
            "said": json.dumps(said[one.item.number], sort_keys=True) if one.item.number in said else None,
            "reported": one.reported,
        }
        for one in filled
    ]
