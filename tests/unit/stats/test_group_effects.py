"""Levels and differences of groups against other programs and by hand."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from numpy.testing import assert_allclose
from scipy import stats as sps
from statsmodels.stats.proportion import confint_proportions_2indep

from biomarker.stats.group_effects import DIFFERENCES, differences, horizon_of, levels


def by_measure(effects):
    return {effect.measure: effect for effect in effects}


@pytest.fixture
def survival():
    rng = np.random.default_rng(1)
    first = rng.random(120) < 0.5
    time = np.ceil(rng.exponential(np.where(first, 14, 8), 120))
    event = (rng.random(120) < 0.8).astype(float)
    return time, event, first


@pytest.mark.parametrize("counts", [(30, 80, 12, 70), (5, 5, 0, 9), (0, 7, 0, 9)])
def test_a_difference_of_rates_has_newcombes_interval(counts):
    d1, n1, d0, n0 = counts
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [d1, n1 - d1, d0, n0 - d0])
    first = np.arange(n1 + n0) < n1
    found = by_measure(differences("binary", y, None, first))["risk difference"]
    low, high = confint_proportions_2indep(d1, n1, d0, n0, method="newcomb", compare="diff")
    assert_allclose([found.estimate, found.ci_low, found.ci_high], [d1 / n1 - d0 / n0, low, high], atol=1e-12)
    assert (found.n, found.n_events) == (n1 + n0, d1 + d0)


def test_a_log_odds_ratio_is_that_of_the_table_with_a_half_added_where_a_cell_is_empty():
    y, first = np.repeat([1.0, 0.0, 1.0, 0.0], [30, 50, 12, 58]), np.arange(150) < 80
    found = by_measure(differences("binary", y, None, first))["log odds ratio"]
    oracle = sps.contingency.odds_ratio(np.array([[30, 50], [12, 58]]), kind="sample")
    assert_allclose(found.estimate, np.log(oracle.statistic))
    assert_allclose(found.std_error, np.sqrt(1 / 30 + 1 / 50 + 1 / 12 + 1 / 58))
    empty = by_measure(differences("binary", np.repeat([1.0, 0.0], [5, 9]), None, np.arange(14) < 5))["log odds ratio"]
    assert_allclose(empty.estimate, np.log(5.5 * 9.5 / (0.5 * 0.5)))
    none = by_measure(differences("binary", np.zeros(14), None, np.arange(14) < 5))["log odds ratio"]
    assert np.isnan(none.estimate)


def test_a_difference_of_means_is_welchs():
    rng = np.random.default_rng(2)
    y, first = rng.standard_normal(40) * np.where(np.arange(40) < 12, 3, 1), np.arange(40) < 12
    (found,) = differences("continuous", y, None, first)
    oracle = sps.ttest_ind(y[first], y[~first], equal_var=False).confidence_interval()
    assert_allclose([found.ci_low, found.ci_high], [oracle.low, oracle.high])
    assert_allclose(found.estimate, y[first].mean() - y[~first].mean())


def test_a_log_hazard_ratio_is_lifelines(survival):
    time, event, first = survival
    found = by_measure(differences("survival", time, event, first, horizon=10))["log hazard ratio"]
    frame = pd.DataFrame({"t": time, "d": event, "x": first.astype(float)})
    oracle = CoxPHFitter().fit(frame, "t", "d").summary.loc["x"]
    assert_allclose([found.estimate, found.std_error], [oracle["coef"], oracle["se(coef)"]], rtol=1e-4)
    assert (found.n, found.n_events) == (120, int(event.sum()))


def test_restricted_means_are_lifelines(survival):
    time, event, first = survival
    found = by_measure(levels("survival", time[first], event[first], horizon=10))
    fit = KaplanMeierFitter().fit(time[first], event[first])
    assert_allclose(found["restricted mean"].estimate, restricted_mean_survival_time(fit, t=10), rtol=1e-9)
    assert_allclose(found["event rate"].estimate, event[first].sum() / time[first].sum())


def test_a_group_that_was_not_followed_to_the_horizon_has_no_restricted_mean():
    time, event = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0, 0.0, 0.0])
    assert np.isnan(by_measure(levels("survival", time, event, horizon=5))["restricted mean"].estimate)
    assert not np.isnan(by_measure(levels("survival", time, event, horizon=4))["restricted mean"].estimate)


def test_the_horizon_leaves_a_tenth_of_each_group_under_observation_and_is_nobodys_time():
    rng = np.random.default_rng(3)
    time, group = rng.exponential(10, 500), rng.integers(0, 2, 500)
    horizon = horizon_of(time, group)
    assert all((time[group == g] >= horizon).mean() >= 0.1 for g in (0, 1))
    assert float(f"{horizon:.2g}") == horizon
    assert horizon > 0.9 * min(np.quantile(time[group == g], 0.9) for g in (0, 1))


@pytest.mark.parametrize("kind", DIFFERENCES)
def test_empty_groups_have_counts_and_no_numbers(kind):
    y, event = np.array([1.0, 0.0, 1.0]), np.ones(3) if kind == "survival" else None
    y = y + 1 if kind == "survival" else y
    for first in (np.zeros(3, bool), np.ones(3, bool)):
        found = differences(kind, y, event, first, horizon=1.5)
        assert [(e.measure, e.scale) for e in found] == list(DIFFERENCES[kind])
        assert all(np.isnan(e.estimate) and e.n == 3 for e in found)
    assert all(np.isnan(e.estimate) for e in levels(kind, y[:0], None if event is None else event[:0], horizon=1.5))
