"""Texts that several sections share: what a question is called, which way a candidate points."""

from collections.abc import Mapping, Sequence
from typing import Any

from biomarker.data.tables import NO_COMPARISON
from biomarker.report.blocks import clean, interval, p_number, say
from biomarker.report.facts import Facts, Question
from biomarker.report.scales import Scale

__all__ = [
    "active_arm",
    "candidate_kind",
    "comparison_name",
    "contrast_tag",
    "direction",
    "effect",
    "effect_per_sd",
    "endpoint_asked",
    "events",
    "measured",
    "name_of",
    "named",
    "p_of",
    "question_name",
    "randomised",
    "scale_name",
    "suppressed",
]


def contrast_tag(contrast: str) -> dict[str, Any]:
    """Prognostic, predictive, or what a single arm can say."""
    return say(f"contrast.{contrast}")


def question_name(facts: Facts, question: Question) -> dict[str, Any]:
    """The question in a few words: the endpoint and, where there are several, the contrast and the comparison."""
    endpoint = endpoint_asked(facts, question)
    if not facts.several_contrasts:
        return endpoint
    return say("question.name", contrast=contrast_tag(question.contrast), endpoint=endpoint)


def endpoint_asked(facts: Facts, question: Question) -> dict[str, Any]:
    """The endpoint and, in a study of several comparisons, the two arms that are compared on it."""
    if question.comparison == NO_COMPARISON or not facts.several_comparisons:
        return say("question.endpoint", endpoint=question.endpoint_label)
    comparison = comparison_name(question.comparison)
    return say("question.endpoint_compared", endpoint=question.endpoint_label, comparison=comparison)


def comparison_name(comparison: str) -> dict[str, Any]:
    """The two arms; an analysis that compares none is one of all arms."""
    return say("comparison.none") if comparison == NO_COMPARISON else say("comparison.of", name=clean(comparison))


def active_arm(facts: Facts, comparison: str) -> str:
    """The active arm of a comparison; empty where none is compared."""
    treatment = facts.study.treatment
    return clean(treatment.pairs[comparison][0]) if treatment and comparison in treatment.pairs else ""


def randomised(facts: Facts) -> bool:
    """Whether a difference between arms may be called an effect or a benefit."""
    return facts.study.treatment is not None and facts.study.treatment.assignment == "randomised"


def direction(facts: Facts, row: Mapping[str, Any], *, short: bool = False) -> dict[str, Any]:
    """What a high value of a candidate means for the patient; the short form leaves the arm's name to the page."""
    if not row["benefit_sign"]:
        return say("direction.none")
    side = "good" if row["benefit_sign"] > 0 else "bad"
    causal = row["contrast"] != "predictive" or randomised(facts)
    kind = row["contrast"] if causal else "observed"
    if short:
        return say(f"direction.short.{kind}.{side}")
    return say(f"direction.{kind}.{side}", active=active_arm(facts, row["comparison"]))


def candidate_kind(facts: Facts, contrast: str) -> dict[str, Any]:
    """What a candidate of a contrast is called; of arms that were not randomised it is said at once."""
    observed = contrast == "predictive" and not randomised(facts)
    return say("candidate.observed" if observed else f"candidate.{contrast}")


def name_of(row: Mapping[str, Any]) -> str:
    """A candidate's name for display."""
    return clean(row["label"] or row["candidate_id"])


def named(names: Sequence[Any], *, most: int = 4) -> dict[str, Any]:
    """Names (or texts) as a list; beyond a few only how many more there are."""
    if len(names) <= most:
        return say("names.all", names=list(names))
    return say("names.some", names=list(names[:most]), n=len(names) - most)


def effect(row: Mapping[str, Any], scale: Scale, *, per: float = 1.0) -> dict[str, Any] | None:
    """Estimate and interval as they are printed, for a change of the feature by ``per``."""
    shown = [None if row[key] is None else scale.shown(row[key] * per) for key in ("estimate", "ci_low", "ci_high")]
    return interval(*shown)


def effect_per_sd(row: Mapping[str, Any], scale: Scale) -> dict[str, Any] | None:
    """The same for one standard deviation of the feature; None where that is not known."""
    return effect(row, scale, per=row["feature_sd"]) if row["feature_sd"] else None


def measured(row: Mapping[str, Any], scale: Scale, unit: str) -> dict[str, Any] | None:
    """The effect as it is shown, and what it is: of one SD or, of a yes-or-no feature, of having it."""
    yes_or_no = row["n_with"] is not None
    shown = effect(row, scale) if yes_or_no else effect_per_sd(row, scale)
    name = scale_name(scale, unit, short=True)
    return None if shown is None else {**shown, "scale": say(f"scale.{'with' if yes_or_no else 'per_sd'}", scale=name)}


def scale_name(scale: Scale, unit: str, *, short: bool = False) -> dict[str, Any]:
    """What an effect is, with the endpoint's unit where it has one: ratios have none."""
    name = say(f"scale.{scale.key}.short" if short else f"scale.{scale.key}")
    return name if scale.ratio or not unit else say("scale.in_unit", scale=name, unit=clean(unit))


def events(n_events: int | None, type_: str) -> int | None:
    """The number of events, where the endpoint has events."""
    return n_events if type_ in ("binary", "survival") else None


def suppressed(
    counts: Sequence[int | None], smallest: int, *, among: Sequence[int | None] = ()
) -> list[int | dict[str, Any] | None]:
    """Counts split by group: where one of them, or ``among`` their like, is below the limit none is given.

    Otherwise a total would give it back.
    """
    if any(count is not None and 0 <= count < smallest for count in (*counts, *among)):
        return [None if count is None else say("count.suppressed", limit=smallest) for count in counts]
    return list(counts)


def p_of(row: Mapping[str, Any]) -> float | dict[str, float] | None:
    """A row's p-value for display."""
    return p_number(row["p_value"], row["log10_p"])
