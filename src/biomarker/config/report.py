"""``report`` and ``compute``: what readers get, and what the run may use."""

from typing import Literal

from pydantic import Field, field_validator

from biomarker.config.base import Section

__all__ = ["Compute", "Report"]


class Report(Section):
    """What readers get."""

    editions: tuple[Literal["partner", "internal"], ...] = Field(
        ("partner",),
        description="Who the report is made for. `partner` is always made: small counts are withheld and no subject "
        "appears. `internal` goes into a folder of its own, with all counts.",
    )
    language: Literal["en", "ja"] = Field(
        "en", description="Language of PDF, workbook and text tables, and the one that the page opens in."
    )
    small_cell: int = Field(5, ge=1, description="Counts of subjects below this are not shown when split by group.")
    curves: int = Field(3, ge=0, description="Leading candidates per endpoint and contrast with survival curves.")

    @field_validator("editions")
    @classmethod
    def _the_partner_edition_is_always_made(cls, editions: tuple[str, ...]) -> tuple[str, ...]:
        if "partner" not in editions or len(set(editions)) < len(editions):
            raise ValueError("partner, and internal where it is wanted, each once")
        return editions


class Compute(Section):
    """What the run may use; it changes no result beyond stated tolerances and reruns nothing."""

    device: Literal["cpu", "cuda", "auto"] = Field("auto", description="cuda without a GPU is an error.")
