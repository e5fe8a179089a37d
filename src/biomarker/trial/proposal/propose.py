"""Everything about the next study, from the facts of one marker: the one function that a workflow calls."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from biomarker.arrays import Device
from biomarker.errors import ConfigError
from biomarker.rng import stream
from biomarker.trial.designs.registry import DESIGNS
from biomarker.trial.designs.setting import SurvivalEffect
from biomarker.trial.group_sequential import group_sequential
from biomarker.trial.planning.reasons import recommendation_in_words
from biomarker.trial.planning.search import Plan, optimise
from biomarker.trial.planning.worth import CLAIMS, Worth
from biomarker.trial.proposal.advice import Names, advice
from biomarker.trial.proposal.compare import compare
from biomarker.trial.proposal.heatmap import heatmap
from biomarker.trial.proposal.intent import SPENDING, Intent
from biomarker.trial.proposal.learning import learning
from biomarker.trial.proposal.marker import Marker
from biomarker.trial.proposal.monitoring import boundaries, zones
from biomarker.trial.proposal.operating import adaptive_characteristics, operating_characteristics
from biomarker.trial.proposal.rows import Line, numbered, said, without_numbers
from biomarker.trial.proposal.without import discovery_studies, single_arm_studies

__all__ = ["SITUATIONS", "Proposal", "propose", "propose_as_asked"]

Row = dict[str, Any]
#: marker: designs around it; single arm: no comparison of treatments; none: no marker to design around
SITUATIONS = ("marker", "single arm", "none")


@dataclass(frozen=True, eq=False)
class Proposal:
    """Rows of all tables of a proposal.

    Attributes
    ----------
    designs, recommendation, boundaries, zones, operating, heatmap, search, learning : list of dict
    """

    designs: list[Row]
    recommendation: list[Row]
    boundaries: list[Row] = field(default_factory=list)
    zones: list[Row] = field(default_factory=list)
    operating: list[Row] = field(default_factory=list)
    heatmap: list[Row] = field(default_factory=list)
    search: list[Row] = field(default_factory=list)
    learning: list[Row] = field(default_factory=list)


def propose_as_asked(
    facts: Mapping[str, Any],
    quantities: Sequence[Mapping[str, Any]],
    asked: Mapping[str, Any],
    *,
    worth: Mapping[str, float] | None,
    currency: str,
    seed: int,
    device: Device | None = None,
) -> Proposal:
    """`propose` from the plain values of a study file.

    Parameters
    ----------
    facts : mapping
        As in `propose`, and ``label``, ``endpoint_label``, ``active``, ``control``, ``positive``, ``negative``,
        ``unit_of_time``.
    quantities : sequence of mapping
        As in `propose`, and the assumptions by name.
    asked : mapping
        Keys of the section ``trial``.
    worth : mapping, optional
        Arguments of `Worth`.
    currency : str
    seed : int
    device : Device, optional
        As in `simulate_survival`.
    """
    known = {row["quantity"]: float(row["value"]) for row in quantities if row.get("basis") is None}
    survival = facts["type"] == "survival" and "control" in known
    intent = Intent.of(
        asked,
        known,
        median=float(np.log(2.0)) / known["control"] if survival else None,
        worth=None if worth is None else Worth(**worth),
    )
    marker = facts["label"] or "the marker"
    names = Names(
        marker=marker,
        endpoint=facts["endpoint_label"] or "the endpoint",
        active=facts["active"],
        control=facts["control"],
        positive=facts["positive"] or f"{marker} positive",
        negative=facts["negative"] or f"{marker} negative",
        unit=facts["unit_of_time"],
        money=currency,
    )
    return propose(facts, quantities, intent, names, seed=seed, device=device)


def propose(
    facts: Mapping[str, Any],
    quantities: Sequence[Mapping[str, Any]],
    intent: Intent,
    names: Names,
    *,
    seed: int,
    device: Device | None = None,
) -> Proposal:
    """Compare all designs for a marker, recommend one, and say how it is monitored and what it does under scenarios.

    Parameters
    ----------
    facts : mapping
        ``situation`` (of `SITUATIONS`), ``reason`` (why there is no marker, or what cannot be), ``type`` and
        ``better`` of the endpoint (None where there is none), ``tested`` (features tested for a predictive effect).
    quantities : sequence of mapping
        Rows of `Marker.of`.
    intent : Intent
    names : Names
    seed : int
    device : Device, optional
        As in `simulate_survival`.

    Returns
    -------
    Proposal

    Notes
    -----
    Valid as its parts are. Advice rests on the most cautious basis of the effects that is known; all are compared.
    """
    if facts["situation"] != "marker":
        return _without(facts, quantities, intent, names)
    marker = Marker.of(quantities, type=facts["type"], better=facts["better"])
    designs = compare(marker, intent, seed=seed)
    basis = marker.cautious
    oriented = marker.oriented(basis)
    if oriented is not marker:
        names = replace(names, positive=names.negative, negative=names.positive)
    if not any(row["status"] == "ok" for row in designs if row["basis"] == basis):
        reason = next(row["reason"] for row in designs if row["basis"] == basis and row["status"] == "not_possible")
        line = Line("cannot", f"No design is possible: {reason}", said("advice.impossible", text=reason))
        return Proposal(designs, numbered([line]))
    setting = oriented.setting(basis, **intent.timing)
    plan = _plan(setting, oriented, basis, intent, seed)
    chosen = plan.recommended or plan.nearest
    if chosen is None:
        return Proposal(designs, advice(plan, oriented, basis, intent, names))
    for row in designs:
        row["recommended"] = plan.recommended is not None and (row["design"], row["n_looks"], row["basis"]) == (
            chosen.design,
            chosen.n_looks,
            basis,
        )
    sizes = {
        row["design"]: int(row["n_randomised"])
        for row in designs
        if row["basis"] == basis and row["status"] == "ok" and row["design"] in CLAIMS
    }
    looked = _looked_at(intent)
    operating = operating_characteristics(
        setting, sizes, intent, basis=basis, seed=seed, leading=chosen.design, device=device
    )
    if "adaptive-enrichment" in sizes:
        operating += adaptive_characteristics(setting, sizes["adaptive-enrichment"], intent, basis=basis, seed=seed)
    curve, lines = learning(plan, oriented.uncertainty(basis), intent, basis=basis)
    told = advice(plan, oriented, basis, intent, names)
    return Proposal(
        designs=designs,
        recommendation=told + [{**row, "order": row["order"] + len(told)} for row in numbered(lines)],
        boundaries=boundaries(chosen.study, looked, spending=intent.spending, futility=intent.futility),
        zones=zones(looked, chosen.study.most.n_randomised, power=intent.constraints.power),
        operating=operating,
        heatmap=heatmap(setting, intent, basis=basis),
        search=_searched(plan, basis),
        learning=curve,
    )


def _plan(setting: Any, marker: Marker, basis: str, intent: Intent, seed: int) -> Plan:
    """The search over designs, looks and sizes."""
    looks = (None, intent.sequential) if len(intent.looks) > 1 else (None,)
    plan = optimise(
        setting,
        costs=intent.costs,
        constraints=intent.constraints,
        worth=intent.worth,
        uncertainty=marker.uncertainty(basis),
        designs=tuple(name for name in CLAIMS if name != "platform" or intent.arms > 1),
        arms=intent.arms,
        ratios=(intent.ratio,),
        looks=looks,
        sizes=2,
        nodes=intent.nodes,
        rng=stream(seed, "trial", "search"),
    )
    best = plan.recommended
    if best is None or not best.net_benefit < 0:
        return plan
    # success is worth nothing at these prices: whatever leads to the least treatment would win
    cheapest = min(plan.front, key=lambda candidate: (candidate.cost, candidate.n))
    feasible = [candidate for candidate in plan.candidates if candidate.feasible]
    words = recommendation_in_words(cheapest, feasible, plan.front, "cost", len(plan.candidates))
    return replace(plan, recommended=cheapest, reason=words)


def _looked_at(intent: Intent) -> Any:
    """The looks of the study file; with one alone its critical value."""
    if len(intent.looks) > 1:
        return intent.sequential
    return group_sequential(
        information=[1.0],
        alpha=intent.constraints.alpha,
        power=intent.constraints.power,
        efficacy=SPENDING[intent.spending],
    )


def _searched(plan: Plan, basis: str) -> list[Row]:
    """Every study that was tried, those on the Pareto front marked."""
    on = {id(candidate) for candidate in plan.front}
    return [
        {
            "design": candidate.design,
            "basis": basis,
            "n_looks": candidate.n_looks,
            "ratio": candidate.ratio,
            "n": candidate.n,
            "duration": candidate.duration,
            "cost": candidate.cost,
            "patients": candidate.patients,
            "power": candidate.power,
            "assurance": candidate.assurance if np.isfinite(candidate.assurance) else None,
            "net_benefit": candidate.net_benefit if np.isfinite(candidate.net_benefit) else None,
            "feasible": candidate.feasible,
            "front": id(candidate) in on,
            "recommended": candidate is plan.recommended,
            "convention": "size, looks and allocation as given; power and cost as in trial/designs",
            "cases": list(DESIGNS[candidate.design].cases),
        }
        for candidate in plan.candidates
    ]


def _without(
    facts: Mapping[str, Any], quantities: Sequence[Mapping[str, Any]], intent: Intent, names: Names
) -> Proposal:
    """No marker whose effect on treatment is known: what can be designed all the same."""
    known = {row["quantity"]: float(row["value"]) for row in quantities}
    reason = json.loads(facts["reason_said"]) if facts.get("reason_said") else None
    lines = [Line("cannot", str(facts["reason"]), reason)]
    rows: list[Row] = []
    if facts["situation"] == "single arm":
        rows = single_arm_studies(
            rate_positive=known.get("rate_positive"),
            rate_negative=known.get("rate_negative"),
            prevalence=known.get("prevalence"),
            intent=intent,
        )
        lines += [_single_arm(row, names) for row in rows if row["status"] == "ok"][:1]
        text = (
            "Whether the treatment does more for marker-positive patients needs a randomised control arm: the study "
            "below could show it."
        )
        lines.append(Line("reason", text))
    if facts.get("type") is not None:
        rows += _discovery(facts, known, intent)
        best = next((row for row in rows if row["design"] == "discovery" and row["status"] == "ok"), None)
        if best is not None:
            lines.append(_could_find(best, names))
    return Proposal(rows, numbered(lines))


def _single_arm(row: Row, names: Names) -> Line:
    """A study without a control arm."""
    text = (
        f"{row['title']}: {row['n_randomised']:.0f} patients with {names.positive}, of about {row['n_screened']:.0f} "
        f"screened, on {names.endpoint}; {row['convention']}."
    )
    return Line(
        "sentence",
        text,
        said(
            f"advice.{row['design']}",
            n=round(row["n_randomised"]),
            positive=names.positive,
            screened=round(row["n_screened"]),
            endpoint=names.endpoint,
            alpha=row["familywise_error"],
            power=row["power"],
        ),
    )


def _could_find(row: Row, names: Names) -> Line:
    """A study that could find a marker."""
    text = (
        f"A randomised study of {row['n_randomised']:.0f} patients ({row['n_screened']:.0f} screened), all measured, "
        f"could find a predictive marker of {names.endpoint}: {row['convention']}."
    )
    return Line(
        "sentence",
        text,
        said(
            "advice.discovery",
            n=round(row["n_randomised"]),
            screened=round(row["n_screened"]),
            endpoint=names.endpoint,
            power=row["power"],
            level=row["familywise_error"],
        ),
    )


def _discovery(facts: Mapping[str, Any], known: Mapping[str, float], intent: Intent) -> list[Row]:
    """Studies that could find a marker."""
    control = known.get("control", 0.3)
    seen = 0.7
    if facts["type"] == "survival" and "control" in known:
        effect = SurvivalEffect(0.7, 0.7, control, accrual=max(intent.follow_up, 1.0), follow_up=intent.follow_up)
        seen = replace(effect, dropout=intent.dropout).contrast(0.5, intent.ratio).events
    try:
        return discovery_studies(
            type=facts["type"],
            control=min(max(control, 0.02), 0.98),
            tested=int(facts.get("tested") or 1),
            intent=intent,
            event_probability=min(seen, 1.0),
        )
    except ConfigError as error:
        return [without_numbers("discovery", "A study to find a marker", "raw", "not_possible", str(error))]
