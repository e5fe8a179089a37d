"""Whose sample it is: exchanged, doubled and mismatched samples among simulated ones."""

import numpy as np
import pytest

from biomarker.quality.identity import check_sex, find_duplicates, match_modalities
from biomarker.quality.outliers import find_outliers

GENES = ["XIST", "RPS4Y1", "DDX3Y", "GAPDH"]


def sexed(n=60, seed=0):
    draw = np.random.default_rng(seed)
    female = (np.arange(n) % 2).astype(float)
    high = np.column_stack([female, 1 - female, 1 - female, np.zeros(n)])
    return 6 * high + draw.normal(0, 0.5, (n, 4)), female


def test_exchanged_samples_have_the_other_sexs_genes():
    values, female = sexed()
    values[[4, 7]] = values[[7, 4]]
    found = check_sex(values, GENES, female)
    assert found.genes == ("XIST", "RPS4Y1", "DDX3Y")
    assert np.flatnonzero(found.mismatch).tolist() == [4, 7]


@pytest.mark.parametrize(
    "labels", [["ENSG00000229807.12", "ENSG00000129824", "ENSG00000067048", "x"], ["xist", "rps4y1", "ddx3y", "y"]]
)
def test_genes_are_known_by_ensembl_id_and_in_lower_case(labels):
    values, female = sexed()
    assert len(check_sex(values, labels, female).genes) == 3


def test_a_man_who_lost_y_and_a_subject_of_unknown_sex_are_not_accused():
    values, female = sexed()
    values[0, 1:3] = values[1, 1:3]  # a man without the genes of Y, and without XIST
    female[2] = np.nan
    values[2] = values[1]
    found = check_sex(values, GENES, female)
    assert abs(found.score[0]) < 0.5
    assert not found.mismatch.any()


def test_without_sex_genes_or_with_one_sex_nothing_is_said():
    values, female = sexed()
    assert check_sex(values, list("abcd"), female).genes == ()
    assert check_sex(values, GENES, np.ones(60)).genes == ()
    assert check_sex(np.zeros_like(values), GENES, female).genes == ()


def test_a_sample_given_twice_is_found_and_relatives_in_expression_are_not():
    draw = np.random.default_rng(1)
    programme = draw.normal(size=(80, 3)) @ draw.normal(size=(3, 400))
    values = programme + draw.normal(size=(80, 400)) * 1.5
    assert find_duplicates(values) == ()
    values[9] = values[40] + draw.normal(size=400) * 0.2
    (pair,) = find_duplicates(values)
    assert (pair.first, pair.second) == (9, 40)
    assert pair.correlation > 0.9


def test_two_samples_of_which_little_is_known_are_not_one():
    draw = np.random.default_rng(5)
    values = draw.normal(size=(200, 100))
    values[:2, 6:] = np.nan
    values[:2, :6] = draw.normal(3, 0.3, size=6)
    assert find_duplicates(values) == ()
    values[7] = values[150]
    values[7, :20] = np.nan
    (pair,) = find_duplicates(values)
    assert (pair.first, pair.second) == (7, 150)


def test_a_small_panel_or_flags_say_nothing_of_duplicates():
    draw = np.random.default_rng(2)
    few = draw.normal(size=(50, 12))
    few[3] = few[4]
    flags = (draw.random((50, 200)) < 0.05).astype(float)
    assert find_duplicates(few) == find_duplicates(flags) == ()


def paired(n=80, features=60, r=0.6, seed=3):
    draw = np.random.default_rng(seed)
    first = draw.normal(size=(n, features))
    return first, np.exp(r * first + np.sqrt(1 - r**2) * draw.normal(size=(n, features)))


def test_profiles_of_two_people_are_told_and_whose_they_are():
    first, second = paired()
    second[[10, 20]] = second[[20, 10]]
    found = match_modalities(first, second)
    assert found.informative
    assert set(found.wrong) == {(10, 20), (20, 10)}


def test_a_profile_of_nobody_in_the_study_has_no_partner():
    first, second = paired()
    second[5] = np.exp(np.random.default_rng(9).normal(size=60))
    assert match_modalities(first, second).wrong == ((5, 5),)


def test_profiles_in_order_accuse_nobody_and_a_weak_link_is_not_judged():
    assert all(match_modalities(*paired(seed=seed)).wrong == () for seed in range(10))
    weak = match_modalities(*paired(features=3))
    assert not weak.informative
    assert weak.wrong == ()


def test_outliers_are_far_or_empty_and_a_heavy_tail_is_neither():
    draw = np.random.default_rng(4)
    values = draw.standard_t(5, size=(200, 300))
    assert find_outliers(values) == ()
    values[7] *= 3
    values[8, :200] = np.nan
    values[9, 0] = 1e6  # one wild cell makes no outlier
    found = {(one.sample, one.what) for one in find_outliers(values)}
    assert found == {(7, "far from the other profiles"), (8, "many missing values")}
