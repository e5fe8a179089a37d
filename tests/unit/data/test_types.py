"""Endpoints, treatment, designs, splits, recipes, cohorts: what each refuses, and what it says of the patient."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.data.cohort import Cohort
from biomarker.data.design import Design, design_columns
from biomarker.data.endpoint import Binary, Continuous, Ordinal, Survival
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.recipe import Recipe, Transform
from biomarker.data.splits import Splits
from biomarker.data.treatment import Comparison, Treatment
from biomarker.errors import (
    AlignmentError,
    DataError,
    InsufficientDataError,
    LeakageError,
    NumericalError,
    SchemaError,
)
from biomarker.rng import stream

NAN = np.nan


def numbers(*values):
    return np.array(values, dtype=float)


# --- endpoints --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settings", "error", "words"),
    [
        (Binary, {"values": numbers(0, 1, 2)}, SchemaError, "holds 0, 1 or missing"),
        (Binary, {"values": numbers(1, 1, NAN)}, InsufficientDataError, "all 2 subjects with a value have the same"),
        (Binary, {"values": numbers(NAN, NAN)}, InsufficientDataError, "no subject has a value"),
        (Continuous, {"values": numbers(1, np.inf)}, SchemaError, "infinite"),
        (Continuous, {"values": numbers(2, 2, 2)}, InsufficientDataError, "the same one"),
        (Continuous, {"values": numbers()}, InsufficientDataError, "no subject"),
        (Ordinal, {"values": numbers(0, 3), "levels": ("a", "b", "c")}, SchemaError, "codes of its 3 levels"),
        (Ordinal, {"values": numbers(0, 0.5), "levels": ("a", "b", "c")}, SchemaError, "codes of its 3 levels"),
        (Ordinal, {"values": numbers(1, 1), "levels": ("a", "b")}, InsufficientDataError, "the same one"),
        (Survival, {"values": numbers(1, 2), "event": numbers(1)}, SchemaError, "differ in length"),
        (Survival, {"values": numbers(1, 2), "event": numbers(1, NAN)}, SchemaError, "without event status"),
        (Survival, {"values": numbers(1, NAN), "event": numbers(1, 0)}, SchemaError, "the other way round"),
        (Survival, {"values": numbers(0, 2), "event": numbers(1, 0)}, SchemaError, "must be positive"),
        (Survival, {"values": numbers(-1, 2), "event": numbers(1, 0)}, SchemaError, "must be positive"),
        (Survival, {"values": numbers(np.inf, 2), "event": numbers(1, 0)}, SchemaError, "infinite"),
        (Survival, {"values": numbers(1, 2), "event": numbers(2, 1)}, SchemaError, "0 or 1"),
        (Survival, {"values": numbers(1, 2), "event": numbers(0, 0)}, InsufficientDataError, "no event among 2"),
        (Survival, {"values": numbers(NAN), "event": numbers(NAN)}, InsufficientDataError, "no event among 0"),
    ],
)
def test_an_endpoint_that_can_answer_nothing_is_refused_by_name(kind, settings, error, words):
    with pytest.raises(error, match=words) as caught:
        kind(name="os", label="Overall survival", **settings)
    assert "endpoint os" in caught.value.message


@pytest.mark.parametrize(
    ("endpoint", "sign"),
    [
        (Binary("e", "e", numbers(0, 1), better="event"), 1),
        (Binary("e", "e", numbers(0, 1), better="non_event"), -1),
        (Continuous("e", "e", numbers(0, 1), better="higher"), 1),
        (Continuous("e", "e", numbers(0, 1), better="lower"), -1),
        (Ordinal("e", "e", numbers(0, 1), levels=("a", "b"), better="higher"), 1),
        (Ordinal("e", "e", numbers(0, 1), levels=("a", "b"), better="lower"), -1),
        (Survival("e", "e", numbers(1, 2), event=numbers(1, 0), better="longer"), -1),  # a higher hazard is bad
        (Survival("e", "e", numbers(1, 2), event=numbers(1, 0), better="shorter"), 1),
    ],
)
def test_good_sign_is_that_of_a_coefficient_that_helps_the_patient(endpoint, sign):
    assert endpoint.good_sign == sign


def test_missing_values_are_known_to_be_missing():
    endpoint = Survival("e", "e", numbers(1, NAN, 3), event=numbers(1, NAN, 0))
    assert endpoint.known.tolist() == [True, False, True]


def test_types_cannot_be_changed_once_checked():
    endpoint = Binary("e", "e", numbers(0, 1))
    with pytest.raises(dataclasses.FrozenInstanceError):
        endpoint.name = "other"


# --- treatment --------------------------------------------------------------------------------------------------------

PAIR = Comparison("drug", "placebo")


def test_the_indicator_is_of_the_two_arms_alone():
    treatment = Treatment(("drug", "placebo", "other", None), (PAIR,))
    assert_array_equal(treatment.indicator(PAIR), [1, 0, NAN, NAN])
    assert PAIR.name == "drug vs placebo"


@pytest.mark.parametrize(
    ("arms", "comparisons", "probability", "error", "words"),
    [
        (("drug", "drug"), (PAIR,), 0.5, InsufficientDataError, "no subject is in the arm 'placebo'; arms found: drug"),
        ((None, None), (PAIR,), 0.5, InsufficientDataError, "arms found: none"),
        (("drug", "placebo"), (), 0.5, SchemaError, "names no comparison"),
        (("drug", "placebo"), (Comparison("drug", "drug"),), 0.5, SchemaError, "compared with itself"),
        (("drug", "placebo"), (PAIR,), 0.0, SchemaError, "not between 0 and 1"),
        (("drug", "placebo"), (PAIR,), 1.0, SchemaError, "not between 0 and 1"),
        (("drug", "placebo"), (PAIR,), NAN, SchemaError, "not between 0 and 1"),
    ],
)
def test_one_arm_is_not_called_two(arms, comparisons, probability, error, words):
    with pytest.raises(error, match=words):
        Treatment(arms, comparisons, probability=probability)


# --- design -----------------------------------------------------------------------------------------------------------


def test_rank_deficiency_names_the_column():
    matrix = np.column_stack([np.ones(4), [1, 2, 3, 4], [3, 5, 7, 9]])
    with pytest.raises(NumericalError, match="linearly dependent: twice plus one can be") as caught:
        Design(matrix, ("intercept", "age", "twice plus one"))
    assert "subjects.covariates" in caught.value.hint


def test_a_design_has_an_orthonormal_basis_of_its_columns():
    matrix = np.random.default_rng(0).normal(size=(20, 4)) * [1, 1e6, 1e-6, 1]
    design = Design(matrix, tuple("abcd"))
    assert design.rank == 4
    assert_allclose(design.basis.T @ design.basis, np.eye(4), atol=1e-12)
    assert_allclose(design.basis @ (design.basis.T @ matrix), matrix, rtol=1e-9)


@pytest.mark.parametrize("bad", [NAN, np.inf])
def test_a_design_has_no_missing_values(bad):
    with pytest.raises(SchemaError, match="missing or infinite"):
        Design(np.array([[1.0], [bad]]), ("age",))


def test_a_design_has_a_name_a_column():
    with pytest.raises(SchemaError, match="with 1 names"):
        Design(np.ones((3, 2)), ("age",))


def test_levels_that_vanish_among_some_subjects_leave_the_reduced_design():
    matrix = np.column_stack([np.ones(5), [0, 0, 1, 0, 0], [1, 2, 3, 4, 6]]).astype(float)
    part = Design(matrix, ("intercept", "site = b", "age")).reduced(np.array([True, True, False, True, True]))
    assert part.names == ("intercept", "age")


def test_a_text_column_becomes_indicators_of_all_levels_but_the_most_frequent():
    matrix, names = design_columns(pl.DataFrame({"site": ["b", "a", "c", "b", None]}))
    assert names == ("site = a", "site = c")
    assert_array_equal(matrix, [[0, 0], [1, 0], [0, 1], [0, 0], [NAN, NAN]])


def test_levels_equally_frequent_are_in_alphabetical_order():
    assert design_columns(pl.DataFrame({"x": ["b", "a", "b", "a"]}))[1] == ("x = b",)


def test_a_kept_missing_number_is_the_mean_and_an_indicator():
    table = pl.DataFrame({"age": [40.0, None, 60.0], "bmi": [20.0, None, 30.0], "height": [1.0, 2.0, 3.0]})
    matrix, names = design_columns(table, keep_missing=["age", "height"])
    assert names == ("age", "age missing", "bmi", "height")
    assert_array_equal(matrix, [[40, 0, 20, 1], [50, 1, NAN, 2], [60, 0, 30, 3]])


def test_a_covariate_that_is_not_known_is_missing_also_where_it_has_one_level():
    """No column tells its levels apart, yet whoever lacks it is not to be analysed."""
    matrix, _ = design_columns(pl.DataFrame({"site": ["a", None, "a"]}))
    assert np.isnan(matrix).any(axis=1).tolist() == [False, True, False]


def test_no_covariates_are_a_matrix_without_columns():
    matrix, names = design_columns(pl.DataFrame(height=3))
    assert (matrix.shape, names) == ((3, 0), ())


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=2, max_size=30))
def test_indicators_and_intercept_span_the_levels(levels):
    """Every level's mean can be fitted, whichever level is the reference."""
    matrix, _ = design_columns(pl.DataFrame({"x": levels}))
    full = np.column_stack([np.ones(len(levels)), matrix])
    assert np.linalg.matrix_rank(full) == full.shape[1] == len(set(levels))


