"""``quality``: what is checked before anything is ranked, and what becomes of what is found."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from biomarker.config.base import Section, model_of
from biomarker.quality.record_settings import RecordChecks

__all__ = ["BatchTable", "Quality", "Sex"]


if TYPE_CHECKING:
    Records = Section
else:
    Records = model_of(RecordChecks)


class BatchTable(Section):
    """A table that says in which batch each sample of a modality was measured."""

    path: str = Field(description="The file, relative to the study file.")
    id: str = Field("subject_id", description="Its column of subject ids.")
    column: str = Field("batch", description="Its column of batches.")


class Sex(Section):
    """Which covariate holds the recorded sex, and its words."""

    covariate: str = Field("sex", description="Name of the covariate.")
    female: tuple[str, ...] = Field(("f", "female", "w", "woman"), description="Words for women, in any case.")
    male: tuple[str, ...] = Field(("m", "male", "man"), description="Words for men, in any case.")


class Quality(Section):
    """What is checked before anything is ranked, and what becomes of what is found."""

    policy: Literal["flag", "exclude", "correct"] = Field(
        "flag",
        description="flag: say so and change nothing. exclude: leave out samples of the wrong person or given twice, "
        "and results of a drifting analyser from the onset on. correct: divide those results by the estimated change "
        "instead; samples are left out.",
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
