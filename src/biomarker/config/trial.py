"""``trial``: the study that would prove the leading predictive candidate."""

from typing import Any, Literal

from pydantic import Field, field_validator

from biomarker.config.assumption import Amount, Inside, Number, Positive, Share, known
from biomarker.config.base import Section

__all__ = ["Trial", "TrialCosts"]


class TrialCosts(Section):
    """What a study costs, in the currency of `economics`."""

    fixed: Amount = Field(3_000_000, description="The study as such.")
    screened: Amount = Field(500, description="A candidate approached.")
    tested: Amount = Field(800, description="An assay run.")
    randomised: Amount = Field(40_000, description="A subject randomised.")
    time: Amount = Field(100_000, description="A unit of time that the study lasts.")
    look: Amount = Field(50_000, description="An interim analysis.")


class Trial(Section):
    """The study that would prove the leading predictive candidate.

    Time is in the unit of the survival endpoint, else in months. Effects are on the scale of the estimates: log odds
    ratio, difference, log hazard ratio. Of what is measured the default is the estimate here.
    """

    candidate: str | None = Field(
        None,
        description="The candidate (`modality:feature`); by default the leading predictive one that passes `rank.q`.",
    )
    endpoint: str | None = Field(None, description="The endpoint; by default that of the candidate.")
    comparison: str | None = Field(None, description="`active vs control`; by default that of the candidate.")
    power: float = Field(0.9, gt=0.05, lt=1, description="Least power of a design's primary success.")
    alpha: float = Field(0.025, gt=0, lt=0.5, description="One-sided family-wise error of every design.")
    ratio: float = Field(1.0, gt=0, le=20, description="Treatment subjects per control subject.")
    looks: tuple[float, ...] = Field(
        (0.5, 0.75, 1.0), min_length=1, max_length=20, description="Information fractions of the analyses, the last 1."
    )
    spending: Literal["obrien-fleming", "pocock", "hwang-shih-decani"] = Field(
        "obrien-fleming", description="How alpha is spent over the analyses (Lan-DeMets)."
    )
    futility: bool = Field(default=True, description="Whether an analysis may stop for futility (not binding).")
    prevalence: Inside | None = Field(None, description="Share of marker-positive patients among those screened.")
    sensitivity: Share = Field(0.95, description="Of the assay, where the cut-off table has none.")
    specificity: Share = Field(0.95, description="Of the assay, where the cut-off table has none.")
    failure: Share = Field(0.05, description="Share of samples without a result.")
    consent: Share = Field(0.7, description="Share of candidates who agree to be screened and randomised.")
    effect_positive: Number | None = Field(None, description="Effect in marker-positive patients.")
    effect_negative: Number | None = Field(None, description="Effect in marker-negative patients.")
    control: Positive | None = Field(
        None, description="Of the control arm: event rate, standard deviation, or median time to the event."
    )
    screening_rate: Positive = Field(40.0, description="Candidates approached per unit of time.")
    follow_up: Amount | None = Field(
        None, description="From the last entry to the analysis of a survival endpoint; by default the control median."
    )
    dropout: Share = Field(0.05, description="Share lost to follow-up within the control median.")
    budget: float | None = Field(None, gt=0, description="Most that the study may cost.")
    time: float | None = Field(None, gt=0, description="Longest that it may last.")
    patients: float | None = Field(None, gt=0, description="Most candidates that can be approached.")
    costs: TrialCosts = Field(TrialCosts(), description="What a study costs.")
    arms: int = Field(1, ge=1, le=20, description="Treatments that could share one control (platform); 1: no platform.")
    baskets: int = Field(1, ge=1, le=20, description="Diseases that share the marker (basket); 1: no basket.")
    simulations: int = Field(
        2000,
        ge=100,
        le=1_000_000,
        description="Simulated studies of each design and scenario; more means smaller errors.",
    )

    @field_validator("looks")
    @classmethod
    def _looks_ascend_to_one(cls, looks: tuple[float, ...]) -> tuple[float, ...]:
        steps = [b - a for a, b in zip((0.0, *looks), looks, strict=False)]
        if min(steps) <= 0 or looks[-1] != 1.0:
            raise ValueError("ascending fractions above 0, the last of them 1")
        return looks

    def assumptions(self) -> dict[str, dict[str, Any]]:
        """Every number with its source, by name; those that are left to the data are absent."""
        names = (
            "prevalence",
            "sensitivity",
            "specificity",
            "failure",
            "consent",
            "effect_positive",
            "effect_negative",
            "control",
            "screening_rate",
            "follow_up",
            "dropout",
        )
        found = {name: known(getattr(self, name)) for name in names}
        found |= {f"cost_{name}": known(getattr(self.costs, name)) for name in TrialCosts.model_fields}
        return {name: value for name, value in found.items() if value is not None}
