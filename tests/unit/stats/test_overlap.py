"""Overlap of the arms: bounds, counts and effective numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker.errors import ConfigError, InsufficientDataError
from biomarker.stats.overlap import bounded_propensity


def test_propensities_are_bounded_counted_and_summed_up():
    pi, overlap = bounded_propensity([0.01, 0.5, 0.2, 0.99, 0.5], [0, 1, 0, 1, 1])
    assert_allclose(pi, [0.05, 0.5, 0.2, 0.95, 0.5])
    assert (overlap.lowest, overlap.highest, overlap.n_bounded) == (0.01, 0.99, 2)
    w1, w0 = np.array([2.0, 1 / 0.95, 2.0]), np.array([1 / 0.95, 1 / 0.8])
    assert_allclose(overlap.effective_active, w1.sum() ** 2 / (w1**2).sum())
    assert_allclose(overlap.effective_control, w0.sum() ** 2 / (w0**2).sum())


def test_equal_propensities_lose_nothing():
    _, overlap = bounded_propensity(np.full(10, 0.4), np.repeat([0, 1], 5))
    assert_allclose((overlap.effective_active, overlap.effective_control), (5.0, 5.0))
    assert overlap.n_bounded == 0


def test_an_empty_arm_and_a_senseless_bound_are_refused():
    with pytest.raises(InsufficientDataError):
        bounded_propensity([0.5, 0.5], [1, 1])
    with pytest.raises(ConfigError, match="bound"):
        bounded_propensity([0.5, 0.5], [0, 1], bound=0.5)
