"""Robust slopes against statsmodels and explicit matrices."""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.arrays import orthonormal_basis
from biomarker.stats import Status
from biomarker.stats.robust_slopes import robust_slopes


@pytest.fixture
def problem():
    rng = np.random.default_rng(12)
    n = 60
    design = np.column_stack([np.ones(n), rng.standard_normal((n, 3))])
    x = rng.standard_normal((n, 7)) + design[:, [1]]
    x[:, 1] = rng.random(n) < 0.15
    x[:, 2] = np.exp(2 * x[:, 2])
    y = x[:, 0] + (1 + np.abs(x[:, 3])) * rng.standard_normal(n)
    return design, x, y


def test_slope_and_error_equal_statsmodels_hc3(problem, backend):
    design, x, y = problem
    found = robust_slopes(*(backend.make(a) for a in (x, y, orthonormal_basis(design))))
    for j in range(x.shape[1]):
        fit = sm.OLS(y, np.column_stack([x[:, j], design])).fit(cov_type="HC3")
        assert_allclose(found.slope[j], fit.params[0], rtol=1e-9)
        assert_allclose(found.std_error[j], fit.bse[0], rtol=1e-9)


def test_degrees_of_freedom_equal_those_of_the_explicit_quadratic_form(problem):
    design, x, y = problem
    found = robust_slopes(x, y, orthonormal_basis(design))
    for j in range(x.shape[1]):
        full = np.column_stack([x[:, j], design])
        hat = full @ np.linalg.inv(full.T @ full) @ full.T
        off = x[:, j] - design @ np.linalg.lstsq(design, x[:, j], rcond=None)[0]
        maker = np.eye(len(y)) - hat
        form = maker @ np.diag((off / (1 - np.diag(hat))) ** 2) @ maker
        assert_allclose(found.dof[j], np.trace(form) ** 2 / np.trace(form @ form), rtol=1e-8)


def test_few_carriers_have_few_degrees_of_freedom():
    rng = np.random.default_rng(0)
    basis = np.full((100, 1), 0.1)
    x = np.zeros((100, 2))
    x[:4, 0] = 1.0
    x[:50, 1] = 1.0
    found = robust_slopes(x, rng.standard_normal(100), basis)
    assert found.dof[0] < 5
    assert found.dof[1] > 80


def test_the_only_subject_of_a_level_changes_nothing(problem, backend):
    """As if the subject and the level had been left out."""
    design, x, y = problem
    only = np.zeros((len(y), 1))
    only[11] = 1.0
    with_it = orthonormal_basis(np.column_stack([design, only]))
    found = robust_slopes(*(backend.make(a) for a in (x, y, with_it)))
    kept = np.arange(len(y)) != 11
    without = robust_slopes(x[kept], y[kept], orthonormal_basis(design[kept]))
    assert set(found.status.tolist()) == {int(Status.OK)}
    for name in ("slope", "std_error", "dof"):
        assert_allclose(getattr(found, name), getattr(without, name), rtol=1e-8, err_msg=name)


def test_a_slope_decided_by_one_subject_has_no_error_and_says_so(problem):
    design, x, y = problem
    x[:, 4] = 0.0
    x[7, 4] = 1.0
    x[:, 5] = design[:, 2] * 3.0 - 1.0
    status = robust_slopes(x, y, orthonormal_basis(design)).status
    assert_array_equal(status[[4, 5]], [Status.TOO_FEW, Status.CONSTANT])
    assert np.all(status[:4] == Status.OK)


def test_rescaled_columns_and_response_keep_the_test(problem):
    design, x, y = problem
    basis = orthonormal_basis(design)
    plain, other = robust_slopes(x, y, basis), robust_slopes(x * 1e40, y * 1e-30, basis)
    assert_allclose(other.slope / other.std_error, plain.slope / plain.std_error, rtol=1e-9)
    assert_allclose(other.dof, plain.dof, rtol=1e-9)
