"""Features of label-free proteomics: one a protein group, centred by sample and imputed where that is asked for."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.features.builder import Builder, BuilderSettings, Built
from biomarker.features.matrix import build_matrix

__all__ = ["MAXQUANT", "MaxquantFeatures", "build_maxquant"]


@dataclass(frozen=True, kw_only=True)
class MaxquantFeatures(BuilderSettings):
    """What is made of the intensities."""

    centre: Literal["none", "median"] = field(
        default="none", metadata={"doc": "median: subtract each sample's own median of what was quantified."}
    )
    impute: Literal["none", "low"] = field(
        default="none",
        metadata={"doc": "low: missing intensities at the group's lowest value, learned inside folds; none: missing."},
    )


def build_maxquant(content: FeatureValues, settings: MaxquantFeatures, *, subjects: pl.DataFrame) -> Built:
    """Restrict protein groups to the cohort; ``centre`` looks at one subject at a time, ``impute`` is a recipe.

    Raises
    ------
    AlignmentError
        No subject is in both.

    Notes
    -----
    **Valid when** a group that is not seen is low (``low``): missing by chance is then taken for low as well, and a
    group missing in many becomes an indicator of being seen.
    """
    if settings.centre == "median":
        middle = np.nanmedian(np.where(np.isfinite(content.values), content.values, np.nan), axis=1, keepdims=True)
        content = replace(content, values=content.values - np.nan_to_num(middle))
    built = build_matrix(content, settings, subjects=subjects)
    recipes = ("impute_low",) if settings.impute == "low" else ()
    return replace(built, values=replace(built.values, recipes=recipes))


MAXQUANT = Builder(type="maxquant", settings=MaxquantFeatures, build=build_maxquant)
