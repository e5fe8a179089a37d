"""Enrolment and randomisation as a trial does them."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from biomarker.simulate.subjects import BLOCK, covariates, draw_subjects


def test_arms_are_balanced_within_every_site_to_half_a_block():
    subjects = draw_subjects(240, seed=1)
    for site in range(6):
        balance = subjects.drug[subjects.site == site].sum() * 2 - (subjects.site == site).sum()
        assert abs(balance) <= BLOCK // 2


def test_every_full_block_of_four_in_order_of_enrolment_holds_two_of_each_arm():
    subjects = draw_subjects(400, seed=2)
    for site in range(6):
        mine = np.flatnonzero(subjects.site == site)
        days = subjects.day[mine]
        running = np.array(
            [subjects.drug[mine][days <= day].sum() * 2 - (days <= day).sum() for day in np.unique(days)]
        )
        assert np.abs(running).max() <= BLOCK // 2


@pytest.mark.parametrize("n_subjects", [40, 97, 240])
def test_every_site_has_subjects_and_they_sum_to_all(n_subjects):
    sizes = np.bincount(draw_subjects(n_subjects, seed=3).site, minlength=6)
    assert sizes.sum() == n_subjects
    assert sizes.min() >= 3


def test_order_and_identifier_carry_neither_arm_nor_site_nor_date():
    subjects = draw_subjects(2000, seed=4)
    order = np.arange(2000)
    for column in (subjects.drug, subjects.site, subjects.day, subjects.age):
        assert abs(stats.spearmanr(order, column).statistic) < 4 / np.sqrt(2000)


def test_baseline_characteristics_do_not_depend_on_arm_or_site():
    subjects = draw_subjects(4000, seed=5)
    design = covariates(subjects)[:, 2:]
    for column in design.T:
        assert abs(np.corrcoef(column, subjects.drug)[0, 1]) < 4 / np.sqrt(4000)
        groups = [column[subjects.site == site] for site in range(6)]
        assert stats.f_oneway(*groups).pvalue > 1e-4


def test_covariates_have_full_rank_and_a_category_for_missing_status():
    subjects = draw_subjects(240, seed=6)
    design = covariates(subjects)
    assert design.shape == (240, 9)
    assert np.linalg.matrix_rank(design) == 9
    assert design[:, 8].sum() == subjects.ecog_missing.sum() == 10


def test_identifiers_have_digits_enough_to_sort_by():
    subjects = draw_subjects(12_345, seed=7)
    assert set(map(len, subjects.subject_id)) == {6}
    assert list(subjects.subject_id) == sorted(set(subjects.subject_id))


def test_endpoints_fit_together(trial):
    subjects = trial.subjects
    assert subjects["pfs_months"].min() > 0
    assert subjects.filter(pl.col("best_response") == "NE")["tumour_change"].is_null().all()
    assert subjects["tumour_change"].min() >= -100
    # PD is growth with progression; the responders who shrank most are CR
    assert subjects.filter(pl.col("best_response") == "PD")["tumour_change"].drop_nulls().min() >= 20
    assert subjects.filter(pl.col("best_response") == "PD")["pfs_event"].min() == 1
    median = subjects.group_by("best_response").agg(pl.col("tumour_change").median()).drop_nulls()
    order = dict(median.iter_rows())
    assert order["CR"] < order["PR"] < order["SD"] < order["PD"]


def test_nobody_is_followed_beyond_the_data_cut_off(trial):
    subjects = trial.subjects.with_columns(pl.col("randomised_on").str.to_date())
    followed = (subjects["pfs_months"] * 30.4375).to_numpy()
    end = subjects["randomised_on"].to_physical().to_numpy() + followed
    cut_off = np.datetime64("2024-01-15").astype(int) + 540 + 240
    assert end.max() <= cut_off + 0.5  # months are written with two decimals
