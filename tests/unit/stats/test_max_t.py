"""Step-down maxT: the definition one refitted model at a time, every permutation of a few subjects, and its level."""

from itertools import permutations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.stats import Permutations, holm, linear_screen, max_t, permutations_within

from .oracles import ols


def study(seed=1, n=30, p=12):
    rng = np.random.default_rng(seed)
    strata = rng.integers(0, 3, n)
    covariates = np.column_stack([np.eye(3)[strata], rng.standard_normal(n)])
    x = rng.standard_normal((n, p)) + rng.standard_normal((n, 1))
    y = 0.8 * x[:, 0] + covariates @ [1.0, 2.0, 3.0, 0.5] + rng.standard_normal(n)
    fitted = covariates @ np.linalg.lstsq(covariates, y, rcond=None)[0]
    return x, y, fitted, covariates, strata, rng


def step_down(observed, permuted):
    """By the definition: permuted is (n_permutations, n_features)."""
    order = np.argsort(-observed)
    p, last = np.empty(len(observed)), 0.0
    for j, feature in enumerate(order):
        reached = permuted[:, order[j:]].max(axis=1) >= observed[feature]
        last = max(last, (1 + reached.sum()) / (1 + len(permuted)))
        p[feature] = last
    return p


def test_each_permutation_is_a_refitted_model():
    x, y, fitted, covariates, strata, rng = study()
    shuffled = permutations_within(y - fitted, covariates, count=40, generator=rng, strata=strata)
    result = max_t(x, shuffled)

    def t_of(response):
        fits = [ols(response, np.column_stack([column, covariates])) for column in x.T]
        return np.array([abs(b / error) for b, error, _ in fits])

    # a permuted residual that was scaled and projected gives the t of the permuted response
    permuted = np.array([t_of(fitted + column) for column in shuffled.permuted.astype(float).T])
    observed = t_of(y)
    assert_allclose(result.p_permutation, (1 + (permuted >= observed).sum(axis=0)) / 41)
    assert_allclose(result.p_familywise, step_down(observed, permuted))
    r2 = result.statistic**2
    assert_allclose(np.sqrt(r2 / (1 - r2) * (30 - 5)), observed, rtol=1e-10)


def test_over_all_permutations_of_a_few_subjects_the_p_value_is_exact():
    rng = np.random.default_rng(5)
    x, y = rng.integers(0, 2, (6, 3)).astype(float), np.array([0.3, 1.2, 2.9, 4.1, 5.0, 9.7])
    x[:, 0] = [0, 0, 0, 1, 1, 1]
    centred = y - y.mean()
    every = np.array(list(permutations(centred)))[1:].T / np.linalg.norm(centred)  # the first is the identity
    plan = Permutations(centred / np.linalg.norm(centred), every.astype(np.float32), np.full((6, 1), 6**-0.5))
    result = max_t(x, plan)
    assert result.p_permutation[0] == pytest.approx(2 * 36 / 720)  # the largest sum of three, and the smallest


def test_permutations_stay_within_strata_and_follow_the_generator():
    _, y, fitted, covariates, strata, _ = study()
    residual = (y - fitted).astype(np.float32)
    made = [
        permutations_within(residual, covariates, count=25, generator=np.random.default_rng(9), strata=strata).permuted
        for _ in range(2)
    ]
    assert_array_equal(*made)
    for level in np.unique(strata):
        rows = strata == level
        length = np.linalg.norm(residual[rows])
        parts = made[0][rows] / np.linalg.norm(made[0][rows], axis=0) * length
        assert_allclose(np.sort(parts, axis=0), np.repeat(np.sort(residual[rows])[:, None], 25, axis=1), rtol=1e-4)


def test_every_kind_of_array_gives_the_numbers_of_numpy(backend):
    x, y, fitted, covariates, strata, rng = study()
    shuffled = permutations_within(y - fitted, covariates, count=50, generator=rng, strata=strata)
    found, want = max_t(backend.make(x), shuffled), max_t(x, shuffled)
    for name in ("statistic", "p_permutation", "p_familywise"):
        assert_allclose(getattr(found, name), getattr(want, name), rtol=1e-9)


def test_order_units_and_copies_of_features_change_nothing():
    x, y, fitted, covariates, strata, rng = study()
    shuffled = permutations_within(y - fitted, covariates, count=60, generator=rng, strata=strata)
    once = max_t(x, shuffled)
    other = max_t(np.column_stack([x, x])[:, ::-1] * -1e6 + 3.0, shuffled)
    assert_allclose(other.p_familywise[::-1][:12], once.p_familywise)


def test_a_feature_that_does_not_vary_has_no_p_value_and_costs_nothing():
    x, y, fitted, covariates, strata, rng = study()
    shuffled = permutations_within(y - fitted, covariates, count=60, generator=rng, strata=strata)
    wide = np.column_stack([x, np.full(30, 7.0), 2 * covariates[:, 3] + 1, np.full(30, np.nan)])
    result = max_t(wide, shuffled)
    assert np.isnan(result.p_familywise[12:]).all()
    assert_allclose(result.p_familywise[:12], max_t(x, shuffled).p_familywise)
    assert max_t(x[:, :0], shuffled).p_familywise.shape == (0,)


def test_missing_values_leave_a_subject_out_of_that_feature_alone():
    x, y, fitted, covariates, strata, rng = study()
    shuffled = permutations_within(y - fitted, covariates, count=200, generator=rng, strata=strata)
    gaps = x.copy()
    gaps[:3, 4] = np.nan
    result, whole = max_t(gaps, shuffled), max_t(x, shuffled)
    others = np.arange(12) != 4
    assert_allclose(result.p_permutation[others], whole.p_permutation[others])
    assert 0 < result.p_permutation[4] <= 1


def test_what_disagrees_is_refused():
    with pytest.raises(ValueError, match="residuals"):
        permutations_within(np.ones(3), np.ones((4, 1)), count=2, generator=np.random.default_rng(1))
    with pytest.raises(ValueError, match="zero"):
        permutations_within(np.ones(4), np.ones((4, 1)), count=2, generator=np.random.default_rng(1))


def test_it_keeps_the_familywise_level_and_beats_holm_where_features_are_alike():
    rng = np.random.default_rng(11)
    n, p, repeats = 24, 200, 250
    ones = np.ones((n, 1))
    false, found = 0, {"max_t": 0, "holm": 0}
    for _ in range(repeats):
        x = rng.standard_normal((n, 3)) @ rng.standard_normal((3, p)) + 0.2 * rng.standard_normal((n, p))
        skewed = rng.exponential(1, n)
        plan = permutations_within(skewed - skewed.mean(), ones, count=199, generator=rng)
        false += max_t(np.exp(x / 2), plan).p_familywise.min() <= 0.05
        y = 0.8 * x[:, 0] / x[:, 0].std() + rng.standard_normal(n)
        plan = permutations_within(y - y.mean(), ones, count=199, generator=rng)
        found["max_t"] += max_t(x, plan).p_familywise[0] <= 0.05
        found["holm"] += holm(linear_screen(x, y[:, None], ones).p_value)[0, 0] <= 0.05
    assert false / repeats <= 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / repeats)
    assert found["max_t"] > 1.2 * found["holm"]
