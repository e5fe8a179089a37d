"""``rank``: which rows make the candidate table."""

from typing import Literal

from pydantic import Field

from biomarker.config.base import Section

__all__ = ["Rank"]


class Rank(Section):
    """Which rows make the candidate table."""

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
