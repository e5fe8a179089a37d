"""``formula``: the search for short formulas of one to three features."""

from typing import Literal

from pydantic import Field

from biomarker.config.base import Section

__all__ = ["Formula", "FormulaPrescreen"]


class FormulaPrescreen(Section):
    """Which features of a large modality are searched; with nothing given, all."""

    largest_variance: int = Field(
        0, ge=0, description="So many features of the largest variance, of each logarithmic modality that has more."
    )
    strongest: int = Field(
        0,
        ge=0,
        description="So many more that go most strongly with the outcome among the searched subjects; the held-out "
        "test knows nothing of it.",
    )
    features: tuple[str, ...] = Field((), description="Only these features (`modality:feature`).")


class Formula(Section):
    """Search all pairs of features in some sixty shapes for formulas that say more than their parts."""

    endpoints: tuple[str, ...] = Field((), description="Endpoints that are searched; all where empty.")
    contrasts: tuple[Literal["prognostic", "predictive", "response"], ...] = Field(
        (), description="Contrasts that are searched; all that the study has where empty."
    )
    prescreen: FormulaPrescreen = Field(
        FormulaPrescreen(), description="Which features are searched; the report says how many were left out."
    )
    discovery: float = Field(
        0.67, gt=0.2, lt=0.9, description="Share of the subjects that are searched; the others try the best again."
    )
    repeats: int = Field(
        1, ge=1, le=50, description="Splits into searched and held-out subjects; p-values are twice their median."
    )
    top: int = Field(20, ge=1, le=200, description="Leading formulas that are tried in held-out subjects, by Holm.")
    permutations: int = Field(
        0, ge=0, le=10_000, description="Permutations of everything searched, for `p_familywise`; 0 for none."
    )
    min_group: int = Field(10, ge=2, description="Smallest group of a formula that says yes or no.")
    max_missing: float = Field(
        0.2, ge=0, lt=1, description="Features missing in a larger share of the searched subjects are not searched."
    )
    grow: int = Field(5, ge=0, le=100, description="Best pairs that a third feature is joined to.")
    horizon: float | None = Field(
        None, gt=0, description="Time up to which a survival endpoint counts where the effect on it is asked."
    )
    parts: int = Field(1, ge=1, le=10_000, description="Jobs that share the search; each takes a range of the pairs.")
    memory_mb: int = Field(3000, ge=100, description="Memory that a search may take; one that needs more is refused.")
