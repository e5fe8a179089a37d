"""``rank``: which rows make the candidate table, and what is worked out for the leading ones."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from biomarker.config.base import Section

__all__ = ["AssayEntry", "Rank", "Stability", "Tiers", "Weights"]

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]


class AssayEntry(Section):
    """How well the assay of a modality tells marker-positive from marker-negative subjects, and how well it repeats."""

    sensitivity: float = Field(1.0, gt=0, le=1, description="Share of marker-positive subjects that test positive.")
    specificity: float = Field(1.0, gt=0, le=1, description="Share of marker-negative subjects that test negative.")
    source: Literal["measured", "assumed", "literature"] = Field("assumed", description="Where both come from.")
    cv: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Coefficient of variation of one sample measured again, 0.05 for 5%: against the spread between "
        "subjects it lowers the score of what the assay cannot tell apart.",
    )


class Weights(Section):
    """Weight of each part of the score; a part that is not known of a candidate has none."""

    certainty: float = Field(0.35, ge=0, description="How far the p-value is beyond that of the Bonferroni level.")
    effect: float = Field(0.20, ge=0, description="The shrunken effect.")
    stability: float = Field(0.15, ge=0, description="Share of half-samples that select it.")
    replication: float = Field(0.15, ge=0, description="Share of the replication cohorts in which it held.")
    conditional: float = Field(0.10, ge=0, description="1 minus the q-value beside the other candidates.")
    assayability: float = Field(0.05, ge=0, description="How completely and precisely it can be measured.")

    @model_validator(mode="after")
    def _some_part_counts(self) -> "Weights":
        if self.certainty + self.effect == 0:
            raise ValueError("certainty or effect above 0: they are the parts that every candidate has")
        return self


class Tiers(Section):
    """Thresholds of the tiers A and B; what else is in the table is C."""

    a: float = Field(0.5, ge=0, le=1, description="Least score of A; its q-value is at most `rank.q`.")
    b: float = Field(0.4, ge=0, le=1, description="Least score of B where the q-value is above `rank.q`.")
    b_q: float = Field(0.2, gt=0, le=1, description="Largest q-value of B.")


class Stability(Section):
    """How often half of the subjects would have found a feature."""

    pairs: int = Field(
        50, ge=0, le=10_000, description="Splits of the subjects into two halves, each searched anew; 0 for none."
    )
    first: int = Field(
        20,
        ge=1,
        le=10_000,
        description="Selected is a feature among so many first ones of its list in a half; a tenth of the tested "
        "features where they are fewer than ten times that.",
    )


class Rank(Section):
    """Which rows make the candidate table, and what is worked out for the leading ones."""

    q: float = Field(0.05, gt=0, lt=1, description="False discovery rate within a family.")
    correction: Literal["benjamini-hochberg", "benjamini-yekutieli", "storey"] = Field(
        "benjamini-hochberg",
        description="How `q_value` is computed: benjamini-yekutieli holds under any dependence, storey divides by the "
        "estimated share of true nulls.",
    )
    keep: int = Field(
        100,
        ge=1,
        le=10_000_000,
        description="Leading rows kept per endpoint, comparison and contrast, significant or not.",
    )
    stability: Stability = Field(Stability(), description="The search made anew in halves of the subjects.")
    weights: Weights = Field(Weights(), description="What the score is made of.")
    tiers: Tiers = Field(Tiers(), description="Thresholds of the tiers.")
    correlation: float = Field(
        0.7,
        gt=0,
        le=1,
        description="A candidate that is correlated so far with a better one of its list stands behind it.",
    )
    effects: int = Field(
        3,
        ge=0,
        le=1000,
        description="Leading candidates per endpoint, comparison and contrast with a cut-off and effects in "
        "marker-positive and marker-negative subjects; of all lists together the first 60.",
    )
    assays: dict[_Name, AssayEntry] = Field(
        {}, description="By modality, how well its assay tells positive from negative; by default perfectly, assumed."
    )
