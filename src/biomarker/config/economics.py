"""``economics``: what testing for the marker and treating by it would cost and bring."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from biomarker.config.assumption import Amount, Positive, Share, known
from biomarker.config.base import Contradiction, Section

__all__ = ["Economics", "HealthState", "StateVisits"]

#: The keys that hold numbers with sources
QUANTITIES = (
    "drug_cost",
    "control_cost",
    "test_cost",
    "care_cost",
    "utility_controlled",
    "utility_progressed",
    "utility_per_sd",
    "time_controlled",
    "survival_after",
    "patients",
)


class HealthState(Section):
    """A state of the disease in which patients are seen."""

    name: str = Field(description="As the visits spell it.")
    utility: float = Field(ge=-1, le=1, description="Utility in it.")
    cost: float = Field(0.0, ge=0, description="Care per month in it, without drug and control treatment.")
    treated: bool = Field(default=False, description="Whether drug, or control treatment, is given in it.")


class StateVisits(Section):
    """States of the disease at visits, a visit a row: how patients move between them, by arm and marker."""

    path: str = Field(description="The file, relative to the study file; any table.")
    id: str = Field("subject_id", description="Its column of the subject's id.")
    time: str = Field("time", description="Its column of the time since treatment began.")
    unit: Literal["days", "weeks", "months", "years"] = Field("months", description="Of the time.")
    state: str = Field("state", description="Its column of the state.")
    utility: str | None = Field(
        None,
        description="Its column of a utility, such as an index of quality of life: its mean in each state "
        "replaces the state's own.",
    )
    states: tuple[HealthState, ...] = Field(
        min_length=2, description="The states from the best to the last, which nobody leaves."
    )
    allowed: tuple[tuple[str, str], ...] | None = Field(
        None,
        description="Pairs of states between which patients can move at once; by default from each to its "
        "neighbours and to the last.",
    )
    exact: tuple[str, ...] | None = Field(
        None, description="States whose time of entry is known (death); by default the last."
    )

    @model_validator(mode="after")
    def _states_that_are_named_are_there(self) -> "StateVisits":
        names = [state.name for state in self.states]
        if len(set(names)) < len(names):
            raise Contradiction("states", "a name twice", "each state once")
        for key, given in (("exact", self.exact or ()), ("allowed", [n for p in self.allowed or () for n in p])):
            for name in given:
                if name not in names:
                    raise Contradiction(key, repr(name), f"one of the states: {', '.join(names)}")
        for pair in self.allowed or ():
            if pair[0] == names[-1] or pair[0] == pair[1]:
                raise Contradiction("allowed", f"{pair[0]} to {pair[1]}", f"two states, not from {names[-1]}")
        return self


class Economics(Section):
    """What testing for the marker and treating by it would cost and bring.

    Patients are controlled (without the event, or responding), then progressed, then dead. Costs are per month,
    times in months.
    """

    currency: str = Field("EUR", description="Of all costs.")
    price_year: int = Field(2026, ge=1980, le=2100, description="Year of the prices.")
    wtp: float = Field(50_000, gt=0, description="Willingness to pay for a quality-adjusted life year (QALY).")
    horizon: float = Field(20.0, gt=0, le=100, description="Years ahead that costs and effects are followed.")
    discount_costs: float = Field(0.03, ge=0, lt=0.5, description="Of costs, per year.")
    discount_effects: float = Field(0.03, ge=0, lt=0.5, description="Of QALYs, per year.")
    drug_cost: Amount = Field(1_200, description="Drug and its administration per month while controlled.")
    control_cost: Amount = Field(300, description="The control treatment per month while controlled.")
    test_cost: Amount = Field(800, description="A patient tested.")
    care_cost: Amount = Field(1_500, description="Care per month after progression.")
    utility_controlled: Share = Field(0.75, description="Utility while controlled.")
    utility_progressed: Share = Field(0.55, description="Utility after progression.")
    utility_per_sd: Amount = Field(
        0.05, description="Utility of a benefit of one standard deviation of a continuous endpoint, while controlled."
    )
    time_controlled: Positive = Field(
        12.0, description="Mean months controlled: of responders of a binary endpoint, of all of a continuous one."
    )
    survival_after: Positive = Field(12.0, description="Mean months from progression to death.")
    patients: Positive = Field(2_000, description="Patients a year who would be considered.")
    uptake: tuple[float, ...] = Field(
        (0.1, 0.25, 0.4, 0.5, 0.6), min_length=1, max_length=20, description="Share treated the new way, year by year."
    )
    years_of_use: float = Field(10.0, gt=0, le=50, description="Years from now until the treatment is superseded.")
    utility_feature: str | None = Field(
        None,
        description="A feature (`modality:feature`) that is a utility, such as the index of quality of life that "
        "a diary with a value set gives: its mean replaces `utility_controlled`.",
    )
    visits: StateVisits | None = Field(
        None, description="States of the disease at visits: a multi-state model, and the strategies by it."
    )
    draws: int = Field(2_000, ge=200, le=100_000, description="Of the probabilistic sensitivity analysis.")
    perspective: str = Field("payer of health care", description="Whose costs and effects count.")
    location: str = Field("", description="Where, and in which health system.")
    analysis_plan: str = Field("", description="Where the analysis plan can be read.")
    engagement: str = Field("", description="How patients, the public or payers took part.")
    funding: str = Field("", description="Who paid, and what part the payer had.")
    conflicts: str = Field("", description="Interests of the authors.")

    @field_validator("uptake")
    @classmethod
    def _uptake_is_a_share(cls, uptake: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 <= share <= 1 for share in uptake):
            raise ValueError("numbers from 0 to 1, one a year")
        return uptake

    def assumptions(self) -> dict[str, dict[str, Any]]:
        """Every number with its source, by name."""
        return {name: known(getattr(self, name)) or {} for name in QUANTITIES}
