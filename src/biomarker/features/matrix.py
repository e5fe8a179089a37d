"""Features of a modality that is a matrix already: the cohort's subjects, in the cohort's order."""

from dataclasses import replace

import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.features.builder import Builder, BuilderSettings, Built, Matching, match_subjects

__all__ = ["ASSAY_IMAGE", "EXPRESSION", "MATRIX", "SINGLE_CELL", "build_matrix"]


def build_matrix(content: FeatureValues, settings: BuilderSettings, *, subjects: pl.DataFrame) -> Built:
    """Restrict a matrix to the cohort.

    Counts name the recipe ``log_cpm_tmm``: their normalisation learns across subjects and is fitted later, where the
    subjects to learn from are known.

    Parameters
    ----------
    content : FeatureValues (n_source_subjects, n_features)
    settings : BuilderSettings
        Not looked at: a matrix says nothing of the day its values were taken.
    subjects : polars.DataFrame
        With ``subject_id``.

    Returns
    -------
    Built
        Values (n_subjects, n_features) of the subjects that both have.

    Raises
    ------
    AlignmentError
        No subject is in both.
    """
    cohort = subjects["subject_id"].to_list()
    rows, unknown = match_subjects(content.subject_ids, cohort)
    values = replace(
        content,
        values=content.values[rows],
        subject_ids=tuple(content.subject_ids[row] for row in rows),
        recipes=("log_cpm_tmm",) if content.scale == "counts" else (),
    )
    absent = len(cohort) - len(rows)
    return Built(values, Matching(len(cohort), len(rows), {"not in the modality": absent} if absent else {}, unknown))


ASSAY_IMAGE = Builder(type="assay-image", settings=BuilderSettings, build=build_matrix)
EXPRESSION = Builder(type="expression", settings=BuilderSettings, build=build_matrix)
SINGLE_CELL = Builder(type="single-cell", settings=BuilderSettings, build=build_matrix)
MATRIX = Builder(type="matrix", settings=BuilderSettings, build=build_matrix)