# --- splits -----------------------------------------------------------------------------------------------------------

groups = st.lists(st.integers(0, 12), min_size=6, max_size=80).filter(lambda g: len(set(g)) >= 5)


@given(groups, st.integers(2, 5), st.integers(0, 2**32))
def test_a_group_is_never_on_both_sides(group, n_folds, seed):
    group = np.array(group)
    splits = Splits.draw(group, n_folds=n_folds, seed=seed, rng=stream(seed, "folds"))
    for fold in range(n_folds):
        train = splits.train(fold)
        assert not set(group[train]) & set(group[~train])
        assert not train.all()
    assert splits.n_folds == n_folds


@given(groups, st.integers(2, 5), st.integers(0, 2**32))
def test_folds_differ_by_no_more_than_the_largest_group(group, n_folds, seed):
    group = np.array(group)
    splits = Splits.draw(group, n_folds=n_folds, seed=seed, rng=stream(seed, "folds"))
    sizes = np.bincount(splits.fold, minlength=n_folds)
    assert sizes.max() - sizes.min() <= np.unique(group, return_counts=True)[1].max()


def test_subjects_without_company_give_folds_of_equal_size():
    splits = Splits.draw(np.arange(23), n_folds=5, seed=1, rng=stream(1, "folds"))
    assert sorted(np.bincount(splits.fold)) == [4, 4, 5, 5, 5]


