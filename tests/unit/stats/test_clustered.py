"""Errors clustered by patient are those of the definition, near those of others, and hold their level."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker import stats
from biomarker.stats import Status


def root_of_inverse(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors / np.sqrt(values)) @ vectors.T


def by_definition(y, covariates, columns, cluster):
    """Estimate, error and degrees of freedom of the last column, from matrices of all subjects."""
    design = np.column_stack([covariates, *columns])
    n, inverse = len(y), np.linalg.pinv(design)
    left = np.eye(n) - design @ inverse
    response = y - covariates @ np.linalg.pinv(covariates) @ y
    same = (cluster[:, None] == cluster[None, :]).astype(float)
    pairs = same - np.eye(n)
    rho = np.clip(response @ pairs @ response / pairs.sum() / (response @ response / n), 0, 1)
    working = (1 - rho) * np.eye(n) + rho * same
    z = columns[-1] - design[:, :-1] @ np.linalg.pinv(design[:, :-1]) @ columns[-1]
    u, basis = z / np.linalg.norm(z), np.linalg.qr(design)[0]
    first = np.linalg.matrix_rank(covariates)
    weights = np.zeros((n, len(np.unique(cluster))))
    for g, label in enumerate(np.unique(cluster)):
        rows = np.flatnonzero(cluster == label)
        own, new = basis[rows, :first], basis[rows, first:]
        outer = root_of_inverse(np.eye(rows.size) - own @ own.T)
        inner = root_of_inverse(np.eye(rows.size) - outer @ new @ new.T @ outer)
        root = inner @ outer
        assert_allclose(root @ left[np.ix_(rows, rows)] @ root.T, np.eye(rows.size), atol=1e-8)
        weights[rows, g] = root.T @ u[rows]
    law = weights.T @ left @ working @ left @ weights
    variance = ((weights.T @ left @ y) ** 2).sum() * (u @ working @ u) / np.trace(law)
    return (inverse @ y)[-1], np.sqrt(variance) / np.linalg.norm(z), np.trace(law) ** 2 / np.trace(law @ law)


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(4)
    cluster = rng.integers(0, 30, 90)
    covariates = np.column_stack([np.ones(90), rng.standard_normal(90), rng.random(90) < 0.4])
    x = rng.standard_normal((90, 4)) + rng.standard_normal((30, 4))[cluster]
    y = rng.standard_normal(90) + rng.standard_normal(30)[cluster]
    return x, y, covariates, cluster, (rng.random(30) < 0.5)[cluster].astype(float)


def test_linear_errors_are_those_of_the_definition(samples):
    x, y, covariates, cluster, arm = samples
    main = stats.clustered_linear_screen(x, y, covariates, cluster)
    product = stats.clustered_linear_screen(x, y, covariates, cluster, treatment=arm)
    for j, feature in enumerate(x.T):
        found = [result[j, 0] for result in (main.estimate, main.std_error, main.dof)]
        assert_allclose(found, by_definition(y, covariates, [feature], cluster), rtol=1e-9)
        found = [result[j, 0] for result in (product.estimate, product.std_error, product.dof)]
        both = np.column_stack([covariates, arm])
        assert_allclose(found, by_definition(y, both, [feature, feature * arm], cluster), rtol=1e-9)


def test_with_many_patients_the_error_is_that_of_statsmodels():
    from statsmodels.api import OLS

    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(1500), 2)
    x = rng.standard_normal((3000, 2)) + rng.standard_normal((1500, 2))[cluster]
    y = 0.1 * x[:, 0] + rng.standard_normal(3000) + rng.standard_normal(1500)[cluster]
    ones = np.ones((3000, 1))
    result = stats.clustered_linear_screen(x, y, ones, cluster)
    for j in range(2):
        fit = OLS(y, np.column_stack([ones, x[:, j]])).fit(cov_type="cluster", cov_kwds={"groups": cluster})
        assert_allclose(result.std_error[j, 0], fit.bse[1], rtol=0.005)
        assert_allclose(result.estimate[j, 0], fit.params[1], rtol=1e-9)


def test_logistic_scores_are_near_the_robust_wald_test_of_statsmodels():
    from statsmodels.api import GLM, families

    rng = np.random.default_rng(6)
    cluster = np.repeat(np.arange(1000), 2)
    x = rng.standard_normal((2000, 3)) + rng.standard_normal((1000, 3))[cluster]
    c = np.column_stack([np.ones(2000), rng.standard_normal(2000)])
    latent = 0.1 * x[:, 0] + 0.3 * c[:, 1] + 1.5 * rng.standard_normal(1000)[cluster]
    y = (latent + rng.logistic(size=2000) > 0.5).astype(float)
    result = stats.clustered_logistic_screen(x, y, c, cluster)
    for j in range(3):
        fit = GLM(y, np.column_stack([c, x[:, j]]), family=families.Binomial()).fit(
            cov_type="cluster", cov_kwds={"groups": cluster}
        )
        assert_allclose(result.statistic[j, 0], fit.tvalues[2], rtol=0.03, atol=0.02)
        assert_allclose(result.estimate[j, 0], fit.params[2], rtol=0.03, atol=0.002)


def test_cox_errors_are_near_the_robust_ones_of_lifelines():
    import pandas as pd
    from lifelines import CoxPHFitter

    rng = np.random.default_rng(7)
    cluster = np.repeat(np.arange(400), 2)
    x = rng.standard_normal((800, 2)) + rng.standard_normal((400, 2))[cluster]
    time = rng.exponential(np.exp(-0.15 * x[:, 0] - rng.standard_normal(400)[cluster]))
    event = (rng.random(800) < 0.7).astype(float)
    result = stats.clustered_cox_screen(x, time, event, np.zeros((800, 0)), cluster)
    for j in range(2):
        frame = pd.DataFrame({"x": x[:, j], "time": time, "event": event, "patient": cluster})
        fit = CoxPHFitter().fit(frame, "time", "event", cluster_col="patient", robust=True)
        assert_allclose(result.statistic[j, 0], fit.summary["z"].iloc[0], rtol=0.1, atol=0.1)
        assert_allclose(result.estimate[j, 0], fit.params_.iloc[0], rtol=0.1, atol=0.01)


def test_without_likeness_and_second_samples_the_linear_error_is_robust_to_unequal_variance():
    rng = np.random.default_rng(8)
    x, y, ones = rng.standard_normal((400, 1)), rng.standard_normal(400), np.ones((400, 1))
    y = y * (1 + np.abs(x[:, 0]))
    alone = stats.clustered_linear_screen(x, y, ones, np.arange(400))
    plain = stats.linear_screen(x, y[:, None], ones)
    assert_allclose(alone.estimate, plain.estimate, rtol=1e-9)
    assert alone.std_error[0, 0] > 1.2 * plain.std_error[0, 0]


def test_copies_of_a_sample_change_nothing_but_rounding():
    rng = np.random.default_rng(9)
    x, y = rng.standard_normal((40, 3)), rng.standard_normal(40)
    c = np.column_stack([np.ones(40), rng.standard_normal(40)])
    once = stats.clustered_linear_screen(x, y, c, np.arange(40))
    twice = stats.clustered_linear_screen(*(np.repeat(part, 3, axis=0) for part in (x, y, c, np.arange(40))))
    assert_allclose(twice.estimate, once.estimate, rtol=1e-9)
    assert_allclose(twice.std_error, once.std_error, rtol=0.06)
    assert_allclose(twice.dof, once.dof, rtol=0.15)


@pytest.mark.parametrize("patients", [20, 40])
def test_the_level_holds_where_samples_of_a_patient_are_alike_and_the_plain_test_fails(patients):
    rng, rejected, plain, sets = np.random.default_rng(10), [], [], 60
    for _ in range(sets):
        cluster = np.repeat(np.arange(patients), rng.integers(1, 6, patients))
        n = cluster.size
        c = np.column_stack([np.ones(n), rng.standard_normal(patients)[cluster]])
        x = rng.standard_normal((patients, 100))[cluster] + 0.5 * rng.standard_normal((n, 100))
        y = 0.5 * c[:, 1] + rng.standard_normal(patients)[cluster] + 0.7 * rng.standard_normal(n)
        rejected.append((stats.clustered_linear_screen(x, y, c, cluster).p_value <= 0.05).mean())
        plain.append((stats.linear_screen(x, y[:, None], c).p_value <= 0.05).mean())
    assert 0.03 < np.mean(rejected) < 0.06
    assert np.mean(plain) > 0.1


def test_carriers_are_counted_by_patient():
    rng = np.random.default_rng(11)
    cluster = np.repeat(np.arange(20), 4)
    x = np.isin(cluster, [0, 1, 2]).astype(float)[:, None]
    y, ones = rng.standard_normal(80), np.ones((80, 1))
    assert stats.clustered_linear_screen(x, y, ones, cluster, min_group=4).status[0, 0] == Status.TOO_FEW
    assert stats.clustered_linear_screen(x, y, ones, cluster, min_group=3).status[0, 0] == Status.OK


def test_events_are_counted_by_patient():
    rng = np.random.default_rng(12)
    cluster = np.repeat(np.arange(20), 4)
    x, event, ones = rng.standard_normal((80, 1)), np.isin(cluster, [0, 1, 2]).astype(float), np.ones((80, 1))
    time = rng.exponential(1, 80)
    assert stats.clustered_logistic_screen(x, event, ones, cluster, min_events=5).status[0, 0] == Status.TOO_FEW
    found = stats.clustered_cox_screen(x, time, event, ones[:, :0], cluster, min_events=5)
    assert found.status[0, 0] == Status.TOO_FEW


def test_patients_that_do_not_outnumber_the_covariates_are_too_few():
    rng = np.random.default_rng(13)
    cluster = np.repeat(np.arange(5), 10)
    x, y, c = rng.standard_normal((50, 1)), rng.standard_normal(50), rng.standard_normal((50, 4))
    result = stats.clustered_linear_screen(x, y, np.column_stack([np.ones(50), c]), cluster)
    assert result.status[0, 0] == Status.TOO_FEW
