"""Features of a matrix: the cohort's subjects in the cohort's order, and both ways counted."""

import numpy as np
import polars as pl
import pytest

from biomarker.data.matrix import FeatureValues
from biomarker.errors import AlignmentError
from biomarker.features.builder import BuilderSettings, Matching
from biomarker.features.matrix import build_matrix
from biomarker.features.registry import BUILDERS, TRANSFORMS


def matrix(*ids, scale="native") -> FeatureValues:
    features = pl.DataFrame({"feature_id": ["f", "g"], "label": ["f", "g"], "unit": ["", ""]})
    return FeatureValues(np.arange(2.0 * len(ids)).reshape(-1, 2), features, ids, scale)


def build(content, *cohort):
    return build_matrix(content, BuilderSettings(), subjects=pl.DataFrame({"subject_id": cohort}))


def test_subjects_follow_the_cohort():
    built = build(matrix("c", "a", "x", "b"), "a", "b", "d", "c")
    assert built.values.subject_ids == ("a", "b", "c")
    np.testing.assert_array_equal(built.values.values, [[2, 3], [6, 7], [0, 1]])
    assert built.matching == Matching(cohort=4, used=3, excluded={"not in the modality": 1}, unknown=1)


def test_counts_name_the_recipe_that_normalises_them():
    assert build(matrix("a", scale="counts"), "a").values.recipes == ("log_cpm_tmm",)
    for scale in ("native", "tpm", "log2_tpm", "log2_cpm", "log2"):
        assert build(matrix("a", scale=scale), "a").values.recipes == ()


def test_every_named_recipe_exists():
    assert set(build(matrix("a", scale="counts"), "a").values.recipes) <= set(TRANSFORMS)


@pytest.mark.parametrize(
    ("source", "cohort", "words"),
    [
        (["tcga-01", "tcga-02"], ["TCGA-01", "TCGA-03"], "1 ids would match but for upper and lower case"),
        (["007", "008"], ["7", "8"], "2 ids would match but for leading zeros"),
        (["1001.0"], ["1001"], "but for a decimal point"),
        (["P-1"], ["P_1"], "but for the sign between their parts"),
        (["x"], ["y"], "Check the `id` setting"),
    ],
)
def test_subjects_that_do_not_meet(source, cohort, words):
    with pytest.raises(AlignmentError, match="none of the") as caught:
        build(matrix(*source), *cohort)
    assert words in caught.value.hint
    assert not any(name in caught.value.message for name in source if len(name) > 1)


def test_matching_that_does_not_add_up_is_a_fault_of_ours():
    with pytest.raises(ValueError, match="5 subjects came in"):
        Matching(cohort=5, used=3, excluded={"why": 1}, unknown=0)


def test_builders_are_known_by_their_type():
    assert all(name == builder.type for name, builder in BUILDERS.items())
    assert all(name == transform.name for name, transform in TRANSFORMS.items())
