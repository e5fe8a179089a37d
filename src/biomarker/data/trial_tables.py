"""Result tables of the trial stage: the next study, from the marker that was found."""

import polars as pl

from biomarker.data.schema import Column, Schema, flag, integer, real, rule, text, word, words

__all__ = [
    "TRIAL_TABLES",
    "TrialBoundaries",
    "TrialDesigns",
    "TrialHeatmap",
    "TrialLearning",
    "TrialMarker",
    "TrialOperating",
    "TrialRecommendation",
    "TrialSearch",
    "TrialZones",
]

BASES = ["raw", "shrunk", "heldout"]
SOURCES = ["measured", "assumed", "literature"]
SITUATIONS = ["marker", "single arm", "none"]


def _number(*, min: float | None = None, max: float | None = None) -> Column:
    return real(nullable=True, min=min, max=max)


class TrialMarker(Schema):
    """``trial/marker``: everything the proposal rests on, one number a row, each with its source."""

    situation = word(SITUATIONS)
    reason = text(nullable=True)
    reason_said = text(nullable=True)
    candidate_id = text(nullable=True)
    label = text(nullable=True)
    endpoint = text(nullable=True)
    endpoint_label = text(nullable=True)
    type = word(["binary", "continuous", "survival"], nullable=True)
    better = word(["higher", "lower"], nullable=True)
    comparison = text(nullable=True)
    active = text()
    control = text()
    positive = text(nullable=True)
    negative = text(nullable=True)
    unit_of_time = text()
    quantity = text()
    basis = word(BASES, nullable=True)
    value = real()
    std_error = _number(min=0.0)
    low = _number()
    high = _number()
    unit = text(nullable=True)
    source = word(SOURCES)
    note = text(nullable=True)

    @rule
    def effects_have_a_basis() -> pl.Expr:
        """A treatment effect says which estimate it is, and nothing else does."""
        return pl.col("quantity").str.starts_with("effect_") == pl.col("basis").is_not_null()


class TrialDesigns(Schema):
    """``trial/designs``: every design at the effects of the marker, raw and shrunk, or why it has no numbers."""

    design = text()
    title = text()
    basis = word(BASES)
    n_looks = integer(min=1)
    status = word(["ok", "not_possible", "not_applicable"])
    reason = text(nullable=True)
    reason_code = text(nullable=True)
    primary = text(nullable=True)
    n_randomised = _number(min=0.0)
    n_expected = _number(min=0.0)
    n_screened = _number(min=0.0)
    n_tested = _number(min=0.0)
    n_positive = _number(min=0.0)
    n_negative = _number(min=0.0)
    events = _number(min=0.0)
    duration = _number(min=0.0)
    duration_expected = _number(min=0.0)
    power = _number(min=0.0, max=1.0)
    power_error = _number(min=0.0)
    power_overall = _number(min=0.0, max=1.0)
    power_subgroup = _number(min=0.0, max=1.0)
    assurance = _number(min=0.0, max=1.0)
    familywise_error = _number(min=0.0, max=1.0)
    cost = _number(min=0.0)
    cost_expected = _number(min=0.0)
    net_benefit = _number()
    feasible = flag(nullable=True)
    recommended = flag()
    convention = text()
    cases = words(text())

    @rule
    def numbers_where_possible() -> pl.Expr:
        """A design that is possible has a size and a power, one that is not a reason."""
        return (
            pl.when(pl.col("status") == "ok")
            .then(pl.col("n_randomised").is_not_null() & pl.col("power").is_not_null())
            .otherwise(pl.col("reason").is_not_null() & pl.col("n_randomised").is_null())
        )


class TrialRecommendation(Schema):
    """``trial/recommendation``: what to run, in sentences; the first is ready for a protocol.

    ``said`` holds the same as JSON: the code of a phrase under ``say``, and the values that it mentions under ``with``.
    """

    order = integer(min=1)
    kind = word(
        ["sentence", "reason", "alternative", "infeasible", "binding", "relaxed", "cannot", "risk", "discovery"]
    )
    said = text(nullable=True)
    text = text()


