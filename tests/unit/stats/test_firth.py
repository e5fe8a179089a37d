"""Firth's penalised likelihood: R's brglm2 (recipe: tests/golden/firth/make.R), brute force, and what algebra says."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime, minimize
from scipy.stats import chi2

from biomarker import stats
from biomarker.stats.cox_fit import partial_likelihood
from biomarker.stats.firth import _cox_penalty_gradient
from biomarker.stats.risk_sets import risk_sets

from .oracles import cox_terms, logistic_terms

FOLDER = Path(__file__).parents[2] / "golden" / "firth"


def read(name):
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def data():
    rows = read("data.csv")
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture
def survival():
    """Whole months, hence ties; none of the carriers has an event."""
    rng = np.random.default_rng(8)
    n = 40
    x = np.column_stack([rng.standard_normal(n), rng.random(n) < 0.2])
    time, event = np.ceil(rng.exponential(8, n)), (rng.random(n) < 0.7).astype(float)
    event[x[:, 1] == 1] = 0.0
    return x, time, event


def penalised(terms):
    """Minus the penalised log-likelihood, from an oracle of the plain one."""

    def value(b):
        log_likelihood, _, information = terms(b)
        return -(log_likelihood + 0.5 * np.linalg.slogdet(information)[1])

    return value


def brute_force(terms, q, fixed=None):
    """Largest penalised log-likelihood and where, the last coefficient free or fixed."""
    value = penalised(terms)
    free = q if fixed is None else q - 1
    full = (lambda b: b) if fixed is None else (lambda b: np.append(b, fixed))
    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000}
    best = minimize(lambda b: value(full(b)), np.zeros(free), method="Nelder-Mead", options=options)
    return -best.fun, full(best.x)


def assert_is_the_brute_force_answer(fit, terms, q):
    top, where = brute_force(terms, q)
    assert_allclose(fit.log_likelihood, top, rtol=1e-9)
    assert_allclose(fit.coefficients, where, rtol=2e-4, atol=1e-5)
    drop = 2 * (top - brute_force(terms, q, fixed=0.0)[0])
    assert_allclose(fit.statistic, drop, rtol=1e-6)
    assert_allclose(fit.p_value, chi2.sf(drop, 1), rtol=1e-6)
    for bound in (fit.low, fit.high):
        assert_allclose(2 * (top - brute_force(terms, q, fixed=bound)[0]), chi2.ppf(0.95, 1), rtol=1e-5)
    assert fit.low < fit.coefficients[-1] < fit.high


@pytest.mark.parametrize("outcome", ["y", "separated"])
@pytest.mark.parametrize("marker", ["x", "carrier"])
def test_logistic_estimates_and_errors_equal_brglm2(data, outcome, marker):
    design = np.column_stack([np.ones(60), data["age"], data["arm"], data[marker]])
    want = [row for row in read("expected.csv") if (row["outcome"], row["marker"]) == (outcome, marker)]
    fit = stats.firth_logistic_fit(design, data[outcome])
    assert_allclose(fit.coefficients, [float(row["estimate"]) for row in want], rtol=1e-7)
    assert_allclose(fit.std_error, float(want[-1]["std_error"]), rtol=1e-7)


def test_logistic_test_and_interval_are_those_of_brute_force(data):
    design = np.column_stack([np.ones(60), (data["age"] - 60) / 9, data["carrier"]])
    y = data["separated"]
    assert stats.logistic_fit(design, y).status == stats.Status.SEPARATION
    assert_is_the_brute_force_answer(stats.firth_logistic_fit(design, y), lambda b: logistic_terms(y, design, b), 3)


def test_cox_estimate_test_and_interval_are_those_of_brute_force(survival):
    x, time, event = survival
    assert stats.cox_fit(x, time, event).status == stats.Status.SEPARATION
    assert_is_the_brute_force_answer(stats.firth_cox_fit(x, time, event), lambda b: cox_terms(time, event, x, b), 2)


def test_cox_with_strata_maximises_the_stratified_penalised_likelihood(survival):
    x, time, event = survival
    strata = np.arange(len(time)) % 2
    fit = stats.firth_cox_fit(x, time, event, strata=strata)
    top, where = brute_force(lambda b: cox_terms(time, event, x, b, strata), 2)
    assert_allclose(fit.log_likelihood, top, rtol=1e-9)
    assert_allclose(fit.coefficients, where, rtol=2e-4)


def test_the_gradient_of_the_cox_penalty_is_its_derivative(survival):
    x, time, event = survival
    sets = risk_sets(time, event)
    sorted_x = x[sets.order] - x.mean(axis=0)
    at = partial_likelihood(sets, sorted_x, np.array([0.3, -0.4]))
    found = _cox_penalty_gradient(sets, sorted_x, at.risk, at.risk_sums, at.means, at.information)

    def half_log_det(b):
        return 0.5 * np.linalg.slogdet(cox_terms(time, event, x, b)[2])[1]

    assert_allclose(found, approx_fprime(np.array([0.3, -0.4]), half_log_det, 1e-6), rtol=1e-4)


def test_a_two_by_two_table_gets_one_half_in_each_cell():
    cells = {(0, 0): 9, (0, 1): 4, (1, 0): 0, (1, 1): 6}
    x, y = (np.repeat([key[k] for key in cells], list(cells.values())).astype(float) for k in (0, 1))
    fit = stats.firth_logistic_fit(np.column_stack([np.ones(19), x]), y)
    assert_allclose(fit.coefficients[1], np.log((6.5 * 9.5) / (0.5 * 4.5)), rtol=1e-8)
    high, low = 6.5 / 7, 4.5 / 14
    assert_allclose(fit.std_error**2, 1 / (6 * high * (1 - high)) + 1 / (13 * low * (1 - low)), rtol=1e-7)


def test_estimate_interval_and_test_follow_the_units_of_the_feature(data):
    base = np.column_stack([np.ones(60), data["age"]])
    one = stats.firth_logistic_fit(np.column_stack([base, data["carrier"]]), data["separated"])
    other = stats.firth_logistic_fit(np.column_stack([base, 5 - 1e3 * data["carrier"]]), data["separated"])
    assert_allclose([-other.high, -other.low, other.std_error], np.array([one.low, one.high, one.std_error]) / 1e3)
    assert_allclose(one.p_value, other.p_value, rtol=1e-7)


def test_with_much_data_it_is_maximum_likelihood():
    rng = np.random.default_rng(2)
    n = 20_000
    x = np.column_stack([np.ones(n), rng.standard_normal(n)])
    y = (rng.random(n) < 1 / (1 + np.exp(-0.5 * x[:, 1]))).astype(float)
    fit, plain = stats.firth_logistic_fit(x, y), stats.logistic_fit(x, y)
    assert_allclose(fit.coefficients, plain.coefficients, atol=2e-4)
    null = stats.logistic_fit(x[:, :1], y)
    assert_allclose(fit.statistic, stats.likelihood_ratio(plain, null).statistic, rtol=1e-3)


def test_what_cannot_be_fitted_says_why():
    ones = np.ones((6, 1))
    y = np.array([0.0, 1, 0, 1, 1, 0])
    assert stats.firth_logistic_fit(ones, np.ones(6)).status == stats.Status.TOO_FEW
    assert stats.firth_logistic_fit(np.column_stack([ones, ones]), y).status == stats.Status.CONSTANT
    assert stats.firth_cox_fit(np.zeros((6, 1)), np.arange(6.0), y).status == stats.Status.CONSTANT
    assert stats.firth_cox_fit(np.eye(6)[:, :3], np.arange(6.0), y).status == stats.Status.TOO_FEW
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        stats.firth_logistic_fit(ones, np.arange(6.0))
