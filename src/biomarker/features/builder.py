"""What a builder of feature matrices is and gives, and how a modality's subjects meet the cohort's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.matrix import FeatureValues
from biomarker.data.timing import Timing
from biomarker.errors import AlignmentError

__all__ = ["Build", "Builder", "BuilderSettings", "Built", "Matching", "match_subjects"]


@dataclass(frozen=True, kw_only=True)
class BuilderSettings(Timing):
    """What every builder needs to be told."""


@dataclass(frozen=True)
class Matching:
    """How the subjects of a modality meet those of the cohort.

    Attributes
    ----------
    cohort : int
        Subjects of the cohort: ``used + sum(excluded.values())``.
    used : int
        Those that have features.
    excluded : mapping of str to int
        Those that have none, by reason.
    unknown : int
        Subjects of the modality that the cohort does not know.
    """

    cohort: int
    used: int
    excluded: Mapping[str, int]
    unknown: int

    def __post_init__(self) -> None:
        if self.cohort != self.used + sum(self.excluded.values()):
            raise ValueError(f"{self.cohort} subjects came in and {self.used} and {dict(self.excluded)} went out")


@dataclass(frozen=True)
class Built:
    """Features of the cohort's subjects, in the cohort's order; subjects without the modality are absent.

    Attributes
    ----------
    values : FeatureValues
    matching : Matching
    left_out : mapping of str to str
        Features that were not made, or not kept, and why.
    """

    values: FeatureValues
    matching: Matching
    left_out: Mapping[str, str] = field(default_factory=dict)


class Build(Protocol):
    """A function from what a source gave to features; ``subjects`` is the subject table, in the cohort's order."""

    def __call__(self, content: Any, settings: Any, *, subjects: pl.DataFrame) -> Built: ...


@dataclass(frozen=True)
class Builder:
    """A builder for one type of modality: the record a registry holds; ``lazy`` ones also take a lazy frame."""

    type: str
    settings: type[BuilderSettings]
    build: Build
    lazy: bool = False


def match_subjects(source: Sequence[str], cohort: Sequence[str]) -> tuple[NDArray[np.intp], int]:
    """Where the cohort's subjects stand in a modality.

    Parameters
    ----------
    source : sequence of str
        The modality's subjects, each once.
    cohort : sequence of str
        The cohort's subjects, each once.

    Returns
    -------
    rows : array
        Positions in ``source`` of the subjects both have, in the order of ``cohort``.
    unknown : int
        Subjects of the modality that the cohort lacks.

    Raises
    ------
    AlignmentError
        None is in both; the hint says so where they would match but for case, blanks or leading zeros. Or one without a
        partner would have one but for case or blanks: surely the same subject, who must not drop out unnoticed.
    """
    position = {subject: i for i, subject in enumerate(source)}
    rows = np.asarray([position[subject] for subject in cohort if subject in position], dtype=np.intp)
    if len(rows) == 0:
        raise AlignmentError(
            f"none of the {len(source)} subjects of this modality is among the {len(cohort)} of the cohort",
            _near_miss(source, cohort),
        )
    alone = set(source) ^ set(cohort)
    variants = {_plain(name) for name in alone.intersection(source)} & {_plain(name) for name in alone - set(source)}
    if variants:
        raise AlignmentError(
            f"{len(variants)} of the {len(source)} subjects of this modality would be among the {len(cohort)} of the "
            "cohort but for upper and lower case or blanks in their ids",
            "Write each id in one way in both files.",
        )
    return rows, len(source) - len(rows)


def _plain(name: str) -> str:
    """An id without what writers of one and the same id differ in."""
    return name.strip().casefold()


def _near_miss(source: Sequence[str], cohort: Sequence[str]) -> str:
    changes: dict[str, Callable[[str], str]] = {
        "upper and lower case or blanks": _plain,
        "leading zeros": lambda text: _plain(text).lstrip("0"),
        "a decimal point (1001.0 for 1001)": lambda text: text.strip().removesuffix(".0"),
        "the sign between their parts (-, _ or .)": lambda text: text.strip().replace("-", "_").replace(".", "_"),
    }
    for what, change in changes.items():
        both = {change(text) for text in source} & {change(text) for text in cohort}
        if both:
            return f"{len(both)} ids would match but for {what}: write them in one way in both files."
    return "Check the `id` setting of the modality and of `subjects`, and the orientation of a matrix."
