"""``predictive``: what changes the treatment's effect, doubly robust."""

from typing import Annotated, Literal

from pydantic import Field

from biomarker.config.base import Section

__all__ = ["Predictive"]


class Predictive(Section):
    """How the doubly robust answers are made; a study without arms has none."""

    survival: Literal["rmst", "survival"] = Field(
        "rmst",
        description="What of a survival endpoint the arms differ in: mean time without the event up to the horizon, or "
        "the probability of having none by then.",
    )
    horizons: dict[str, Annotated[float, Field(gt=0)]] = Field(
        {},
        description="Horizon of each survival endpoint by its name, in its unit. Where none is given, the time to "
        "which a fifth of either arm is followed.",
    )
    conditional: int = Field(
        40,
        ge=0,
        le=1000,
        description="Markers tested beside the others, the first by `p_marginal` (prespecified ones always); 0: none.",
    )
