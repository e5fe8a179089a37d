"""Features that are too good to be true: planted ones are found, and a study without any hears nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from biomarker.data.endpoint import Binary, Continuous, Survival
from biomarker.quality.leaks import LeakLimits, find_leaks

LIMITS = LeakLimits()


def endpoints_of(rng, n, *, events):
    """A binary, a continuous and a survival endpoint of n subjects, independent of anything."""
    response, seen = (rng.permutation(np.arange(n) < events).astype(float) for _ in range(2))
    return (
        Binary("response", "response", response),
        Continuous("change", "change", rng.normal(size=n)),
        Survival("pfs", "pfs", rng.exponential(size=n), event=seen),
    )


def features_of_all_kinds(rng, n, *, features):
    """Numbers, two-valued and rounded features, a quarter of them with missing values; none says anything."""
    values = rng.normal(size=(n, features))
    part = features // 4
    values[:, part : 2 * part] = rng.random((n, part)) < rng.uniform(0.05, 0.5, part)
    values[:, 2 * part : 3 * part] = np.round(values[:, 2 * part : 3 * part])
    values[:, -part:][rng.random((n, part)) < 0.3] = np.nan
    return values


def found_pairs(leaks):
    return {(leak.feature, leak.endpoint) for leak in leaks}


PLANTED = {
    "a copy": lambda y: y,
    "a monotone function": lambda y: -np.exp(3 * y),
    "with a little noise": lambda y: y + 0.02 * y.std() * np.random.default_rng(5).normal(size=len(y)),
    "a copy that some lack": lambda y: np.where(np.arange(len(y)) % 3 == 0, np.nan, y),
}


@pytest.mark.parametrize("n", [100, 400])
@pytest.mark.parametrize("how", PLANTED)
def test_a_planted_leak_is_found_and_nothing_else(how, n):
    rng = np.random.default_rng(n)
    values, endpoints = features_of_all_kinds(rng, n, features=400), endpoints_of(rng, n, events=n // 3)
    for at, endpoint in enumerate(endpoints):
        values[:, 10 + at] = PLANTED[how](endpoint.values)
    leaks = find_leaks(values, endpoints, limits=LIMITS, rng=np.random.default_rng(1))
    assert found_pairs(leaks) == {(10, 0), (11, 1), (12, 2)}
    assert all(leak.concordance >= 0.95 for leak in leaks)


def test_codes_of_the_categories_behind_a_response_are_found():
    rng = np.random.default_rng(3)
    category = rng.integers(0, 4, 120)  # CR, PR, SD, PD
    response = Binary("response", "response", (category <= 1).astype(float))
    values = features_of_all_kinds(rng, 120, features=200)
    values[:, 7] = category
    (leak,) = find_leaks(values, [response], limits=LIMITS, rng=np.random.default_rng(1))
    assert (leak.feature, leak.n, leak.n_events) == (7, 120, int((category <= 1).sum()))


def test_a_strong_marker_is_no_leak_and_where_the_limit_lies_it_is_told_by_the_area_under_the_curve():
    rng = np.random.default_rng(4)
    y = (rng.random(2000) < 0.4).astype(float)
    gaps = np.linspace(1.0, 4.0, 13)
    values = rng.normal(size=(2000, len(gaps))) + y[:, None] * gaps
    found = {leak.feature for leak in find_leaks(values, [Binary("r", "r", y)], limits=LIMITS, rng=rng)}
    area = np.array([roc_auc_score(y, values[:, k]) for k in range(len(gaps))])
    assert set(np.flatnonzero(area > 0.957)) <= found <= set(np.flatnonzero(area > 0.943))


@pytest.mark.parametrize("events", [10, 20])
def test_forty_subjects_and_twenty_thousand_features_without_a_leak_hear_nothing(events):
    for seed in range(6):
        rng = np.random.default_rng([seed, events])
        values = features_of_all_kinds(rng, 40, features=20_000)
        assert not find_leaks(values, endpoints_of(rng, 40, events=events), limits=LIMITS, rng=rng)


@pytest.mark.parametrize("n", [20, 26, 32])
def test_the_smallest_studies_that_are_looked_at_hear_nothing_either(n):
    for seed in range(40):
        rng = np.random.default_rng([seed, n])
        values = rng.integers(0, 2, (n, 500)).astype(float)  # nothing agrees by chance as often as two values
        assert not find_leaks(values, endpoints_of(rng, n, events=10), limits=LIMITS, rng=rng)


def test_with_fewer_events_than_asked_for_nothing_is_said():
    rng = np.random.default_rng(6)
    endpoints = endpoints_of(rng, 60, events=9)
    values = np.column_stack([endpoint.values for endpoint in endpoints])
    assert found_pairs(find_leaks(values, endpoints, limits=LIMITS, rng=rng)) == {(1, 1)}


def test_the_same_stream_says_the_same_and_no_feature_s_neighbours_matter():
    rng = np.random.default_rng(7)
    endpoints = endpoints_of(rng, 90, events=40)
    values = features_of_all_kinds(rng, 90, features=40)
    values[:, 4] = endpoints[1].values
    first, again = (find_leaks(values, endpoints, limits=LIMITS, rng=np.random.default_rng(1)) for _ in range(2))
    assert first == again != ()


def test_of_very_many_subjects_a_part_is_enough():
    rng = np.random.default_rng(8)
    endpoints = endpoints_of(rng, 30_000, events=9_000)
    values = rng.normal(size=(30_000, 20))
    values[:, 3] = endpoints[2].values
    (leak,) = find_leaks(values, endpoints, limits=LIMITS, rng=rng)
    assert (leak.feature, leak.endpoint, leak.n) == (3, 2, 2_000)