def test_folds_depend_on_the_generator_alone():
    group = np.arange(40)
    draw = [Splits.draw(group, n_folds=4, seed=0, rng=stream(seed, "folds")).fold for seed in (1, 1, 2)]
    assert_array_equal(draw[0], draw[1])
    assert (draw[0] != draw[2]).any()


def test_a_leak_between_folds_is_refused():
    with pytest.raises(LeakageError, match="two folds"):
        Splits(np.array([0, 1, 1]), np.array([7, 7, 8]), seed=0)


def test_more_folds_than_groups_are_refused():
    with pytest.raises(InsufficientDataError, match="2 groups cannot be dealt into 3 folds"):
        Splits.draw(np.array([0, 0, 1, 1]), n_folds=3, seed=0, rng=stream(0, "folds"))


def test_fold_and_group_have_one_entry_a_subject():
    with pytest.raises(SchemaError, match="one entry a subject"):
        Splits(np.zeros(3, int), np.zeros(4, int), seed=0)


# --- recipes ----------------------------------------------------------------------------------------------------------

CENTRE = Transform(
    name="centre",
    accepts=frozenset({"log2", "native"}),
    gives="native",
    fit=lambda values: {"mean": values.mean(axis=0)},
    apply=lambda values, state: values - state["mean"],
)


