"""The items of CHEERS 2022 answered from an evaluation; what nobody said stays open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biomarker.economics.proposal.evaluate import Evaluation, Payer
    from biomarker.economics.proposal.model import MarkerModel

__all__ = ["answers", "answers_said"]


def answers(made: Evaluation, model: MarkerModel, payer: Payer, names: Mapping[str, str], basis: str) -> dict[int, str]:
    """Answers by item number; empty where the study file says nothing."""
    rows = {row["strategy"]: row for row in made.strategies if row["basis"] == basis}
    best = next((name for name, row in rows.items() if row["best"]), "")
    all_evpi = next(row for row in made.information if row["quantity"] == "EVPI")
    first = made.tornado[0]["parameter"] if made.tornado else "none"
    totals = "; ".join(
        f"{name}: {row['cost']:,.0f} {payer.currency}, {row['effect']:.3f} QALYs" for name, row in rows.items()
    )
    measured = [row["parameter"] for row in made.assumptions if row["source"] == "measured"]
    horizon = f"{model.horizon:g} years, in monthly cycles"
    utility = next((row for row in made.assumptions if row["parameter"] == "utility_controlled"), None)
    noted = utility["note"] if utility is not None and utility["source"] == "measured" else None
    by_visits = any(row["basis"] == "records" for row in made.strategies)
    return {
        1: f"Economic evaluation of testing for {names['marker']} and treating the marker-positive with "
        f"{names['active']}, against {names['control']} for all and {names['active']} for all.",
        2: f"Best at {payer.wtp:,.0f} {payer.currency} a QALY: {best}. {totals}.",
        3: f"Whether {names['active']} should be given by the marker {names['marker']}; for the {payer.perspective}.",
        4: payer.analysis_plan,
        5: f"Patients considered for {names['active']}; marker-positive: {names['positive']}.",
        6: payer.location,
        7: f"{names['control']} for all (usual), {names['active']} for all, test and treat.",
        8: payer.perspective,
        9: horizon,
        10: f"{model.discount_cost:.1%} a year for costs, {model.discount_effect:.1%} for QALYs.",
        11: f"Quality-adjusted life years; the treatment acts on {names['endpoint']}.",
        12: f"{names['endpoint']} as measured in the study; survival afterwards from the assumptions.",
        13: "Utilities of three states, from the study file"
        + (f"; while controlled measured here ({noted})." if noted else "."),
        14: "Unit costs of drug, control, test and care per month, from the study file.",
        15: f"{payer.currency}, prices of {payer.price_year}.",
        16: "Cohort model of three states (controlled, progressed, dead) with constant rates; code and inputs are "
        "those of this run."
        + (" Beside it a multi-state model fitted to the states seen at visits." if by_visits else ""),
        17: "Half-cycle correction; effects last while patients are controlled; no other treatment lines.",
        18: "Marker-positive and marker-negative patients have effects of their own, shrunk for selection where "
        "that is known.",
        20: "One-way intervals, probabilistic analysis with acceptability curve, value of information.",
        21: payer.engagement,
        22: f"{len(made.assumptions)} parameters with intervals, laws and sources in the table of assumptions; "
        f"measured here: {', '.join(measured) or 'none'}.",
        23: f"{totals}.",
        24: f"The parameter that moves the result most is {first}; the expected value of perfect information is "
        f"{all_evpi['value']:,.0f} {payer.currency} a patient.",
        26: "Effects come from the subjects that chose the marker; costs and utilities are assumptions. See the "
        "register of assumptions.",
        27: payer.funding,
        28: payer.conflicts,
    }


def answers_said(
    made: Evaluation, model: MarkerModel, payer: Payer, names: Mapping[str, str], basis: str
) -> dict[int, dict[str, Any]]:
    """The same as codes and the values that they mention; answers in the study file's own words have none."""
    rows = {row["strategy"]: row for row in made.strategies if row["basis"] == basis}
    money = payer.currency
    totals = [
        _said("total", strategy=name, cost=row["cost"], money=money, effect=row["effect"]) for name, row in rows.items()
    ]
    utility = next((row for row in made.assumptions if row["parameter"] == "utility_controlled"), None)
    by_visits = any(row["basis"] == "records" for row in made.strategies)
    evpi = next(row["value"] for row in made.information if row["quantity"] == "EVPI")
    measured = [{"say": f"designs.quantity.{row['parameter']}", "with": {}} for row in made.assumptions
                if row["source"] == "measured"]  # fmt: skip
    first = {"say": f"designs.quantity.{made.tornado[0]['parameter']}", "with": {}} if made.tornado else _said("none")
    about = {key: names[key] for key in ("marker", "active", "control")}
    return {
        1: _said("1", **about),
        2: _said("2", wtp=payer.wtp, money=money, best=next((n for n, row in rows.items() if row["best"]), "")),
        3: _said("3", marker=names["marker"], active=names["active"], perspective=payer.perspective),
        5: _said("5", active=names["active"], positive=names["positive"]),
        7: _said("7", active=names["active"], control=names["control"]),
        9: _said("9", years=model.horizon),
        10: _said("10", cost=model.discount_cost, effect=model.discount_effect),
        11: _said("11", endpoint=names["endpoint"]),
        12: _said("12", endpoint=names["endpoint"]),
        13: _said("13.measured" if utility is not None and utility["source"] == "measured" else "13"),
        14: _said("14"),
        15: _said("15", money=money, year=str(payer.price_year)),
        16: _said("16.visits" if by_visits else "16"),
        17: _said("17"),
        18: _said("18"),
        20: _said("20"),
        22: _said("22", n=len(made.assumptions), measured=measured or [_said("none")]),
        23: _said("23", totals=totals),
        24: _said("24", first=first, evpi=evpi, money=money),
        26: _said("26"),
    }


def _said(code: str, **values: Any) -> dict[str, Any]:
    return {"say": f"cheers.{code}", "with": values}
