"""What holds for every screen, whatever its model."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.errors import NumericalError
from biomarker.stats import Status

from .conftest import SCREENS

NUMBERS = ("estimate", "std_error", "statistic", "dof", "p_value", "log10_p")


def same(first, second, *, rtol=1e-9, skip=()):
    for name in NUMBERS:
        if name not in skip:
            assert_allclose(getattr(first, name), getattr(second, name), rtol=rtol, atol=1e-13, err_msg=name)
    for name in ("n", "n_events", "status"):
        assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


def changed(study, **values):
    return SimpleNamespace(**{**vars(study), **values})


def test_every_kind_of_array_gives_the_numbers_of_numpy(screen, study, backend, known_exceptions):
    why = known_exceptions.get((screen.title, backend.name))
    if why:
        pytest.xfail(why)
    before = study.features.copy()
    plain = screen(study, np.asarray)
    same(screen(study, backend.make), plain, rtol=1e-8)
    # a block of one ordinary feature takes the short way to its sums
    same(screen(study, backend.make, block_bytes=8 * study.n), plain, rtol=1e-8)
    assert_array_equal(study.features, before)


@pytest.mark.parametrize("block_bytes", [1, 8 * 120 * 3, 10**9])
def test_the_size_of_blocks_changes_nothing_beyond_rounding(screen, study, block_bytes):
    same(screen(study, np.asarray, block_bytes=block_bytes), screen(study, np.asarray), rtol=1e-12)


def test_single_precision_features_are_screened_in_double_precision(screen, study):
    single = study.features.astype(np.float32)
    result = screen(changed(study, features=single), np.asarray)
    same(result, screen(changed(study, features=single.astype(np.float64)), np.asarray))
    assert result.estimate.dtype == np.float64


def test_the_order_of_features_is_that_of_the_results(screen, study):
    order = np.random.default_rng(0).permutation(study.features.shape[1])
    straight, shuffled = (
        screen(study, np.asarray),
        screen(changed(study, features=study.features[:, order]), np.asarray),
    )
    assert_allclose(shuffled.log10_p, straight.log10_p[order], rtol=1e-10)


def test_the_order_of_subjects_does_not_matter(screen, study):
    order = np.random.default_rng(0).permutation(study.n)
    mixed = {k: v[order] for k, v in vars(study).items() if isinstance(v, np.ndarray)}
    same(screen(changed(study, **mixed), np.asarray), screen(study, np.asarray), rtol=1e-8)


def test_an_affine_change_of_units_rescales_the_estimate_and_keeps_the_test(screen, study):
    moved = screen(changed(study, features=-3.0 * study.features[:, 5:] + 7.0), np.asarray)
    plain = screen(changed(study, features=study.features[:, 5:]), np.asarray)
    assert_allclose(moved.estimate, plain.estimate / -3.0, rtol=1e-8)
    assert_allclose(moved.log10_p, plain.log10_p, rtol=1e-8)


@pytest.mark.parametrize("screen", [title for title in SCREENS if "cox" not in title], indirect=True)
def test_endpoints_turned_round_turn_the_estimate_round_and_keep_the_test(screen, study):
    turned = changed(
        study, responses=-study.responses, outcome=1.0 - study.outcome, level=study.level.max() - study.level
    )
    there, here = screen(turned, np.asarray), screen(study, np.asarray)
    assert_allclose(there.estimate, -here.estimate, rtol=1e-8)
    assert_allclose(there.log10_p, here.log10_p, rtol=1e-8, atol=1e-12)


def test_arms_that_change_places_turn_the_interaction_round_and_leave_all_else(screen, study):
    there, here = screen(changed(study, treatment=1.0 - study.treatment), np.asarray), screen(study, np.asarray)
    sign = -1.0 if "interaction" in screen.title else 1.0
    assert_allclose(there.estimate, sign * here.estimate, rtol=1e-7)
    assert_allclose(there.log10_p, here.log10_p, rtol=1e-7, atol=1e-12)


def test_covariates_in_other_units_change_nothing(screen, study):
    scaled = study.covariates * [1.0, 1e7, 3.0, 1e-3, 1.0]
    scaled[:, 1] += 1e8
    same(screen(changed(study, covariates=scaled), np.asarray), screen(study, np.asarray), rtol=1e-5)


def test_a_constant_feature_is_named_constant(screen, study):
    study.features[:, 8] = 0.1 * 3
    result = screen(study, np.asarray)
    assert np.all(result.status[8] == Status.CONSTANT)
    assert np.all(np.isnan(result.estimate[8]))
    assert np.all(np.isnan(result.p_value[8]))


def test_a_copy_of_a_covariate_is_named_constant(screen, study):
    study.features[:, 8] = 5.0 - 2.0 * study.covariates[:, 1]
    assert np.all(screen(study, np.asarray).status[8] == Status.CONSTANT)
    single = changed(study, features=study.features.astype(np.float32))
    assert np.all(screen(single, np.asarray).status[8] == Status.CONSTANT)


@pytest.mark.parametrize("value", [1e300, -1e200, np.inf, -np.inf])
def test_values_beyond_double_precision_overflow_by_name_and_without_warning(screen, study, value):
    study.features[3, 8] = value
    with np.errstate(all="raise", under="ignore"):
        result = screen(study, np.asarray)
    assert np.all(result.status[8] == Status.OVERFLOW)
    assert np.all(result.status[9] == Status.OK)


def test_a_missing_feature_value_is_refused_with_its_column(screen, study):
    study.features[3, 8] = np.nan
    with pytest.raises(NumericalError, match="first column 8"):
        screen(study, np.asarray, block_bytes=8 * study.n * 3)


def test_a_rare_group_is_too_few_and_the_limit_is_a_choice(screen, study):
    study.features[:, 8] = 0.0
    for arm in (0.0, 1.0):
        study.features[np.flatnonzero(study.treatment == arm)[:4], 8] = 1.0
    assert np.all(screen(study, np.asarray, min_group=9).status[8] == Status.TOO_FEW)
    assert np.all(screen(study, np.asarray, min_group=1).status[8] != Status.TOO_FEW)


def test_no_features_give_an_empty_result(screen, study):
    assert screen(changed(study, features=study.features[:, :0]), np.asarray).estimate.shape[0] == 0


def test_subjects_that_disagree_are_refused(screen, study):
    with pytest.raises(ValueError, match=r"disagree|subjects"):
        screen(changed(study, features=study.features[:-1]), np.asarray)
