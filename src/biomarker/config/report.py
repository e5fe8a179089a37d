"""``report`` and ``compute``: what readers get, and what the run may use."""

from typing import Literal

from pydantic import Field

from biomarker.config.base import Section

__all__ = ["Compute", "Report"]


class Report(Section):
    """What readers get."""

    small_cell: int = Field(5, ge=1, description="Counts of subjects below this are not shown when split by group.")
    curves: int = Field(3, ge=0, description="Leading candidates per endpoint and contrast with survival curves.")


class Compute(Section):
    """What the run may use; it changes no result beyond stated tolerances and reruns nothing."""

    device: Literal["cpu", "cuda", "auto"] = Field("auto", description="cuda without a GPU is an error.")
