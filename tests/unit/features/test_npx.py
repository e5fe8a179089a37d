"""Protein levels as subjects by assays."""

import numpy as np
import polars as pl
import pytest

from biomarker.errors import AlignmentError
from biomarker.features.builder import BuilderSettings
from biomarker.features.npx import build_npx
from biomarker.ingest.npx import RECORDS


def records(*rows) -> pl.DataFrame:
    """Rows of (subject, assay, value, below)."""
    full = [(s, assay, assay, "Panel", "P1", value, None, below) for s, assay, value, below in rows]
    return pl.DataFrame(full, schema=RECORDS, orient="row")


def build(content, *ids):
    return build_npx(content, BuilderSettings(), subjects=pl.DataFrame({"subject_id": ids}))


def test_levels_stand_by_subject_and_assay_and_what_was_not_measured_is_missing():
    content = records(
        ("b", "TNF", 1.0, False), ("a", "IL6", 2.0, False), ("a", "TNF", 3.0, False), ("x", "IL6", 9.0, False)
    )
    built = build(content, "a", "z", "b")
    assert built.values.subject_ids == ("a", "b")
    assert built.values.features["feature_id"].to_list() == ["IL6", "TNF"]
    np.testing.assert_equal(built.values.values, [[2.0, 3.0], [np.nan, 1.0]])
    assert built.values.scale == "log2"
    assert built.matching.excluded == {"no usable value in the modality": 1}
    assert built.matching.unknown == 1


def test_detection_is_counted_among_the_subjects_of_the_cohort():
    content = records(
        ("a", "IL6", 2.0, True), ("b", "IL6", None, True), ("c", "IL6", 3.0, False), ("d", "IL6", 3.0, None),
        ("x", "IL6", 1.0, True), ("a", "TNF", 1.0, None),
    )  # fmt: skip
    features = build(content, *"abcd").values.features
    assert features.select("feature_id", "unit", "n_measured", "n_below_lod").rows() == [
        ("IL6", "NPX", 4, 2),
        ("TNF", "NPX", 1, 0),
    ]
    assert features["detection_rate"].to_list() == [pytest.approx(1 / 3), None]


def test_names_that_assays_share_are_told_apart_in_the_label():
    content = records(("a", "OID1", 1.0, False), ("a", "OID2", 2.0, False), ("a", "OID3", 3.0, False)).with_columns(
        label=pl.Series(["IL6", "IL6", "TNF"])
    )
    assert build(content, "a").values.features["label"].to_list() == ["IL6 (OID1)", "IL6 (OID2)", "TNF"]


def test_one_subject_has_the_same_values_alone_and_among_others():
    rng = np.random.default_rng(5)
    rows = [(s, a, rng.normal(), False) for s in "abc" for a in ("IL6", "TNF", "CXCL9") if rng.random() < 0.8]
    everybody = build(records(*rows), *"abc").values
    for i, subject in enumerate(everybody.subject_ids):
        alone = build(records(*(one for one in rows if one[0] == subject)), subject).values
        kept = everybody.features["feature_id"].is_in(alone.features["feature_id"].to_list()).to_numpy()
        np.testing.assert_array_equal(everybody.values[i, kept], alone.values[0])


def test_nobody_of_the_cohort():
    with pytest.raises(AlignmentError):
        build(records(("a", "IL6", 1.0, False)), "zz")
