"""The recommendation: one sentence ready for a protocol, the reasons for it, and what could be wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarker.trial.planning.search import Candidate, Plan
from biomarker.trial.proposal.intent import Intent
from biomarker.trial.proposal.marker import Marker
from biomarker.trial.proposal.risks import risks
from biomarker.trial.proposal.rows import Line, numbered, said

__all__ = ["Names", "advice"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """What things are called in sentences.

    Attributes
    ----------
    marker, endpoint, active, control : str
    positive, negative : str
        Who is marker-positive ("GENE1 above 5.2"), and who is not.
    unit : str
        Of time.
    money : str
    """

    marker: str
    endpoint: str
    active: str
    control: str
    positive: str
    negative: str
    unit: str = "months"
    money: str = "EUR"


WHO = {
    "all-comers": "all patients regardless of the marker",
    "enrichment": "marker-positive patients only",
    "stratified": "all patients, stratified by the marker and tested in marker-positive patients first, then in all",
    "fallback": "all patients, tested overall and, with the alpha that is left, in marker-positive patients",
    "adaptive-enrichment": "all patients at first, and from an interim analysis on in marker-positive patients alone "
    "where marker-negative patients show no benefit",
    "adaptive-signature": "all patients, tested overall and in those whom a classifier trained in half of them picks",
    "platform": "all patients regardless of the marker, on a platform where several treatments share a control",
    "biomarker-strategy": "all patients, treated by the marker in one arm and by control in the other",
}


def advice(plan: Plan, marker: Marker, basis: str, intent: Intent, names: Names) -> list[Row]:
    """Rows ``order``, ``kind``, ``text``, ``said``; the first is the sentence for the protocol.

    Kinds: ``sentence``, ``reason``, ``alternative``, ``risk``; where nothing is feasible ``infeasible`` (the nearest
    study, as a sentence), ``binding`` and ``relaxed``. ``said`` is the text as a code and its values.
    """
    best = plan.recommended or plan.nearest
    if best is None:
        text = "No study was found: no design reaches the power at any size."
        return numbered([Line("cannot", text, said("advice.none"))])
    sentence = _sentence(best, marker, basis, intent, names)
    code = _sentence_said(best, marker, basis, intent, names)
    if plan.recommended is None:
        text = f"No study meets all constraints. The nearest: {sentence}"
        lines = [
            Line("infeasible", text, said("advice.infeasible", study=code)),
            *(
                Line(
                    "binding", f"The {name} is in the way.", said("advice.binding", limit=said(f"advice.limit.{name}"))
                )
                for name in plan.binding
            ),
            *(
                Line(
                    "relaxed",
                    f"It would be enough to allow {_limit(name, value, names)}, all else as it is.",
                    said("advice.relaxed", limit=_limit_said(name, value, names)),
                )
                for name, value in plan.relaxed.items()
                if np.isfinite(value)
            ),
        ]
    else:
        lines = [Line("sentence", sentence, code), Line("reason", plan.reason)]
        lines += [Line("alternative", _alternative(other, names)) for other in _others(plan)]
    lines += [Line("reason", f"Not possible: {text}") for text in plan.unreachable]
    return numbered(lines + risks(best, marker, basis, intent))


def _sentence(best: Candidate, marker: Marker, basis: str, intent: Intent, names: Names) -> str:
    """What a protocol's synopsis says."""
    most = best.study.most
    power = 100.0 * best.power
    looks = (
        "with one analysis at the end"
        if best.n_looks == 1
        else f"with {best.n_looks} analyses at {_percents(intent.looks)} of the information "
        f"({_SPENDING[intent.spending]}{', non-binding futility' if intent.futility else ''})"
    )
    events = f" and {most.events:.0f} events" if np.isfinite(most.events) and marker.type == "survival" else ""
    return (
        f"A randomised ({best.ratio:g}:1) study of {names.active} against {names.control} in {WHO[best.design]} "
        f"(marker-positive: {names.positive}), with {best.n} patients randomised{events} of about "
        f"{best.patients_most:.0f} screened, {looks}, has {power:.0f}% power at a one-sided family-wise error of "
        f"{100 * intent.constraints.alpha:g}% to show {_effect(marker, basis)} on {names.endpoint}, and lasts about "
        f"{best.duration_most:.0f} {names.unit} from the first candidate screened to the analysis."
    )


