"""Censored times as unbiased values: the Kaplan-Meier mean, the uncensored case, a simulation with known truth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.stats import kaplan_meier
from biomarker.stats.censored_outcome import CensoringUnbiased
from biomarker.stats.diagnostics import restricted_mean


def censored(rng, n, *, tied=False):
    t, c = rng.exponential(10.0, n), rng.uniform(2.0, 25.0, n)
    x = np.minimum(t, c)
    return (np.ceil(x) if tied else x), (t <= c).astype(float), t


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("horizon", [3.0, 9.0, 12.5])
def test_the_mean_over_the_subjects_learned_from_is_that_of_their_kaplan_meier_curve(tied, horizon):
    x, event, _ = censored(np.random.default_rng(3), 200, tied=tied)
    curve = kaplan_meier(x, event)
    rmst = CensoringUnbiased.learn(x, event, horizon=horizon)
    assert_allclose(rmst.apply(x, event).mean(), restricted_mean(curve, horizon=horizon).estimate, rtol=1e-10)
    survival = CensoringUnbiased.learn(x, event, horizon=horizon, quantity="survival")
    at = kaplan_meier(x, event, grid=np.array([horizon])).survival[0]
    assert_allclose(survival.apply(x, event).mean(), at, rtol=1e-10)


def test_without_censoring_it_is_the_restricted_time_itself():
    t = np.random.default_rng(0).exponential(10.0, 50)
    learned = CensoringUnbiased.learn(t, np.ones(50), horizon=8.0)
    assert_allclose(learned.apply(t, np.ones(50)), np.minimum(t, 8.0))


def test_equals_the_sum_of_its_formula_term_by_term():
    rng = np.random.default_rng(8)
    x, event, _ = censored(rng, 80, tied=True)
    new_x, new_event, _ = censored(rng, 30, tied=True)
    c = CensoringUnbiased.learn(x, event, horizon=9.0)
    for xi, di, value in zip(new_x, new_event, c.apply(new_x, new_event), strict=True):
        g = 1.0
        total = 0.0
        for u, hazard, survival, q in zip(c.censor_time, c.censor_hazard, c.censor_survival, c.expected, strict=True):
            at_risk = xi > u or (xi == u and di == 0)
            total += q / survival * ((xi == u and di == 0) - at_risk * hazard)
            g = survival if u < xi else g
        known = di == 1 or xi >= 9.0
        if not known and xi not in c.censor_time:  # censored between the times learned from
            last = np.flatnonzero(c.censor_time <= xi)[-1]
            total += c.expected[last] / c.censor_survival[last]
        assert_allclose(value, known * min(xi, 9.0) / g + total, rtol=1e-10)


def test_held_out_values_average_to_the_truth():
    rng = np.random.default_rng(11)
    x, event, _ = censored(rng, 4000)
    learned = CensoringUnbiased.learn(x, event, horizon=9.0)
    new_x, new_event, _ = censored(np.random.default_rng(12), 40_000)
    value = learned.apply(new_x, new_event)
    truth = 10.0 * (1.0 - np.exp(-0.9))
    assert_allclose(value.mean(), truth, atol=4 * value.std() / 40_000**0.5 + 0.05)
    # and they are less spread than by weights alone
    weights_alone = CensoringUnbiased(
        9.0, "rmst", learned.censor_time, learned.censor_hazard, learned.censor_survival, 0 * learned.expected
    )
    assert value.std() < weights_alone.apply(new_x, new_event).std()


def test_a_horizon_that_nobody_reaches_is_refused():
    x, event, _ = censored(np.random.default_rng(3), 50)
    with pytest.raises(InsufficientDataError, match="0 of 50 subjects of an arm are under observation"):
        CensoringUnbiased.learn(x, event, horizon=40.0)
    with pytest.raises(ConfigError, match="quantity is 'median'"):
        CensoringUnbiased.learn(x, event, horizon=4.0, quantity="median")
