"""What could be wrong with a recommended study, the worst first."""

import numpy as np

from biomarker.trial.planning.search import Candidate
from biomarker.trial.proposal.intent import Intent
from biomarker.trial.proposal.marker import Marker
from biomarker.trial.proposal.rows import Line, said

__all__ = ["risks"]

#: A success that is less likely than the power says by more than this is told
FAR_FROM_POWER = 0.05


def risks(best: Candidate, marker: Marker, basis: str, intent: Intent) -> list[Line]:
    """What could be wrong, the worst first."""
    found = [*_of_success(best), *_of_effects(best, marker, basis), *_of_assay(marker)]
    share, low, high = marker.prevalence.value, marker.prevalence.low, marker.prevalence.high
    if np.isfinite(low) and np.isfinite(high) and best.design in ("enrichment", "adaptive-enrichment"):
        least, most = share / high, share / max(low, 1e-6)
        found.append(
            _risk(
                f"The share of marker-positive patients lies between {100 * low:.0f}% and {100 * high:.0f}%: screening "
                f"may take from {least:.2f} to {most:.2f} times as many.",
                "prevalence",
                low=low,
                high=high,
                least=least,
                most=most,
            )
        )
    if intent.screening_rate > 0:
        text = f"The screening rate of {intent.screening_rate:g} a unit of time is assumed; duration goes with it."
        found.append(_risk(text, "rate", rate=intent.screening_rate))
    return found


def _risk(text: str, code: str, **values: float) -> Line:
    return Line("risk", text, said(f"advice.risk.{code}", **{name: float(value) for name, value in values.items()}))


def _of_success(best: Candidate) -> list[Line]:
    """Of its worth, and of its chance."""
    found = []
    if np.isfinite(best.net_benefit) and best.net_benefit < 0:
        found.append(
            _risk(
                "At the prices and the willingness to pay assumed, treating costs more than it brings: the expected "
                "net benefit of every study is below 0, and the one shown is the cheapest that has the power.",
                "worth",
            )
        )
    if np.isfinite(best.assurance) and best.power - best.assurance > FAR_FROM_POWER:
        text = (
            "Averaged over what is known of the effects, success has a probability of "
            f"{100 * best.assurance:.0f}%, not {100 * best.power:.0f}%."
        )
        found.append(_risk(text, "assurance", assurance=best.assurance, power=best.power))
    return found


def _of_effects(best: Candidate, marker: Marker, basis: str) -> list[Line]:
    """Of the effects that it is sized for, and of what it does not look at."""
    found = []
    if basis == "raw":
        found.append(
            _risk(
                "The effects are those of the subjects that chose the marker, not shrunk: they are likely too large, "
                "and the study too small.",
                "raw",
            )
        )
    elif basis == "shrunk" and "raw" in marker.positive:
        raw, used = marker.positive["raw"].value, marker.positive["shrunk"].value
        if marker.type != "continuous":  # ratios, as the sentence has them
            raw, used = float(np.exp(raw)), float(np.exp(used))
        text = (
            f"The effect in marker-positive patients was shrunk for selection from {raw:.3g} to {used:.3g}; how much "
            "to shrink is itself an estimate."
        )
        found.append(_risk(text, "shrunk", raw=raw, used=used))
    if best.design == "enrichment":
        found.append(_risk("Nothing is learned about marker-negative patients, nor about the cut-off.", "enrichment"))
    return found


def _of_assay(marker: Marker) -> list[Line]:
    """Of an assay that nobody measured."""
    return [
        _risk(f"The assay's {name} ({known.value:.2f}) is assumed, not measured.", name, value=known.value)
        for name, known in (("sensitivity", marker.sensitivity), ("specificity", marker.specificity))
        if known.source == "assumed"
    ]
