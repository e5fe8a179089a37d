"""``rank``: which rows make the candidate table, and what is worked out for the leading ones."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from biomarker.config.base import Section

__all__ = ["AssayEntry", "Rank"]

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]


class AssayEntry(Section):
    """How well the assay of a modality tells marker-positive from marker-negative subjects."""

    sensitivity: float = Field(1.0, gt=0, le=1, description="Share of marker-positive subjects that test positive.")
    specificity: float = Field(1.0, gt=0, le=1, description="Share of marker-negative subjects that test negative.")
    source: Literal["measured", "assumed", "literature"] = Field("assumed", description="Where both come from.")


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
