"""``quality``: what is checked before anything is ranked, and what becomes of what is found."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from biomarker.config.base import Section, model_of
from biomarker.quality.record_settings import RecordChecks

__all__ = ["BatchTable", "Comparison", "Controls", "Delta", "Patients", "Precision", "Quality", "Reference", "Sex"]


if TYPE_CHECKING:
    Records = Section
else:
    Records = model_of(RecordChecks)


class BatchTable(Section):
    """A table that says in which batch each sample of a modality was measured."""

    path: str = Field(description="The file, relative to the study file.")
    id: str = Field("subject_id", description="Its column of subject ids.")
    column: str = Field("batch", description="Its column of batches.")
    correct: Literal["none", "combat"] = Field(
        "none",
        description="combat: bring each batch to the level and spread of all, learned inside every fold and frozen "
        "with each candidate; for counts, log2 TPM and log2 values.",
    )


class Sex(Section):
    """Which covariate holds the recorded sex, and its words."""

    covariate: str = Field("sex", description="Name of the covariate.")
    female: tuple[str, ...] = Field(("f", "female", "w", "woman"), description="Words for women, in any case.")
    male: tuple[str, ...] = Field(("m", "male", "man"), description="Words for men, in any case.")


class Controls(Section):
    """Results of control materials of the analysers behind a modality."""

    path: str = Field(description="A table with a row for each result.")
    test: str = Field("test", description="Its column of tests, named as in the modality.")
    group: str | None = Field(
        None, description="Its column of sites, named as `subjects.group` has them; none: one analyser for all sites."
    )
    level: str = Field("level", description="Its column of levels of the material.")
    value: str = Field("value", description="Its column of results.")
    date: str = Field("date", description="Its column of dates, year-month-day.")
    run: str | None = Field(None, description="Its column of runs of a day, in order; none: one run a day.")
    target: str | None = Field(None, description="Its column of target values; none: the mean of the runs in control.")
    sd: str | None = Field(None, description="Its column of standard deviations; none: those of the runs in control.")
    in_control: int = Field(
        20, ge=10, description="So many first runs of each test and site are taken as in control, and set the limits."
    )
    rules: tuple[Literal["1_3s", "2_2s", "R_4s", "4_1s", "10_x"], ...] = Field(
        ("1_3s", "2_2s", "R_4s", "4_1s", "10_x"),
        min_length=1,
        description="Westgard's rules that reject a run.",
    )


class Precision(Section):
    """A precision experiment: results of one sample, repeated within runs, runs within days (CLSI EP05)."""

    path: str = Field(description="A table with a row for each result.")
    test: str = Field("test", description="Its column of tests.")
    day: str = Field("day", description="Its column of days.")
    run: str = Field("run", description="Its column of runs, numbered within the day.")
    value: str = Field("value", description="Its column of results.")


class Comparison(Section):
    """The same samples measured by two methods."""

    path: str = Field(description="A table with a row for each sample.")
    test: str = Field("test", description="Its column of tests.")
    x: str = Field("x", description="Its column of results of the method compared with.")
    y: str = Field("y", description="Its column of results of the method in use.")
    method: Literal["passing-bablok", "deming"] = Field("passing-bablok", description="How the line is fitted.")
    ratio: float = Field(1.0, gt=0, description="For Deming: variance of the errors of x over that of y.")


class Reference(Section):
    """Results of people from whom reference limits are to be had."""

    path: str = Field(description="A table with a row for each result.")
    test: str = Field("test", description="Its column of tests.")
    value: str = Field("value", description="Its column of results.")
    group: str | None = Field(None, description="Its column of groups with limits of their own, such as sex.")
    population: Literal["healthy", "mixed"] = Field(
        "healthy", description="mixed: patients among them, so that the limits come from the middle of the results."
    )


class Patients(Section):
    """Patients' first results, in order of date, as controls."""

    statistic: Literal["mean", "median", "ewma"] = Field("median", description="What moves over the results.")
    block: int = Field(20, ge=3, description="Results that are looked at together; for ewma the weight is 2/(block+1).")
    truncate: float = Field(
        0.02, ge=0, lt=0.25, description="Share of results at either end that is set to the nearest that is left."
    )


class Delta(Section):
    """A result against the same subject's result before, within the modality's window."""

    limits: dict[str, float] = Field(min_length=1, description="By test, the change in percent beyond which it is odd.")
    within_days: float = Field(90, gt=0, description="A result longer ago is not compared with.")


class Quality(Section):
    """What is checked before anything is ranked, and what becomes of what is found."""

    policy: Literal["flag", "exclude", "correct"] = Field(
        "flag",
        description="flag: say so and change nothing. exclude: leave out samples of the wrong person or given twice, "
        "results of a drifting analyser from the onset on, and results under a rejected control run. correct: divide "
        "the results of a drifting analyser by the estimated change instead; all else is left out.",
    )
    level: float = Field(
        0.01,
        gt=0,
        lt=0.5,
        description="Chance that a check speaks up in a study that is in order, each check by itself.",
    )
    permutations: int = Field(999, ge=99, description="Permutations behind each p-value of a batch or of balance.")
    sex: Sex = Field(Sex(), description="Where the recorded sex stands; without that covariate it is not checked.")
    batches: dict[str, BatchTable] = Field({}, description="By modality, in which batch each sample was measured.")
    allowed_drift: float = Field(
        0.10,
        gt=0,
        description="Relative change of a test's level that a laboratory allows itself; when a growing drift will "
        "cross it is foretold.",
    )
    records: Records = Field(Records(), description="What clinical records are held against.")
    controls: dict[str, Controls] = Field({}, description="By modality, results of its analysers' control materials.")
    precision: Precision | None = Field(None, description="A precision experiment of the tests.")
    comparison: Comparison | None = Field(None, description="The tests' methods against another method.")
    reference: Reference | None = Field(None, description="A sample of people for reference limits.")
    patients: dict[str, Patients] = Field(
        {}, description="By modality, how patients' results are looked at as controls; `labs: {}` takes every default."
    )
    delta: dict[str, Delta] = Field({}, description="By modality, which changes between visits are odd.")
    allowed_error: dict[str, Annotated[float, Field(gt=0)]] = Field(
        {}, description="By test, the total error in percent that is allowed: what sigma is measured against."
    )
