"""Tail probabilities on the log10 scale, against 60-digit arithmetic."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from biomarker.arrays import log10_p_chi2, log10_p_normal, log10_p_t

TABLE = json.loads((Path(__file__).parents[2] / "golden" / "tails" / "tails.json").read_text())


def test_normal_tail_equals_60_digit_arithmetic():
    z, expected = np.array(TABLE["normal"]).T
    assert_allclose(log10_p_normal(z), expected, rtol=1e-13, atol=1e-16)
    assert_allclose(log10_p_normal(-z), expected, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("dof", sorted({row[1] for row in TABLE["t"]}))
def test_student_tail_equals_60_digit_arithmetic(dof):
    t, nu, expected = np.array([row for row in TABLE["t"] if row[1] == dof]).T
    assert_allclose(log10_p_t(t, nu), expected, rtol=1e-12, atol=max(1e-15, dof * 3e-16))
    assert_allclose(log10_p_t(-t, nu), expected, rtol=1e-12, atol=max(1e-15, dof * 3e-16))


@pytest.mark.parametrize("dof", sorted({row[1] for row in TABLE["chi2"]}))
def test_chi_squared_tail_equals_60_digit_arithmetic(dof):
    x, _, expected = np.array([row for row in TABLE["chi2"] if row[1] == dof]).T
    assert_allclose(log10_p_chi2(x, dof), expected, rtol=1e-12, atol=1e-15)


def test_infinite_degrees_of_freedom_are_the_normal_law():
    z = np.array([0.0, 2.0, 45.0])
    assert_allclose(log10_p_t(z, np.full(3, np.inf)), log10_p_normal(z), rtol=1e-15)


def test_many_degrees_of_freedom_approach_the_normal_law():
    z = np.array([1.0, 3.0, 39.0])
    assert_allclose(log10_p_t(z, np.full(3, 1e9)), log10_p_normal(z), rtol=1e-6)


def test_the_tail_continues_smoothly_where_the_library_function_underflows():
    t = np.linspace(30.0, 80.0, 2001)  # p = 1e-290 lies inside
    steps = np.diff(log10_p_t(t, np.full(t.size, 700.0)), n=2)
    assert np.all(np.abs(steps) < 2.5e-4)  # the second difference of a smooth curve on this grid; a jump would show


def test_nan_stays_nan_and_zero_is_certain():
    assert_allclose(log10_p_t(np.array([np.nan, 0.0, 1.0]), np.array([5.0, 5.0, np.nan])), [np.nan, 0.0, np.nan])
    assert_allclose(log10_p_normal(np.array([np.nan, 0.0])), [np.nan, 0.0])
    assert_allclose(log10_p_chi2(np.array([np.nan, 0.0]), 1.0), [np.nan, 0.0])


def test_square_of_a_normal_deviate_is_chi_squared_with_one_degree():
    z = np.array([0.3, 2.0, 20.0, 60.0])
    assert_allclose(log10_p_chi2(z**2, 1.0), log10_p_normal(z), rtol=1e-12)


def test_ordinary_values_equal_scipy():
    t = np.linspace(-6, 6, 41)
    for dof in (3.0, 30.0, 300.0):
        assert_allclose(10 ** log10_p_t(t, np.full(t.size, dof)), 2 * stats.t.sf(np.abs(t), dof), rtol=1e-11)
