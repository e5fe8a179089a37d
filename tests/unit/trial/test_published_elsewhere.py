"""Numbers that other programs and their manuals print, apart from the cases that the library was built against."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker import trial

# SAS/STAT 13.2 User's Guide, the SEQDESIGN procedure, "Applicable ... group sequential designs": two-sided designs with
# early stopping to reject, alpha 0.05, power 0.90, reference 0.25; maximum information by the number of stages.
# http://support.sas.com/documentation/cdl/en/statug/67523/HTML/default/statug_seqdesign_details62.htm
SAS_INFORMATION = {1: 168.12, 2: 169.32, 5: 172.57, 10: 174.42}


@pytest.mark.parametrize("looks", SAS_INFORMATION)
def test_maximum_information_is_that_of_the_manual_of_sas(looks):
    design = trial.group_sequential(information=looks, alpha=0.05, power=0.9, sided=2, efficacy=trial.OBrienFleming())
    assert_allclose((design.drift / 0.25) ** 2, SAS_INFORMATION[looks], atol=0.006)


def test_the_properties_of_a_two_stage_design_are_those_of_another_program():
    """https://kimmingul.github.io/samplesize-copilot/examples/05-simon-two-stage/, a design near the optimal one."""
    declared, stop, expected = trial.two_stage_properties(2, 18, 4, 26, 0.1)
    assert_allclose((declared, stop), (0.0995, 0.7338), atol=5e-5)
    assert round(expected, 1) == 20.1
    assert_allclose(trial.two_stage_properties(2, 18, 4, 26, 0.3)[0], 0.9037, atol=5e-5)
    best = trial.simon_two_stage(0.1, 0.3, alpha=0.1, power=0.9).optimal
    assert best.expected_n <= expected
    assert np.isclose(best.alpha, trial.two_stage_properties(best.r1, best.n1, best.r, best.n, 0.1)[0])


# --- Jennison and Turnbull, Group Sequential Methods (1999), as gsDesign's tests quote its tables ---------------------
# https://github.com/keaven/gsDesign/blob/a14e6f8742fd975b8eb32508b81d473d28b5f1c7/tests/testthat/test-outputs.R

MULTIPLES = np.array([0.0, 0.5, 1.0, 1.5])
WANG_TSIATIS = [(9, 0.1, 0.1, 1.048, 2.113), (6, 0.25, 0.2, 1.077, 2.154), (7, 0.4, 0.2, 1.159, 2.313)]
POCOCK = [(4, 0.2, 120.2, [117.5, 108.8, 80.5, 52.2]), (15, 0.1, 130.5, [126.4, 111.2, 66.4, 35.4])]
# looks, type II error, power of the spending of both errors, maximum and expected size in per cent of the fixed design
POWER_FAMILY = [
    (5, 0.05, 2, 110.1, [63.4, 80.3, 63.4]),
    (10, 0.05, 3, 106.9, [63.1, 79.5, 63.1]),
    (3, 0.1, 2, 107.2, [68.1, 83.9, 73.8]),
    (4, 0.1, 3, 104.0, [69.2, 84.2, 74.2]),
    (2, 0.2, 2, 104.3, [74.5, 87.8, 84.6]),
    (15, 0.2, 3, 106.9, [62.2, 77.3, 73.0]),
]


@pytest.mark.parametrize(("looks", "delta", "beta", "maximum", "last"), WANG_TSIATIS)
def test_wang_tsiatis_bounds_are_those_of_the_book(looks, delta, beta, maximum, last):
    shape = trial.WangTsiatis(delta)
    design = trial.group_sequential(information=looks, alpha=0.05, sided=2, power=1 - beta, efficacy=shape)
    assert_allclose((design.inflation_factor, design.upper[-1]), (maximum, last), atol=5.1e-4)


@pytest.mark.parametrize(("looks", "beta", "maximum", "expected"), POCOCK)
def test_expected_sizes_under_pocock_are_those_of_the_book(looks, beta, maximum, expected):
    shape = trial.Pocock()
    design = trial.group_sequential(information=looks, alpha=0.05, sided=2, power=1 - beta, efficacy=shape)
    assert_allclose(100 * design.inflation_factor, maximum, atol=0.051)
    assert_allclose(100 * design.expected(MULTIPLES * design.drift), expected, atol=0.051)


@pytest.mark.parametrize(("looks", "beta", "rho", "maximum", "expected"), POWER_FAMILY)
def test_one_sided_designs_that_spend_both_errors_are_those_of_the_book(looks, beta, rho, maximum, expected):
    design = trial.group_sequential(
        information=looks,
        alpha=0.05,
        power=1 - beta,
        efficacy=trial.KimDeMets(rho),
        futility=trial.KimDeMets(rho),
        binding=True,
    )
    assert_allclose(100 * design.inflation_factor, maximum, atol=0.051)
    assert_allclose(100 * design.expected(MULTIPLES[:3] * design.drift), expected, atol=0.051)


