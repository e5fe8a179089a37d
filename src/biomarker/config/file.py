"""The study file as a whole."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from biomarker.config.base import Contradiction, Section, model_of
from biomarker.config.economics import Economics
from biomarker.config.endpoint_entry import EndpointEntry
from biomarker.config.endpoints import EndpointGroupEntry, SurvivalEndpoint
from biomarker.config.endpoints_from import BinaryFrom, ContinuousFrom, SurvivalFrom
from biomarker.config.formula import Formula
from biomarker.config.predictive import Predictive
from biomarker.config.quality import Quality
from biomarker.config.rank import Rank
from biomarker.config.report import Compute, Report
from biomarker.config.screen import Features, Screen
from biomarker.config.study import Study
from biomarker.config.subjects import Subjects
from biomarker.config.timing import check_landmarks, check_outcome_rows
from biomarker.config.trial import Trial
from biomarker.ingest.privacy_settings import PrivacySettings
from biomarker.ingest.reading import ROW

__all__ = ["Empty", "StudyFile"]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]

if TYPE_CHECKING:
    Privacy = Section
else:
    Privacy = model_of(PrivacySettings)


class Empty(Section):
    """A section that has a name and no keys yet."""


class StudyFile(Section):
    """One study: what was measured in whom, what was asked, and how it is answered.

    `modalities` and `simulate` are checked against the settings of the source they name (`biomarker.config.load`).
    """

    study: Study
    simulate: dict[str, Any] | None = Field(
        None, description="Write a simulated trial first; paths are then relative to its folder in the results."
    )
    subjects: Subjects
    endpoints: tuple[EndpointEntry, ...] = Field(min_length=1, description="What says how a patient did.")
    modalities: dict[Name, dict[str, Any]] = Field(min_length=1, description="What was measured.")
    replication: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = Field(
        (), description="Study files of further cohorts, in which the leading candidates are tried again."
    )
    holdout: Empty = Field(Empty(), description="No keys yet.")
    privacy: Privacy = Field(Privacy(), description="What becomes of direct identifiers and dates.")
    quality: Quality = Quality()
    features: Features = Features()
    screen: Screen = Screen()
    formula: Formula | None = Field(
        None, description="Search for short formulas of several features; `formula: {}` takes every default."
    )
    predictive: Predictive = Predictive()
    rank: Rank = Rank()
    trial: Trial = Trial()
    economics: Economics = Economics()
    report: Report = Report()
    compute: Compute = Compute()

    @model_validator(mode="after")
    def _endpoint_names_are_unique(self) -> "StudyFile":
        names = [e.group if isinstance(e, EndpointGroupEntry) else e.name for e in self.endpoints]
        for name in names:
            if names.count(name) > 1:
                raise Contradiction("endpoints", f"{name!r} twice", "each name once")
        return self

    @model_validator(mode="after")
    def _checks_of_records_are_of_modalities(self) -> "StudyFile":
        checks = self.quality.records.model_dump()
        criteria = {name.partition(":")[0] for name in checks["eligibility"] if ":" in name}
        for key, named in (("doses", checks["doses"]), ("visits", checks["visits"]), ("eligibility", criteria)):
            for name in named:
                if name not in self.modalities:
                    expected = f"one of the modalities ({', '.join(self.modalities)})"
                    raise Contradiction(f"quality.records.{key}", repr(name), expected)
        return self

    @property
    def outcome_columns(self) -> dict[str | None, str]:
        """Columns of the subject table that say how a patient did, with the endpoint they belong to."""
        columns: dict[str | None, str] = {}
        for endpoint in self.endpoints:
            if isinstance(endpoint, BinaryFrom | ContinuousFrom | SurvivalFrom):
                continue  # of another file
            if isinstance(endpoint, SurvivalEndpoint):
                columns |= {endpoint.time: endpoint.name, endpoint.event.column: endpoint.name}
            elif not isinstance(endpoint, EndpointGroupEntry):
                columns[endpoint.column] = endpoint.name
        return columns

    @model_validator(mode="after")
    def _no_outcome_is_a_feature(self) -> "StudyFile":
        """A matrix made of the subject table takes every column that it is not told to leave."""
        for name, given in self.modalities.items():
            if given.get("path") != self.subjects.path:
                continue
            if given.get("type") not in ("matrix", "expression"):
                continue  # records have no columns of features
            taken = set(given.get("columns") or self.outcome_columns) - set(given.get("exclude") or ())
            leaks = [column for column in self.outcome_columns if column in taken]
            if leaks:
                key = "columns" if given.get("columns") else "exclude"
                raise Contradiction(
                    f"modalities.{name}.{key}",
                    f"{', '.join(map(repr, leaks))} as a feature, which the endpoints are made of",
                    "what is known before treatment begins",
                )
        return self

    @model_validator(mode="after")
    def _what_is_taken_under_treatment_has_a_landmark(self) -> "StudyFile":
        """Else those who lived to be measured would seem to live longer because of what was measured."""
        survival = [e for e in self.endpoints if isinstance(e, SurvivalEndpoint | SurvivalFrom)]
        check_landmarks(self.modalities, {e.name: e.unit for e in survival}, self.screen.prespecified)
        return self

    @model_validator(mode="after")
    def _no_outcome_of_a_file_is_a_feature(self) -> "StudyFile":
        """A parameter after day 0 is no baseline of the endpoint that is made of it."""
        for e in self.endpoints:
            if isinstance(e, BinaryFrom | ContinuousFrom | SurvivalFrom):
                check_outcome_rows(
                    self.modalities, e.name, e.path, e.rows, late=isinstance(e, SurvivalFrom), ever=e.occurrence
                )
        return self

    @model_validator(mode="after")
    def _rows_tell_subjects_apart_in_one_file_alone(self) -> "StudyFile":
        """The number of a row says who is meant in its own file; another may hold the subjects in another order."""
        groups = {e.group: e for e in self.endpoints if isinstance(e, EndpointGroupEntry)}
        named: list[tuple[str, Any, Any]] = [("subjects.id", self.subjects.id, self.subjects.path)]
        named += [(f"endpoints: group {name}: id", group.id, group.path) for name, group in groups.items()]
        named += [(f"modalities.{name}.id", m.get("id"), m.get("path")) for name, m in self.modalities.items()]
        if any(id_ == ROW for _, id_, _ in named):
            for key, id_, path in named:
                if (id_, path) != (ROW, self.subjects.path):
                    expected = f"{ROW!r} of one and the same table everywhere: rows of two files may differ in order"
                    raise Contradiction(key, f"{id_!r} of {path}", expected)
        if any(m.get("id") == ROW and m.get("orientation") == "features_in_rows" for m in self.modalities.values()):
            raise Contradiction("modalities", f"the id {ROW!r} with features in rows", "a column of their names")
        return self

    @model_validator(mode="after")
    def _no_outcome_is_a_covariate(self) -> "StudyFile":
        outcomes = self.outcome_columns
        for covariate in self.subjects.covariate_settings:
            if covariate.column in outcomes:
                given = f"{covariate.name!r}, a column of the endpoint {outcomes[covariate.column]!r}"
                raise Contradiction("subjects.covariates", given, "what is known before treatment begins")
        return self

    @model_validator(mode="after")
    def _strata_are_covariates(self) -> "StudyFile":
        known = [given if isinstance(given, str) else given.name for given in self.subjects.covariates]
        for name in self.screen.strata:
            if name not in known:
                raise Contradiction("screen.strata", repr(name), f"a covariate: {', '.join(known) or 'there are none'}")
        return self

    @model_validator(mode="after")
    def _quality_is_of_a_modality(self) -> "StudyFile":
        for key in ("batches", "controls", "patients", "delta"):
            for name in getattr(self.quality, key):
                if name not in self.modalities:
                    raise Contradiction(f"quality.{key}", repr(name), f"a modality: {', '.join(self.modalities)}")
        shifted = getattr(self.privacy, "shift_dates", False)
        if shifted and (self.quality.controls or self.quality.patients):
            key = "controls" if self.quality.controls else "patients"
            raise Contradiction(f"quality.{key}", "dates moved by `privacy.shift_dates`", "results on their own days")
        return self

    @model_validator(mode="after")
    def _formulas_are_searched_for_known_endpoints(self) -> "StudyFile":
        known = [e.name for e in self.endpoints if not isinstance(e, EndpointGroupEntry)]
        if self.formula is None or len(known) < len(self.endpoints):
            return self
        for name in self.formula.endpoints:
            if name not in known:
                raise Contradiction("formula.endpoints", repr(name), f"an endpoint: {', '.join(known)}")
        return self

    @model_validator(mode="after")
    def _prespecified_markers_name_a_modality(self) -> "StudyFile":
        for marker in self.screen.prespecified:
            modality, colon, feature = marker.partition(":")
            if not colon or not feature or modality not in self.modalities:
                known = ", ".join(self.modalities)
                raise Contradiction("screen.prespecified", repr(marker), f"modality:feature, of the modalities {known}")
        return self
