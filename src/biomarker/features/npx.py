"""Features of protein levels: one an assay, and how often it was seen at all."""

import numpy as np
import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.features.builder import Builder, BuilderSettings, Built, Matching, match_subjects

__all__ = ["NPX", "build_npx"]


def build_npx(content: pl.DataFrame, settings: BuilderSettings, *, subjects: pl.DataFrame) -> Built:
    """Lay out protein levels as subjects by assays.

    Parameters
    ----------
    content : polars.DataFrame
        Columns of `biomarker.ingest.npx.RECORDS`, a subject and assay once.
    settings : BuilderSettings
        Not looked at: the source has chosen the rows.
    subjects : polars.DataFrame
        With ``subject_id``.

    Returns
    -------
    Built
        A feature an assay, in alphabetical order, on the scale log2. Beside them ``panel``, ``n_measured`` and
        ``n_below_lod`` (among the cohort's subjects), and ``detection_rate``, the share not below the limit of those
        that have one. Subjects without a usable row are absent, and counted.

    Raises
    ------
    AlignmentError
        No subject of the cohort has a value.
    """
    cohort = subjects["subject_id"].to_list()
    source = content["subject_id"].unique(maintain_order=True).to_list()
    rows, unknown = match_subjects(source, cohort)
    known = pl.DataFrame({"subject_id": [source[row] for row in rows]}).with_row_index("subject")
    measured = content.join(known, on="subject_id", how="inner", maintain_order="left")
    features = _features(measured)
    place = features.select("feature_id").with_row_index("column")
    cells = measured.join(place, left_on="assay", right_on="feature_id", how="left", maintain_order="left")
    values = np.full((known.height, features.height), np.nan)
    values[cells["subject"].to_numpy(), cells["column"].to_numpy()] = cells["value"].to_numpy()
    levels = FeatureValues(values, features, tuple(known["subject_id"].to_list()), "log2")
    absent = len(cohort) - known.height
    excluded = {"no usable value in the modality": absent} if absent else {}
    return Built(levels, Matching(len(cohort), known.height, excluded, unknown))


def _features(measured: pl.DataFrame) -> pl.DataFrame:
    """The feature table; a label that two assays share is told apart by the assay."""
    table = measured.group_by(feature_id="assay").agg(
        label=pl.col("label").first(),
        unit=pl.lit("NPX"),
        panel=pl.col("panel").first(),
        n_measured=pl.len().cast(pl.Int64),
        n_below_lod=pl.col("below_lod").sum().cast(pl.Int64),
        detection_rate=1 - pl.col("below_lod").mean(),
    )
    label = pl.when(pl.col("label").is_duplicated()).then(pl.format("{} ({})", "label", "feature_id"))
    return table.with_columns(label.otherwise(pl.col("label")).alias("label")).sort("feature_id")


NPX = Builder(type="npx", settings=BuilderSettings, build=build_npx)