def test_a_recipe_applies_what_it_learned_and_learns_nothing_more():
    train, held_out = np.array([[1.0, 2.0], [3.0, 6.0]]), np.array([[100.0, 100.0]])
    recipe = Recipe.fit(CENTRE, train, feature_ids=["a", "b"], scale="log2")
    assert_array_equal(recipe.apply(held_out, feature_ids=["a", "b"], scale="log2"), [[98, 96]])
    assert_array_equal(recipe.apply(train, feature_ids=["a", "b"], scale="log2"), [[-1, -2], [1, 2]])


@pytest.mark.parametrize("others", [["b", "a"], ["a"], ["a", "b", "c"], ["a", "x"]])
def test_a_recipe_refuses_other_features_also_in_another_order(others):
    recipe = Recipe.fit(CENTRE, np.ones((2, 2)), feature_ids=["a", "b"], scale="log2")
    with pytest.raises(AlignmentError, match="fitted on 2 features"):
        recipe.apply(np.ones((1, len(others))), feature_ids=others, scale="log2")


def test_a_recipe_refuses_another_scale():
    recipe = Recipe.fit(CENTRE, np.ones((2, 1)), feature_ids=["a"], scale="log2")
    with pytest.raises(SchemaError, match="fitted on the scale log2, not native"):
        recipe.apply(np.ones((2, 1)), feature_ids=["a"], scale="native")


def test_a_transform_refuses_a_scale_it_does_not_know():
    with pytest.raises(SchemaError, match="accepts the scales log2, native; the matrix is on the scale counts"):
        Recipe.fit(CENTRE, np.ones((2, 1)), feature_ids=["a"], scale="counts")


# --- cohort -----------------------------------------------------------------------------------------------------------


def cohort(**changes):
    settings = {
        "subject_ids": ("a", "b", "c"),
        "covariates": pl.DataFrame({"age": [1.0, 2.0, 3.0]}),
        "endpoints": (Continuous("size", "Size", numbers(1, 2, 3)),),
    } | changes
    return Cohort(**settings)


def test_a_cohort_knows_where_a_matrix_has_its_subjects(tmp_path):
    features = pl.DataFrame({"feature_id": ["f"], "label": ["f"], "unit": [""]})
    path = tmp_path / "m.parquet"
    m = FeatureMatrix.write(path, [numbers(30, 10)[:, None]], features=features, subject_ids=["c", "a"], scale="native")
    assert cohort(matrices={"labs": m}).rows_of(m).tolist() == [2, 0]
    other = FeatureMatrix.write(path, [numbers(30)[:, None]], features=features, subject_ids=["x"], scale="native")
    with pytest.raises(AlignmentError, match="modality labs holds subjects that are not in the cohort"):
        cohort(matrices={"labs": other})


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"subject_ids": ("a", "a", "b")}, SchemaError, "a subject stands twice"),
        ({"covariates": pl.DataFrame({"age": [1.0]})}, AlignmentError, "covariates has 1 rows for 3 subjects"),
        ({"endpoints": (Continuous("x", "x", numbers(1, 2)),)}, AlignmentError, "x has 2 rows for 3 subjects"),
        (
            {"endpoints": (Continuous("x", "x", numbers(1, 2, 3)), Binary("x", "y", numbers(0, 1, 1)))},
            SchemaError,
            "two endpoints have the same name",
        ),
        ({"treatment": Treatment(("drug", "placebo"), (PAIR,))}, AlignmentError, "treatment has 2 rows"),
    ],
)
def test_a_cohort_has_one_row_a_subject_everywhere(changes, error, words):
    with pytest.raises(error, match=words) as caught:
        cohort(**changes)
    assert isinstance(caught.value, DataError)