def _sentence_said(best: Candidate, marker: Marker, basis: str, intent: Intent, names: Names) -> Row:
    """The same as a code and its values."""
    most = best.study.most
    plus, minus = marker.positive[basis].value, marker.negative[basis].value
    if marker.type != "continuous":
        plus, minus = float(np.exp(plus)), float(np.exp(minus))
    looks = said("advice.looks.one")
    if best.n_looks > 1:
        futility = said("advice.futility") if intent.futility else said("nothing")
        shares = [said("advice.share", share=float(t)) for t in intent.looks]
        spending = said(f"spending.{intent.spending}")
        looks = said("advice.looks", n=best.n_looks, shares=shares, spending=spending, futility=futility)
    events = np.isfinite(most.events) and marker.type == "survival"
    return said(
        "advice.sentence",
        ratio=said("advice.ratio", active=best.ratio, control=1),
        active=names.active,
        control=names.control,
        who=said(f"advice.who.{best.design}"),
        positive=names.positive,
        n=best.n,
        events=said("advice.events", n=round(most.events)) if events else said("nothing"),
        screened=round(best.patients_most),
        looks=looks,
        power=best.power,
        alpha=intent.constraints.alpha,
        effect=said(f"advice.effect.{marker.type}", positive=plus, negative=minus),
        endpoint=names.endpoint,
        duration=round(best.duration_most),
        unit=names.unit,
    )


_SPENDING = {
    "obrien-fleming": "Lan-DeMets spending of O'Brien-Fleming type",
    "pocock": "Lan-DeMets spending of Pocock type",
    "hwang-shih-decani": "Hwang-Shih-DeCani spending",
}


def _percents(looks: Sequence[float]) -> str:
    words = [f"{100 * t:.0f}%" for t in looks]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _effect(marker: Marker, basis: str) -> str:
    """The effects in words, on the scale that people read."""
    plus, minus = marker.positive[basis].value, marker.negative[basis].value
    if marker.type == "continuous":
        return f"a difference of {plus:.3g} in marker-positive ({minus:.3g} in marker-negative) patients"
    word = "a hazard ratio" if marker.type == "survival" else "an odds ratio"
    return f"{word} of {np.exp(plus):.2f} in marker-positive ({np.exp(minus):.2f} in marker-negative) patients"


def _others(plan: Plan) -> list[Candidate]:
    """The cheapest feasible study of every other design."""
    best = plan.recommended
    found: dict[str, Candidate] = {}
    for candidate in plan.candidates:
        if candidate.feasible and (best is None or candidate.design != best.design):
            kept = found.get(candidate.design)
            if kept is None or candidate.cost < kept.cost:
                found[candidate.design] = candidate
    return sorted(found.values(), key=lambda candidate: candidate.cost)


def _alternative(other: Candidate, names: Names) -> str:
    looks = "one analysis" if other.n_looks == 1 else f"{other.n_looks} analyses"
    worth = "" if np.isnan(other.net_benefit) else f", net benefit {_money(other.net_benefit, names)}"
    return (
        f"{other.design}, {looks}: {other.n} randomised of {other.patients:.0f} screened, {other.duration:.0f} "
        f"{names.unit}, {_money(other.cost, names)}, power {100 * other.power:.0f}%{worth}."
    )


def _money(value: float, names: Names) -> str:
    return f"{value / 1e6:,.1f} million {names.money}" if abs(value) >= 1e6 else f"{value:,.0f} {names.money}"


def _limit(name: str, value: float, names: Names) -> str:
    return {
        "budget": f"a budget of {_money(value, names)}",
        "time": f"{value:.0f} {names.unit}",
        "patients": f"{value:.0f} patients to be screened",
        "power": f"a power of {100 * value:.0f}%",
    }[name]


def _limit_said(name: str, value: float, names: Names) -> Row:
    """The same as a code and its values."""
    about = {"budget": {"money": names.money}, "time": {"unit": names.unit}}.get(name, {})
    return said(f"advice.allow.{name}", value=float(value) if name == "power" else round(value), **about)