# --- East 6.5, as gsDesign's tests quote it ---------------------------------------------------------------------------
# https://github.com/keaven/gsDesign/blob/1d23f2cf9f4e79cd57903bd9c2260c51b2cfeb6f/tests/testthat/test-independent-test-gsCP.R


def test_conditional_power_of_a_two_sided_design_is_that_of_east():
    design = trial.group_sequential(information=3, alpha=0.05, sided=2, efficacy=trial.HwangShihDeCani(-4))
    drift = 0.05733214 * np.sqrt(800 * design.inflation_factor)
    assert_allclose(trial.conditional_power(design, 0.943317, look=1, drift=drift), 0.3306859, atol=1e-6)


def test_conditional_power_under_the_trend_no_effect_and_the_plan_is_that_of_east():
    design = trial.group_sequential(information=3, efficacy=trial.HwangShihDeCani(-4))
    z = -3.255599
    drifts = (z * np.sqrt(3), 0.0, design.drift)
    total = sum(trial.conditional_power(design, z, look=1, drift=drift)[0] for drift in drifts)
    assert_allclose(total, 0.01858668, atol=2e-7)


# --- SAS/STAT 14.1, the SEQDESIGN procedure, survival with uniform accrual --------------------------------------------
# http://support.sas.com/documentation/cdl/en/statug/68162/HTML/default/statug_seqdesign_examples14.htm with ACCTIME=18,
# all digits in gsDesign's vignette SeqDesignSurvival


def survival_of_the_manual(accrual, follow_up):
    design = trial.group_sequential(information=4, alpha=0.05, sided=2, power=0.9)
    return design, trial.sample_size_survival(
        0.5, hazard_control=0.03466, accrual=accrual, follow_up=follow_up, design=design
    )


def test_events_and_dates_of_looks_at_a_survival_study_are_those_of_sas():
    design, size = survival_of_the_manual(trial.Accrual(18, rates=15), None)
    assert_allclose(size.events_by_look, [22.26962, 44.53924, 66.80886, 89.07847], atol=1e-4)
    assert_allclose(size.time_by_look, [11.2631, 16.2875, 20.4926, 25.13323], atol=6e-5)
    assert_allclose((size.n, size.follow_up), (270, 7.133226), atol=2e-5)
    assert_allclose(design.upper, [4.33263, 2.96333, 2.35902, 2.01409], atol=2.1e-4)


def test_the_accrual_for_a_given_follow_up_is_that_of_sas():
    _, size = survival_of_the_manual(trial.Accrual(rates=15), 7.133226)
    assert_allclose((size.accrual_duration, size.duration, size.n), (18, 25.13323, 270), atol=1e-3)


# --- rpact, slides of its authors' course -----------------------------------------------------------------------------
# https://roes2025.rpact.com: two-sample t test, effect 2, standard deviation 5, three looks, bounds of 0 for futility


def test_a_design_with_fixed_futility_bounds_is_that_of_the_course():
    design = trial.group_sequential(information=3, power=0.8, futility=trial.FixedBounds([0, 0]))
    size = trial.sample_size_means(2, sd=5, design=design)
    assert_allclose(design.upper, [3.710, 2.511, 1.993], atol=5.1e-4)
    assert_allclose(np.cumsum(design.power_by_look), [0.0204, 0.4371, 0.8], atol=5.1e-5)
    assert_allclose(size.n_by_look, [69.9, 139.9, 209.8], atol=0.051)
    assert_allclose(size.n_expected, 170.9, atol=0.051)


# --- rpact's own tests: one group, unequal looks, a margin, normal and t ----------------------------------------------
# https://github.com/rpact-com/rpact/blob/6117109e45081c7127bbd8a8d7af0caf64504156/tests/testthat/test-f_design_sample_size_calculator.R


@pytest.mark.parametrize(
    ("effect", "groups", "method", "n", "expected_null", "expected", "power"),
    [
        (0.3, 1, "z", 492.61495, 489.87773, 358.76182, [0.08379162, 0.40937259, 0.40683579]),
        (0.3, 1, "t", 494.6455, 491.89699, 360.24062, [0.08379162, 0.40937259, 0.40683579]),
        (1.3, 2, "z", 104.93573, 104.35265, 76.422636, [0.08379162, 0.40937259, 0.40683579]),
        (1.3, 2, "t", 107.00299, 106.40843, 77.928183, [0.08379162, 0.40937259, 0.40683579]),
    ],
)
def test_sizes_for_means_with_unequal_looks_are_those_of_rpact(
    effect, groups, method, n, expected_null, expected, power
):
    design = trial.group_sequential(information=[0.2, 0.5, 1.0], efficacy=trial.WangTsiatis(0.3))
    size = trial.sample_size_means(effect, sd=2, method=method, groups=groups, design=design)
    assert_allclose(design.power_by_look, power, atol=2e-6)
    assert_allclose((size.n, size.n_expected_null, size.n_expected), (n, expected_null, expected), rtol=2e-6)
