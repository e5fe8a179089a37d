"""How a modality's subjects meet the cohort's."""

import numpy as np
import pytest

from biomarker.errors import AlignmentError
from biomarker.features.builder import match_subjects

COHORT = ["A1", "B2", "C3"]


def test_rows_come_in_the_order_of_the_cohort_and_strangers_are_counted():
    rows, unknown = match_subjects(["X", "C3", "A1"], COHORT)
    np.testing.assert_array_equal(rows, [2, 1])
    assert unknown == 1


@pytest.mark.parametrize("variant", ["b2", " B2", "B2 ", "b2\t"])
def test_a_subject_whose_id_differs_in_case_or_blanks_alone_does_not_drop_out_unnoticed(variant):
    with pytest.raises(AlignmentError, match="1 of the 3 subjects of this modality would be among the 3") as caught:
        match_subjects(["A1", variant, "C3"], COHORT)
    assert "2" not in caught.value.message.split("cohort")[1]


def test_a_variant_of_a_subject_that_is_there_as_well_is_a_stranger():
    assert match_subjects(["A1", "a1", "C3"], COHORT)[1] == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (["a1", "b2"], "upper and lower case or blanks"),
        (["A1 "], "upper and lower case or blanks"),
        (["00A1"], "leading zeros"),
        (["A1.0"], "decimal point"),
        (["Z"], "Check the `id` setting"),
    ],
)
def test_where_nobody_matches_the_hint_says_what_would_make_them(source, words):
    with pytest.raises(AlignmentError, match="none of the") as caught:
        match_subjects(source, COHORT)
    assert words in caught.value.hint
