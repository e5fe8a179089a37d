"""Who received what."""

import numpy as np
import pytest

from biomarker.data.treatment import Comparison, Treatment
from biomarker.errors import InsufficientDataError, SchemaError

PAIR = Comparison("drug", "placebo")


def test_the_indicator_is_one_in_the_active_arm_and_missing_outside_the_comparison():
    treatment = Treatment(("drug", "placebo", None, "other"), (PAIR,))
    np.testing.assert_array_equal(treatment.indicator(PAIR), [1, 0, np.nan, np.nan])


@pytest.mark.parametrize("arms", [("drug", "drug"), ("placebo",), (None, None), ("Drug", "placebo")])
def test_a_comparison_with_an_arm_that_nobody_is_in_is_refused(arms):
    with pytest.raises(InsufficientDataError, match="no subject is in the arm"):
        Treatment(arms, (PAIR,))


def test_a_column_of_identifiers_taken_for_arms_is_counted_and_not_listed():
    with pytest.raises(InsufficientDataError, match="arms found: 40 different ones") as caught:
        Treatment(tuple(f"PATIENT{i}" for i in range(40)), (PAIR,))
    assert "PATIENT" not in caught.value.message


@pytest.mark.parametrize(
    ("comparisons", "probability", "words"),
    [((), 0.5, "no comparison"), ((Comparison("drug", "drug"),), 0.5, "with itself"), ((PAIR,), 1.0, "probability")],
)
def test_what_is_no_comparison_is_refused(comparisons, probability, words):
    with pytest.raises(SchemaError, match=words):
        Treatment(("drug", "placebo"), comparisons, probability=probability)
