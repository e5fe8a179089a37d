"""Recommendations in words, made of the numbers that they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from biomarker.trial.planning.search import Candidate, Constraints

__all__ = ["nearest_in_words", "recommendation_in_words"]

BEST = {
    "net_benefit": "the largest expected net benefit",
    "cost": "the lowest expected cost",
    "duration": "the shortest expected duration",
    "patients": "the fewest candidates approached",
    "power": "the highest power",
}


def _named(candidate: Candidate) -> str:
    """A candidate in words."""
    cutoff = "" if np.isnan(candidate.cutoff) else f", cut-off {candidate.cutoff:g}"
    looks = "one look" if candidate.n_looks == 1 else f"{candidate.n_looks} looks"
    return f"{candidate.design}{cutoff}, allocation {candidate.ratio:g}:1, {looks}, {candidate.n} randomised"


def _measured(candidate: Candidate) -> str:
    """Its numbers in words."""
    words = [
        f"duration {candidate.duration:.4g}",
        f"cost {candidate.cost:.4g}",
        f"{candidate.patients:.0f} candidates",
        f"power {candidate.power:.3f}",
    ]
    if not np.isnan(candidate.assurance):
        words.append(f"assurance {candidate.assurance:.3f}")
    if not np.isnan(candidate.net_benefit):
        words.append(f"net benefit {candidate.net_benefit:.4g}")
    return ", ".join(words)


def recommendation_in_words(
    best: Candidate, feasible: Sequence[Candidate], front: Sequence[Candidate], by: str, tried: int
) -> str:
    """Why this one: what it is best in, and what the best of every other design would do."""
    words = [
        f"Run {_named(best)}: {BEST[by]} of {len(feasible)} studies that meet all constraints ({tried} tried, "
        f"{len(front)} on the Pareto front). Expected: {_measured(best)}."
    ]
    if by == "net_benefit" and best.net_benefit < 0:
        words.append("Its expected net benefit is below 0: by these numbers no study is better than any of them.")
    if not np.isnan(best.assurance) and best.power - best.assurance > 0.1:
        words.append(
            f"Success is less likely than the power says ({best.assurance:.3f}, not {best.power:.3f}): "
            "the effects are not known well."
        )
    sign = -1.0 if by in ("net_benefit", "power") else 1.0
    for design in dict.fromkeys(candidate.design for candidate in feasible):
        if design != best.design:
            rivals = [candidate for candidate in feasible if candidate.design == design]
            rival = min(rivals, key=lambda candidate: (sign * getattr(candidate, by), candidate.cost))
            words.append(f"Best {design} ({rival.n} randomised): {_measured(rival)}.")
    return " ".join(words)


def nearest_in_words(
    nearest: Candidate, limits: Constraints, binding: Sequence[str], relaxed: dict[str, float], tried: int
) -> str:
    """What comes nearest, what is in its way, and what would have to give."""
    used = {
        "budget": nearest.cost_most,
        "time": nearest.duration_most,
        "patients": nearest.patients_most,
        "power": nearest.power,
    }
    state = ", ".join(
        f"{name} {used[name]:.4g} ({'at least' if name == 'power' else 'at most'} {getattr(limits, name):.4g})"
        for name in binding
    )
    give = [
        f"{name} of {'at most' if name == 'power' else 'at least'} {value:.4g}"
        for name, value in relaxed.items()
        if not np.isnan(value)
    ]
    enough = " or ".join(give) if give else "no single constraint"
    return (
        f"None of {tried} studies meets all constraints. Nearest: {_named(nearest)}. Binding: {state}. "
        f"Enough alone: {enough}."
    )
