"""Whether a bigger discovery study should come first: the learning curve of the proposal."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from biomarker.trial.planning.discovery import DiscoveryValue, discovery_value
from biomarker.trial.planning.search import Candidate, Plan
from biomarker.trial.planning.uncertainty import EffectUncertainty
from biomarker.trial.planning.worth import Study
from biomarker.trial.proposal.intent import Intent
from biomarker.trial.proposal.rows import Line, said

__all__ = ["SIZES", "learning"]

Row = dict[str, Any]
#: Subjects of the discovery studies that are tried
SIZES = (50, 100, 200, 400, 800, 1600)
#: Designs to choose from afterwards, and truths an effect at which each is computed
MOST, GRID = 2, 13
#: Their power must be computed, not simulated: it is needed at some hundred truths
COMPUTED = ("all-comers", "enrichment", "stratified", "fallback", "biomarker-strategy")


def learning(plan: Plan, uncertainty: EffectUncertainty, intent: Intent, *, basis: str) -> tuple[list[Row], list[Line]]:
    """Net benefit of a discovery study of each size before one of the studies found, and what follows from it.

    Parameters
    ----------
    plan : Plan
    uncertainty : EffectUncertainty
        What is known of the effects now.
    intent : Intent
        A discovery study pays its prices (all comers, every one of them tested) and enrols at its screening rate.
    basis : str

    Returns
    -------
    rows : list of dict
        One a size, 0 first; none where nothing can be weighed: no worth, effects known without error, no study.
    lines : list of Line
        The sentence for the recommendation, or why there is none.
    """
    studies = _studies(plan)
    if intent.worth is None or not studies or min(uncertainty.sd_positive, uncertainty.sd_negative) <= 0:
        return [], []
    assay = studies[0].option.setting.assay
    enrolled = intent.screening_rate * intent.consent * (1.0 - assay.failure)
    costs, delay = intent.costs, intent.follow_up
    each = costs.screened / (intent.consent * (1.0 - assay.failure)) + costs.tested / (1.0 - assay.failure)
    each += costs.randomised + costs.time / enrolled
    fixed = costs.fixed + costs.time * delay
    found = discovery_value(
        studies,
        uncertainty,
        intent.worth,
        sizes=SIZES,
        cost=each,
        fixed=fixed,
        rate=enrolled,
        delay=delay,
        grid=GRID,
    )
    names = ", ".join(sorted({study.option.design for study in studies}))
    rows = [
        {
            "basis": basis,
            "n": int(n),
            "net_benefit": float(found.net_benefit[i]),
            "sd_positive": float(found.sd_positive[i]),
            "sd_negative": float(found.sd_negative[i]),
            "no_study": float(np.clip(found.stop[i], 0.0, 1.0)),
            "cost": float(fixed + each * n) if n else 0.0,
            "duration": float(n / enrolled + delay) if n else 0.0,
            "best": int(n) == found.best,
            "convention": f"then the best of {names}, or none; {found.convention}",
            "cases": [],  # conjugate normal beliefs and drawn studies are its truth: no published case is at hand
        }
        for i, n in enumerate(found.sizes)
    ]
    return rows, [_line(found)]


def _studies(plan: Plan) -> list[Study]:
    """The recommended study and the cheapest of other designs."""
    best = plan.recommended
    if best is None:
        return []
    found: dict[str, Candidate] = {}
    for candidate in sorted(plan.front, key=lambda one: one.cost):
        found.setdefault(candidate.design, candidate)
    chosen: Sequence[Candidate] = [best, *(c for name, c in found.items() if name != best.design)]
    return [one.study for one in chosen if one.design in COMPUTED][:MOST]


def _line(found: DiscoveryValue) -> Line:
    """What the curve says."""
    now = float(found.net_benefit[0])
    at = int(np.flatnonzero(found.sizes == found.best)[0])
    if at:
        values = {
            "n": int(found.best),
            "now": now,
            "first": float(found.net_benefit[at]),
            "before": float(found.sd_positive[0]),
            "after": float(found.sd_positive[at]),
            "stop": float(np.clip(found.stop[at], 0.0, 1.0)),
        }
        return Line("discovery", found.reason, said("advice.discovery.first", **values))
    other = 1 + int(np.argmax(found.net_benefit[1:]))
    return Line(
        "discovery",
        found.reason,
        said("advice.discovery.now", n=int(found.sizes[other]), now=now, first=float(found.net_benefit[other])),
    )
