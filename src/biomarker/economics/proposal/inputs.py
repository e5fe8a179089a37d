"""The parameters of the economic model from the numbers of a marker and the settings of a study file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from biomarker.economics.proposal.evaluate import Evaluation, Parameter, Payer, evaluate
from biomarker.economics.proposal.model import PARAMETERS, MarkerModel, Worthwhile
from biomarker.economics.proposal.records import Course, RecordModel

__all__ = ["MONTHS", "evaluate_as_asked", "parameters_of", "worth_of"]

Rows = Sequence[Mapping[str, Any]]
#: Months of a unit of time; another unit is taken for months
MONTHS = {"days": 12 / 365.25, "weeks": 7 * 12 / 365.25, "months": 1.0, "years": 12.0}
BASES = ("raw", "heldout", "shrunk")


def months_of(unit: str | None) -> float:
    """Months in a unit of time; 1 where the unit is not known."""
    word = (unit or "").strip().lower()
    return MONTHS.get(word if word.endswith("s") else f"{word}s", 1.0)


def parameters_of(
    facts: Mapping[str, Any], quantities: Rows, assumed: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[Parameter]]:
    """Parameters by basis of the effects, the most cautious last; empty where an effect is not known.

    Parameters
    ----------
    facts : mapping
        ``type`` and ``unit_of_time`` of the endpoint.
    quantities : sequence of mapping
        Rows of ``trial/marker``.
    assumed : mapping of name to mapping
        ``value``, ``low``, ``high``, ``source``, ``note`` of what the study file says.
    """
    per_month = 1.0 / months_of(facts.get("unit_of_time")) if facts["type"] == "survival" else 1.0
    shared: dict[str, Parameter] = {
        "prognostic": Parameter("prognostic", 0.0, 0.0, note="no effect of the marker alone")
    }
    effects: dict[str, dict[str, Parameter]] = {}
    for row in quantities:
        name = row["quantity"]
        if name not in PARAMETERS:
            continue
        made = _parameter(name, row, per_month if name == "control" else 1.0)
        if row.get("basis") is None:
            shared[name] = made
        else:
            effects.setdefault(row["basis"], {})[name] = made
    for name, given in assumed.items():
        if name in PARAMETERS:
            shared[name] = _parameter(name, given, 1.0)
    for name in ("sensitivity", "specificity"):
        shared.setdefault(name, Parameter(name, 1.0, 0.0, note="taken for perfect"))
    shared.setdefault("failure", Parameter("failure", 0.0, 0.0))
    errors = _errors(effects)
    found = {}
    for basis in BASES:
        both = effects.get(basis, {})
        if set(both) != {"effect_positive", "effect_negative"}:
            continue
        both = {name: _with_error(item, errors[name]) for name, item in both.items()}
        known = {**shared, **both}
        if set(known) == set(PARAMETERS):
            found[basis] = [known[name] for name in PARAMETERS]
    return found


def _parameter(name: str, row: Mapping[str, Any], factor: float) -> Parameter:
    def scaled(value: Any) -> float | None:
        return None if value is None else float(value) * factor

    return Parameter(
        name=name,
        value=float(row["value"]) * factor,
        std_error=scaled(row.get("std_error")),
        low=scaled(row.get("low")),
        high=scaled(row.get("high")),
        source=row["source"],
        note=row.get("note") or "",
    )


def _errors(effects: Mapping[str, Mapping[str, Parameter]]) -> dict[str, float]:
    """Largest standard error of each effect over the bases that have one."""
    found: dict[str, float] = {}
    for both in effects.values():
        for name, item in both.items():
            own = item.error if item.std_error is not None or item.low is not None else 0.0
            found[name] = max(found.get(name, 0.0), own)
    return found


def _with_error(item: Parameter, error: float) -> Parameter:
    """An effect without an error of its own takes the largest of the other bases."""
    if item.std_error is not None or item.low is not None:
        return item
    return Parameter(item.name, item.value, error, None, None, item.source, item.note)


def model_of(facts: Mapping[str, Any], asked: Mapping[str, Any]) -> MarkerModel:
    """The model with the horizon and the discount rates of a study file."""
    return MarkerModel(
        facts["type"], facts["better"], asked["horizon"], asked["discount_costs"], asked["discount_effects"]
    )


def worth_of(
    facts: Mapping[str, Any], quantities: Rows, asked: Mapping[str, Any], assumed: Mapping[str, Mapping[str, Any]]
) -> dict[str, float] | None:
    """What a study's success is worth, as arguments of `biomarker.trial.Worth`; None where the marker brings no gain.

    Patients and horizon are per unit of the endpoint's time.
    """
    if facts.get("type") is None or facts["situation"] != "marker" or not modelled(facts):
        return None
    by_basis = parameters_of(facts, quantities, assumed)
    if not by_basis:
        return None
    point = {item.name: item.value for item in list(by_basis.values())[-1]}
    worth = Worthwhile.of(model_of(facts, asked), point, wtp=asked["wtp"])
    if worth is None:
        return None
    months = months_of(facts.get("unit_of_time"))
    return {
        "value": worth.value,
        "patients": float(assumed["patients"]["value"]) / 12.0 * months,
        "horizon": asked["years_of_use"] * 12.0 / months,
        "treatment": worth.treatment,
        "test": worth.test,
    }


def modelled(facts: Mapping[str, Any]) -> bool:
    """Whether the model has an answer: not for a time to an event that is good."""
    return not (facts["type"] == "survival" and facts["better"] == "higher")


def evaluate_as_asked(
    facts: Mapping[str, Any],
    quantities: Rows,
    asked: Mapping[str, Any],
    assumed: Mapping[str, Mapping[str, Any]],
    *,
    sizes: Sequence[float],
    rng: np.random.Generator,
    course: Course | None = None,
) -> Evaluation:
    """`evaluate` from the plain values of a study file; without rows where there is no marker to evaluate.

    Parameters
    ----------
    facts, quantities
        As in `parameters_of`, with ``situation``, ``label``, ``endpoint_label``, ``active``, ``control``, ``positive``.
    asked : mapping
        Keys of the section ``economics``.
    assumed : mapping
        Its numbers with their sources.
    sizes : sequence of float
        Subjects of the studies that are proposed.
    rng : numpy.random.Generator
    course : Course, optional
        Fitted to the patients' records.
    """
    by_basis = parameters_of(facts, quantities, assumed) if facts["situation"] == "marker" and modelled(facts) else {}
    if not by_basis:
        return Evaluation([], [], [], [], [], [], [], [], [])
    payer = Payer(
        wtp=asked["wtp"],
        currency=asked["currency"],
        price_year=asked["price_year"],
        patients=float(assumed["patients"]["value"]),
        uptake=tuple(asked["uptake"]),
        years=asked["years_of_use"],
        **{
            name: asked[name]
            for name in ("perspective", "location", "analysis_plan", "engagement", "funding", "conflicts")
        },
    )
    names = {
        "marker": facts["label"] or "the marker",
        "endpoint": facts["endpoint_label"] or "the endpoint",
        "active": facts.get("active") or "treatment",
        "control": facts.get("control") or "control",
        "positive": facts.get("positive") or "marker-positive",
    }
    subjects = next((float(row["value"]) for row in quantities if row["quantity"] == "subjects"), 200.0)
    model = model_of(facts, asked)
    records = None if course is None else RecordModel(**vars(model), course=course)
    return evaluate(
        model,
        by_basis,
        payer,
        n_draws=asked["draws"],
        rng=rng,
        study_sizes=sizes,
        discovery_size=subjects,
        names=names,
        records=records,
    )
