"""``subjects``: who was studied, what is known of them at baseline, and what they received."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from biomarker.config.base import Contradiction, Section, model_of
from biomarker.config.endpoints import Code
from biomarker.ingest.cohort import IDS, CohortSettings, SubjectsType

__all__ = ["Covariate", "Subjects", "TreatmentSection"]


def _false_as_text(value: Any) -> Any:
    return "false" if value is False else value


class Covariate(Section):
    """A covariate with settings of its own; a plain column name stands for one with the defaults."""

    name: str = Field(description="Name of the covariate in results.")
    column: str | None = Field(None, description="Column of the subject table; the name where it is left out.")
    is_: tuple[str, ...] | None = Field(
        None, alias="is", description="Values that make a 0/1 indicator 1; without it the column is used as it is."
    )
    missing: Annotated[
        Literal["keep", "drop", "false"],
        BeforeValidator(_false_as_text),
        WithJsonSchema({"enum": ["keep", "drop", "false", False]}),
    ] = Field(
        "keep",
        description="Missing values: keep (a category, or mean and indicator), drop the subject, or count as false.",
    )
    kind: Literal["auto", "number", "category"] = Field(
        "auto", description="Numbers, or codes of categories; auto takes numbers for numbers."
    )

    @model_validator(mode="after")
    def _false_needs_an_indicator(self) -> "Covariate":
        if self.missing == "false" and self.is_ is None:
            raise Contradiction("is", "nothing", 'the values that are true, where `missing` is "false"')
        return self


def _shape_of_covariate(value: Any) -> str:
    return "name" if isinstance(value, str) else "settings"


CovariateEntry = Annotated[
    Annotated[str, Tag("name")] | Annotated[Covariate, Tag("settings")], Discriminator(_shape_of_covariate)
]


class TreatmentSection(Section):
    """What the subjects received. Left out for a study of one arm."""

    column: str = Field(description="Column of the subject table that holds the arm.")
    names: dict[Code, str] | None = Field(
        None,
        description="Names of the arms by their codes in the column (`{0: placebo, 1: drug}`), every code listed; the "
        "keys below, results and report then speak of arms by name.",
    )
    active: str | None = Field(None, description="The arm whose effect is asked for.")
    control: str | None = Field(None, description="The arm it is compared with.")
    comparisons: tuple[tuple[str, str], ...] | None = Field(
        None, description="Several comparisons, each [active, control], in place of active and control."
    )
    assignment: Literal["randomised", "observational"] = Field(
        "randomised",
        description="How the arms were assigned; of observational arms the report warns that they may differ.",
    )
    probability: float = Field(0.5, gt=0, lt=1, description="Probability of the active arm within a comparison.")

    @model_validator(mode="after")
    def _one_way_to_compare(self) -> "TreatmentSection":
        pair = self.active is not None and self.control is not None
        if pair == (self.comparisons is not None) or (self.active is None) != (self.control is None):
            raise Contradiction("", "", "either `active` and `control`, or `comparisons`")
        return self

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every comparison as (active, control)."""
        if self.comparisons is not None:
            return self.comparisons
        return ((str(self.active), str(self.control)),)


class SupplementSection(Section):
    """A SUPP-- data set."""

    path: str = Field(description="The file, relative to the study file.")


if TYPE_CHECKING:
    CohortSection = Section
else:
    CohortSection = model_of(CohortSettings)


class Subjects(Section):
    """Who was studied."""

    type: SubjectsType = Field(
        "table",
        description="Where the subjects come from: one table, a row a subject (table); ADSL (adam) or DM (sdtm) of a "
        "trial; records of patients, from which `cohort` makes a table (omop, fhir).",
    )
    path: str = Field(
        description="The table: CSV, TSV, Parquet, SAS XPORT or Dataset-JSON, also gzip or zstd. Of omop and fhir the "
        "folder or file of the records, or `postgresql:SCHEMA`.",
    )
    separator: str | None = Field(
        None, description="The character between columns, where the file's ending does not tell it."
    )
    id: str = Field(
        "subject_id",
        description='Column of unique identifiers; `"#row"` for a table without one, if all data are in that table. '
        "Where it is left out, the standards have names of their own: USUBJID, person_id, patient_id.",
    )
    where: dict[str, tuple[Code, ...]] = Field(
        {},
        description='Subjects that are meant, by the values of a column (`SAFFL: ["Y"]`); the others are excluded and '
        'counted. `""` is an empty cell.',
    )
    supplement: SupplementSection | None = Field(
        None, description="SUPPDM: its variables become columns of the subject table."
    )
    cohort: CohortSection | None = Field(None, description="Of omop and fhir: who is studied, and from when on.")
    patient: str | None = Field(
        None,
        description="Column of the patient; tests count rows as independent unless `samples` says `all`.",
    )
    samples: Literal["refuse", "first", "all"] = Field(
        "refuse",
        description="Several rows (samples) of one patient: refuse the table; analyse the first row of each patient "
        "in the order of the file, the others are excluded and counted; or screen all, with errors clustered by "
        "patient.",
    )
    group: str | None = Field(None, description="Column of a group that no fold may split (site, centre).")
    covariates: tuple[CovariateEntry, ...] = Field((), description="What every model adjusts for.")
    post_baseline: dict[str, str] = Field(
        {}, description="Columns measured after treatment began, with the reason; refused as baseline features."
    )
    treatment: TreatmentSection | None = Field(None, description="What the subjects received.")

    @property
    def identifier(self) -> str:
        """`id`, or what the standard calls it."""
        return IDS.get(self.type, self.id) if self.id == "subject_id" else self.id

    @model_validator(mode="after")
    def _records_need_a_cohort(self) -> "Subjects":
        if (self.type in ("omop", "fhir")) != (self.cohort is not None):
            given = "nothing" if self.cohort is None else f"a cohort with `type: {self.type}`"
            raise Contradiction("cohort", given, "`cohort` for records of patients (omop, fhir), and only there")
        return self

    @property
    def covariate_settings(self) -> tuple[Covariate, ...]:
        """Covariates with their settings, plain names filled in."""
        entries = [c if isinstance(c, Covariate) else Covariate(name=c) for c in self.covariates]
        return tuple(c if c.column else c.model_copy(update={"column": c.name}) for c in entries)

    @model_validator(mode="after")
    def _samples_are_told_by_their_patient(self) -> "Subjects":
        if self.samples != "refuse" and self.patient is None:
            raise Contradiction("samples", f"{self.samples!r} without `patient`", "the column that names the patient")
        return self

    @model_validator(mode="after")
    def _covariates_are_baseline_and_unique(self) -> "Subjects":
        seen: set[str] = set()
        for covariate in self.covariate_settings:
            if covariate.name in seen:
                raise Contradiction("covariates", f"{covariate.name!r} twice", "each name once")
            seen.add(covariate.name)
            if covariate.column in self.post_baseline:
                reason = self.post_baseline[str(covariate.column)]
                given = f"{covariate.name!r}, which `post_baseline` lists ({reason})"
                raise Contradiction("covariates", given, "what is known before treatment begins")
        return self
