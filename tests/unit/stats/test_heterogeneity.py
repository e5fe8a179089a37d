"""The global test keeps its level, finds one strong marker and many weak ones, and agrees with a plain loop."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import binom

from biomarker.errors import DataError
from biomarker.stats.heterogeneity import heterogeneity

FOLD = np.arange(125) % 5


def test_equals_a_loop_over_markers_and_flips(backend):
    rng = np.random.default_rng(1)
    b, d = rng.standard_normal((125, 6)), rng.standard_normal(125)
    found = heterogeneity(backend.make(b), d, FOLD, flips=49, generator=np.random.default_rng(2))
    signs = np.random.default_rng(2).integers(0, 2, size=(125, 49)) * 2.0 - 1.0
    centre = lambda v: v - np.array([v[f == FOLD].mean() for f in range(5)])[FOLD]  # noqa: E731
    c = centre(d)
    draws = [c] + [signs[:, k] * c / (1 - 1 / 25) for k in range(49)]
    t = np.array([
        [(centre(b[:, j]) @ draw) ** 2 / ((centre(b[:, j]) * c) ** 2).sum() for j in range(6)] for draw in draws
    ])  # fmt: skip
    assert_allclose(found.p_sparse, (t.max(1) >= t.max(1)[0]).mean())
    assert_allclose(found.p_dense, (t.sum(1) >= t.sum(1)[0]).mean())
    assert found.p_value >= min(found.p_sparse, found.p_dense)


@pytest.mark.parametrize("law", ["normal", "t3", "two arms, skewed outcome"])
def test_level_holds_at_125_subjects(law):
    rng = np.random.default_rng(5)
    draw = {
        "normal": lambda: rng.standard_normal(125),
        "t3": lambda: rng.standard_t(3, 125),
        "two arms, skewed outcome": lambda: np.sign(rng.standard_normal(125)) * rng.standard_exponential(125),
    }[law]
    p = np.array([
        heterogeneity(rng.standard_normal((125, 30)), draw(), FOLD, flips=199, generator=rng).p_value
        for _ in range(400)
    ])  # fmt: skip
    for level in (0.05, 0.01):
        assert (p <= level).sum() <= binom.ppf(0.99, 400, level)


def test_one_strong_and_many_weak_markers_are_both_found():
    rng = np.random.default_rng(6)
    b = rng.standard_normal((125, 60))
    noise = rng.standard_normal(125)
    one = heterogeneity(b, 0.6 * b[:, 3] + noise, FOLD, generator=rng)
    many = heterogeneity(b, 0.15 * b[:, :40].sum(1) + noise, FOLD, generator=rng)
    assert one.p_value < 0.01
    assert many.p_value < 0.05
    assert many.p_dense < many.p_sparse


def test_units_do_not_matter():
    rng = np.random.default_rng(7)
    b, d = rng.standard_normal((125, 5)), rng.standard_normal(125)
    p = [
        heterogeneity(b * s + m, d * s + m, FOLD, generator=np.random.default_rng(1)).p_value
        for s, m in ((1.0, 0.0), (1e9, 3e9), (1e-9, 1e-8))
    ]
    assert p[0] == p[1] == p[2]


def test_nothing_to_test_is_refused():
    d = np.random.default_rng(0).standard_normal(125)
    with pytest.raises(DataError, match="no marker varies"):
        heterogeneity(np.ones((125, 3)), d, FOLD, generator=np.random.default_rng(0))
    with pytest.raises(DataError, match="pseudo_outcome does not vary"):
        heterogeneity(d[:, None], np.ones(125), FOLD, generator=np.random.default_rng(0))
