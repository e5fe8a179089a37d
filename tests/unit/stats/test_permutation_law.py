"""The law of a slope over all arrangements of its residuals, against arrangements drawn one by one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker import stats
from biomarker.arrays import log10_p_t
from biomarker.stats import permutation_law
from biomarker.stats.permutation_law import log10_over_t


def by_permutation(x, y, rng, count=200_000):
    """Share of arrangements with a correlation at least as far from zero, and its standard error."""
    x, y = x - x.mean(), y - y.mean()
    hits, observed = 0, abs(x @ y) * (1 - 1e-9)
    for _ in range(count // 20_000):
        hits += int((np.abs(rng.permuted(np.tile(y, (20_000, 1)), axis=1) @ x) >= observed).sum())
    share = hits / count
    return share, np.sqrt(share * (1 - share) / count)


def p_value(x, y):
    """What the screens report: the t law's p-value times the ratio."""
    n = x.size
    r = np.corrcoef(x, y)[0, 1]
    by_t = log10_p_t(np.array([r * np.sqrt((n - 2) / (1 - r * r))]), np.array([n - 2.0]))[0]
    return 10 ** (by_t + log10_over_t(x[:, None], y[:, None])[0]), 10**by_t


def kinds(rng, n):
    rare = np.zeros(n)
    rare[: max(4, n // 20)] = 1.0
    return {
        "skewed": (rng.lognormal(size=n), rng.exponential(size=n)),
        "heavy": (rng.standard_t(3, size=n), rng.standard_t(3, size=n)),
        "few carriers": (rare, rng.exponential(size=n) ** 1.5),
    }


@pytest.mark.parametrize("kind", ["skewed", "heavy", "few carriers"])
@pytest.mark.parametrize("n", [25, 60, 150])
def test_as_arrangements_drawn_one_by_one_say(kind, n):
    rng = np.random.default_rng(n)
    compared = 0
    for _ in range(30):
        x, y = kinds(rng, n)[kind]
        # towards the tail: half of the values in order, as an effect would have it
        place = rng.permutation(n)[: n // 3]
        y[place] = np.sort(y[place])[np.argsort(np.argsort(x[place]))]
        ours, by_t = p_value(x, y)
        if not 2e-4 < ours < 0.05 or abs(np.log(ours / by_t)) < 0.2:
            continue
        want, error = by_permutation(x, y, rng)
        assert abs(np.log(ours / want)) < 0.35 + 3 * error / want
        compared += 1
        if compared == 2:
            break
    assert compared


def test_with_normal_data_it_is_the_t_law():
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((400, 200)), rng.standard_normal(400)
    x[:, :20] += 0.3 * y[:, None]
    assert np.abs(log10_over_t(x, y[:, None])).max() < 0.15


def test_order_scale_and_sign_change_nothing():
    rng = np.random.default_rng(6)
    x, y = rng.lognormal(size=(90, 40)), rng.exponential(size=(90, 1))
    x[:, 20:] += 3 * y
    want = log10_over_t(x, y)
    assert np.abs(want).max() > 0.3
    place = rng.permutation(90)
    assert_allclose(log10_over_t(x[place], y[place]), want, rtol=1e-7, atol=1e-9)
    assert_allclose(log10_over_t(7 - 3 * x, 2 * y - 5), want, rtol=1e-7, atol=1e-9)
    assert_allclose(log10_over_t(x, np.tile(y, (1, 40))), want, rtol=1e-12, atol=1e-12)
    assert_allclose(np.concatenate([log10_over_t(x[:, [k]], y) for k in range(40)]), want, rtol=1e-7, atol=1e-9)


def test_grouping_of_many_subjects_costs_little_of_the_tail(monkeypatch):
    """Against the same law with each subject by itself."""
    rng = np.random.default_rng(7)
    x = (rng.random((500, 60)) < 0.03).astype(float)
    y = rng.exponential(size=(500, 1)) ** 1.5
    x[np.argsort(y[:, 0])[-6:], :] = 1.0
    grouped = log10_over_t(x, y)
    monkeypatch.setattr(permutation_law, "_SINGLE", 1000)
    alone = log10_over_t(x, y)
    assert np.abs(alone).max() > 0.5
    assert np.abs(grouped - alone).max() < 0.05


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((20, 1)), np.arange(20.0)[:, None]),
        (np.arange(20.0)[:, None], np.zeros((20, 1))),
        (np.arange(4.0)[:, None], np.array([[0.0], [1], [2], [9]])),
        (np.arange(20.0)[:, None], np.arange(20.0)[:, None]),
        (np.zeros((20, 0)), np.arange(20.0)[:, None]),
    ],
)
def test_what_cannot_be_told_stays_with_the_t_law_or_finite(x, y):
    found = log10_over_t(x, y)
    assert found.shape == (x.shape[1],)
    assert np.isfinite(found).all()


def test_screens_keep_their_level_where_few_carriers_meet_a_skewed_endpoint():
    rng = np.random.default_rng(8)
    n, p = 200, 6000
    plain, ours = [], []
    for _ in range(4):
        x = (rng.random((n, p)) < 0.04).astype(float)
        y, ones = rng.exponential(size=(n, 1)) ** 1.5, np.ones((n, 1))
        arm = rng.permutation(np.arange(n) % 2).astype(float)
        for given, into in ((False, plain), (True, ours)):
            main = stats.linear_screen(x, y, ones, min_group=4, permutation_tail=given)
            product = stats.linear_interaction_screen(x, y, ones, arm, min_group=4, permutation_tail=given)
            moderated = stats.moderated_screen(np.log1p(x), y, ones, min_group=4, permutation_tail=given)
            into.append([np.nanmean(one.p_value <= 1e-3) for one in (main, product, moderated)])
    plain, ours = np.mean(plain, axis=0), np.mean(ours, axis=0)
    # 24,000 tests each: 0.001 has a standard error of 0.0002
    assert (plain[[0, 2]] > 0.003).all()
    assert (ours[[0, 2]] < 0.0017).all()
    assert ours[1] < 0.0025
    assert ours[1] <= plain[1]
