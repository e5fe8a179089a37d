"""Moderated t: limma's numbers (recipe: tests/golden/limma/make.R), limits, and what the prior must recover."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import polygamma

from biomarker import stats
from biomarker.stats.moderation import _inverse_trigamma, feature_variance, moderate, variance_prior

FOLDER = Path(__file__).parents[2] / "golden" / "limma"


def read(name):
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def expected():
    rows = read("expected.csv")
    names = [name for name in rows[0] if name not in ("case", "feature")]
    return {
        case: {name: np.array([float(r[name]) for r in rows if r["case"] == case]) for name in names}
        for case in {r["case"] for r in rows}
    }


@pytest.fixture(scope="module")
def subjects():
    rows = read("subjects.csv")
    y, age, site = (np.array([float(r[name]) for r in rows]) for name in ("y", "age", "site"))
    return y[:, None], np.column_stack([np.ones(len(y)), age, site])


def features(case):
    rows = [list(r.values())[1:] for r in read("features.csv") if r["case"] == case]
    return np.array([[float(v) if v else np.nan for v in row] for row in rows]).T


@pytest.mark.parametrize(
    ("case", "source", "trend", "count"),
    [
        ("trend", "ordinary", True, 150),
        ("plain", "ordinary", False, 150),
        ("equal, trend", "equal", True, 150),
        ("equal, plain", "equal", False, 150),
        ("ten features, trend", "ordinary", True, 10),
    ],
)
def test_moderated_t_equals_limma(expected, subjects, case, source, trend, count):
    x, want = features(source)[:, :count], expected[case]
    y, covariates = subjects
    plain = stats.linear_screen(x, y, covariates)
    variance = feature_variance(plain, y, covariates)
    assert_allclose(variance[:, 0], want["s2"], rtol=1e-10)
    prior = variance_prior(variance[:, 0], plain.dof[:, 0], level=x.mean(axis=0) if trend else None)
    assert_allclose(prior.dof, want["df_prior"][0], rtol=1e-8)
    assert_allclose(prior.variance, want["s2_prior"], rtol=1e-8)
    result = stats.moderated_screen(x, y, covariates, trend=trend)
    assert_allclose(result.statistic[:, 0], want["t"], rtol=1e-8)
    assert_allclose(result.dof[:, 0], want["df_total"], rtol=1e-8)
    assert_allclose(result.p_value[:, 0], want["p"], rtol=1e-7)
    assert_allclose(result.estimate, plain.estimate)
    assert_allclose(result.estimate / result.std_error, result.statistic)


def test_features_with_missing_values_are_moderated_together_as_in_limma(expected, subjects):
    x, want = features("gaps"), expected["gaps, trend"]
    y, covariates = subjects
    parts, variances = [], []
    for column in x.T:
        known = ~np.isnan(column)
        part = stats.linear_screen(column[known][:, None], y[known], covariates[known])
        parts.append(part)
        variances.append(feature_variance(part, y[known], covariates[known]))
    names = ("estimate", "std_error", "statistic", "dof", "p_value", "log10_p", "n", "n_events", "status")
    together = stats.Estimate(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})
    result = moderate(together, np.concatenate(variances), np.nanmean(x, axis=0))
    assert_allclose(result.statistic[:, 0], want["t"], rtol=1e-8)
    assert_allclose(result.p_value[:, 0], want["p"], rtol=1e-7)
    assert_allclose(result.dof[:, 0], want["df_total"], rtol=1e-8)


def test_the_variance_of_a_feature_is_that_of_its_own_regression(subjects):
    x = features("ordinary")
    y, covariates = subjects
    design = np.column_stack([covariates, y])
    rest = x - design @ np.linalg.lstsq(design, x, rcond=None)[0]
    direct = (rest**2).sum(axis=0) / (len(x) - 4)
    found = feature_variance(stats.linear_screen(x, y, covariates), y, covariates)
    assert_allclose(found[:, 0], direct, rtol=1e-10)


@pytest.mark.parametrize("y", [1e-4, 0.02, 0.5, 3.0, 200.0, 1e7])
def test_the_inverse_of_trigamma_inverts_it(y):
    assert_allclose(_inverse_trigamma(float(polygamma(1, y))), y, rtol=1e-6)


def test_the_prior_recovers_what_the_variances_were_drawn_from():
    rng = np.random.default_rng(4)
    d0, d, level = 8.0, 10, rng.uniform(2, 12, 50_000)
    curve = np.exp(-level / 4)
    sigma2 = curve * d0 / rng.chisquare(d0, level.size)
    s2 = sigma2 * rng.chisquare(d, level.size) / d
    prior = variance_prior(s2, np.full(level.size, float(d)), level=level)
    assert_allclose(prior.dof, d0, rtol=0.05)
    assert_allclose(prior.variance, curve, rtol=0.06)
    without = variance_prior(s2, np.full(level.size, float(d)))
    assert without.dof < 0.8 * d0  # the trend, taken for scatter, weakens the prior


def test_two_features_or_constant_ones_are_left_as_they_were(subjects):
    y, covariates = subjects
    x = features("ordinary")[:, :4].copy()
    x[:, 1:3] = 7.0
    result, plain = stats.moderated_screen(x, y, covariates), stats.linear_screen(x, y, covariates)
    assert result.status[1:3, 0].tolist() == [stats.Status.CONSTANT] * 2
    for name in ("estimate", "std_error", "dof", "p_value"):
        assert_allclose(getattr(result, name), getattr(plain, name))