class TrialSearch(Schema):
    """``trial/search``: every study that was tried, and which are on the Pareto front."""

    design = text()
    basis = word(BASES)
    n_looks = integer(min=1)
    ratio = real(min=0.0)
    n = integer(min=1)
    duration = real(min=0.0)
    cost = real(min=0.0)
    patients = real(min=0.0)
    power = real(min=0.0, max=1.0)
    assurance = _number(min=0.0, max=1.0)
    net_benefit = _number()
    feasible = flag()
    front = flag()
    recommended = flag()
    convention = text()
    cases = words(text())


class TrialBoundaries(Schema):
    """``trial/boundaries``: one row an analysis of the recommended study."""

    look = integer(min=1)
    information = real(min=0.0)
    n = real(min=0.0)
    events = _number(min=0.0)
    date = _number(min=0.0)
    efficacy_z = real()
    nominal_p = real(min=0.0, max=1.0)
    effect_at_efficacy = real()
    futility_z = _number()
    effect_at_futility = _number()
    alpha_spent = real(min=0.0, max=1.0)
    power_spent = real(min=0.0, max=1.0)
    futility_spent = _number(min=0.0, max=1.0)
    conditional_power_design = _number(min=0.0, max=1.0)
    conditional_power_trend = _number(min=0.0, max=1.0)
    predictive_power = _number(min=0.0, max=1.0)
    said = text()
    convention = text()
    cases = words(text())


class TrialZones(Schema):
    """``trial/zones``: what the last interim analysis means for the sample size, if it may be re-estimated."""

    zone = word(["unfavourable", "promising", "favourable"])
    z_low = real()
    z_high = real()
    conditional_power_low = real(min=0.0, max=1.0)
    conditional_power_high = real(min=0.0, max=1.0)
    n_low = real(min=0.0)
    n_high = real(min=0.0)
    convention = text()
    cases = words(text())


class TrialOperating(Schema):
    """``trial/operating``: simulated studies under scenarios, each number with its Monte-Carlo error."""

    design = text()
    analysis = text()
    n_looks = integer(min=1)
    basis = word(BASES)
    scenario = text()
    success = text()
    n = integer(min=1)
    power = real(min=0.0, max=1.0)
    power_error = real(min=0.0)
    futility = real(min=0.0, max=1.0)
    n_mean = real(min=0.0)
    n_error = _number(min=0.0)
    events_mean = _number(min=0.0)
    events_error = _number(min=0.0)
    duration_mean = _number(min=0.0)
    duration_error = _number(min=0.0)
    estimate = _number()
    estimate_error = _number(min=0.0)
    effect_scale = text()
    trials = integer(min=1)
    convention = text()
    cases = words(text())


class TrialHeatmap(Schema):
    """``trial/heatmap``: sizes of designs over the prevalence of the marker and the effect it brings."""

    design = text()
    basis = word(BASES)
    prevalence = real(min=0.0, max=1.0)
    effect_multiple = real(min=0.0)
    effect_positive = real()
    n_randomised = _number(min=0.0)
    n_screened = _number(min=0.0)
    duration = _number(min=0.0)
    cost = _number(min=0.0)
    best = flag()
    convention = text()
    cases = words(text())


class TrialLearning(Schema):
    """``trial/learning``: what a bigger discovery study first would be worth, by its size."""

    basis = word(BASES)
    n = integer(min=0)
    net_benefit = real()
    sd_positive = real(min=0.0)
    sd_negative = real(min=0.0)
    no_study = real(min=0.0, max=1.0)
    cost = real(min=0.0)
    duration = real(min=0.0)
    best = flag()
    convention = text()
    cases = words(text())


#: By the name of the file
TRIAL_TABLES: dict[str, type[Schema]] = {
    "marker": TrialMarker,
    "designs": TrialDesigns,
    "recommendation": TrialRecommendation,
    "search": TrialSearch,
    "boundaries": TrialBoundaries,
    "zones": TrialZones,
    "operating": TrialOperating,
    "heatmap": TrialHeatmap,
    "learning": TrialLearning,
}
