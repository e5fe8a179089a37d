"""Aalen-Johansen estimates, Gray's test, the Fine-Gray regression."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker.errors import ConfigError, DataError
from biomarker.rng import stream
from biomarker.stats import kaplan_meier
from biomarker.stats import multistate as ms
from biomarker.stats.estimate import Status

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "competing_risks" / "expected.json").read_text())["cases"]


@pytest.mark.parametrize("k", range(len(GOLDEN)))
def test_gray_and_fine_gray_equal_cmprsk_with_many_ties(k):
    """Recipe: tests/golden/competing_risks/make.R."""
    case = GOLDEN[k]
    d = {name: np.array(values, dtype=float) for name, values in case["data"].items()}
    got = [ms.gray_test(d["time"], d["cause"], d["group"], event=e).statistic for e in (1, 2)]
    assert_allclose(got, case["gray"], rtol=1e-8)
    fit = ms.fine_gray_fit(np.column_stack([d["x"], d["group"] > 0]), d["time"], d["cause"])
    assert_allclose(fit.coefficients, case["coefficients"], atol=1e-8)
    assert_allclose(fit.std_error, case["std_error"], rtol=1e-7)


def made(seed, n=80):
    rng = stream(3, seed)
    return np.ceil(rng.exponential(8, n)), rng.choice([0, 1, 1, 2], n), rng


# --- Aalen-Johansen ---------------------------------------------------------------------------------------------------


def test_with_one_cause_it_is_one_minus_kaplan_meier_and_greenwoods_error():
    t, c, _ = made(1)
    event = (c > 0).astype(float)
    found = ms.cumulative_incidence(t, event)
    curve = kaplan_meier(t, event)
    assert_allclose(found.probability[:, 0], curve.survival[1:])
    inner = curve.survival[1:] > 0
    assert_allclose(found.std_error[inner, 1], curve.std_error[1:][inner], rtol=1e-9)


def test_without_censoring_it_is_the_share_with_the_event_so_far():
    t, c, _ = made(2)
    c = np.where(c == 0, 2, c)
    found = ms.cumulative_incidence(t, c, times=[3.0, 9.0])
    for k, u in enumerate((3, 9)):
        share = np.mean((t <= u) & (c == 1))
        assert_allclose(found.probability[k, 1], share)
        assert_allclose(found.std_error[k, 1], np.sqrt(share * (1 - share) / t.size))


def test_shares_sum_to_one_and_limits_hold_them():
    t, c, _ = made(3)
    found = ms.cumulative_incidence(t, c)
    assert_allclose(found.probability.sum(axis=1), 1)
    assert np.all((found.ci_low <= found.probability + 1e-12) & (found.probability <= found.ci_high + 1e-12))
    assert_allclose(found.n_at_risk[:, 0], [(t >= u).sum() for u in found.time])


def test_the_incidence_equals_lifelines():
    from lifelines import AalenJohansenFitter

    t, c, rng = made(4)
    t = t + rng.random(t.size) * 1e-3  # lifelines moves tied times at random
    other = AalenJohansenFitter(calculate_variance=False).fit(t, c, event_of_interest=1)
    found = ms.cumulative_incidence(t, c)
    expected = other.cumulative_density_.loc[found.time].to_numpy()[:, 0]
    assert_allclose(found.probability[:, 1], expected)


def test_states_of_a_markov_process_are_recovered_and_the_error_is_the_spread():
    """Known truth: an illness-death process with recovery, censored and entered late."""
    q = np.array([[-0.3, 0.2, 0.1], [0.15, -0.4, 0.25], [0, 0, 0]])
    got, errors = [], []
    for k in range(120):
        rng = stream(5, k)
        tr = ms.simulate_trajectories(q, 0, horizon=6, n_subjects=120, rng=rng)
        end = rng.uniform(2, 7, 120)[tr.subject]
        kept = (tr.start < end) & (tr.stop > tr.start)
        stop = np.minimum(tr.stop, end)[kept]
        to = np.where(tr.stop <= end, tr.next_state, -1)[kept]
        found = ms.aalen_johansen(
            tr.subject[kept], tr.start[kept], stop, tr.state[kept], to, n_states=3, initial=[1, 0, 0], times=[4.0]
        )
        got.append(found.probability[0])
        errors.append(found.std_error[0])
    assert_allclose(np.mean(got, axis=0), ms.occupancy(q, [1, 0, 0], [4.0])[0], atol=0.015)
    assert_allclose(np.mean(errors, axis=0), np.std(got, axis=0), rtol=0.2)


def test_rows_of_the_transition_matrix_sum_to_one_and_the_first_is_the_share():
    t, c, _ = made(6)
    found = ms.cumulative_incidence(t, c)
    assert_allclose(found.transition.sum(axis=2), 1)
    assert_allclose(found.transition[:, 0], found.probability)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"stop": [0.0, 1]}, DataError, "stop is 0 at a start of 0, expected it later"),
        ({"to_state": [5, 1]}, DataError, "to_state holds a value that is no state"),
        ({"initial": [0.5, 0.4]}, ConfigError, "sum 0.9"),
        ({"times": [2.0, 1.0]}, ConfigError, "times is not ascending"),
    ],
)
def test_histories_that_cannot_be_are_refused(change, error, message):
    arguments = {
        "subject": [1, 2],
        "start": [0.0, 0],
        "stop": [1.0, 2],
        "from_state": [0, 0],
        "to_state": [1, 1],
    } | change
    with pytest.raises(error, match=message):
        ms.aalen_johansen(**arguments, n_states=2)


# --- tests between groups ---------------------------------------------------------------------------------------------


def test_observed_and_expected_have_one_sum_and_labels_do_not_matter():
    t, c, rng = made(7)
    g = rng.integers(0, 3, t.size)
    one, two = ms.gray_test(t, c, g), ms.gray_test(t, c, 10 - 3 * g)
    assert_allclose(one.observed.sum(), one.expected.sum())
    assert_allclose(one.statistic, two.statistic)


def test_gray_holds_its_level():
    p = []
    for k in range(500):
        rng = stream(8, k)
        t, c = rng.exponential(8, 90), rng.choice([0, 1, 1, 2], 90)
        p.append(ms.gray_test(t, c, np.arange(90) % 2).p_value)
    assert abs(np.mean(np.array(p) < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 500)


def test_without_other_events_fine_gray_is_cox_with_a_robust_error():
    from lifelines import CoxPHFitter
    from pandas import DataFrame

    t, c, rng = made(9)
    t, event = t + rng.random(t.size), (c > 0).astype(float)
    x = rng.standard_normal(t.size)
    other = CoxPHFitter().fit(DataFrame({"t": t, "d": event, "x": x}), "t", "d", robust=True)
    found = ms.fine_gray_fit(x[:, None], t, event)
    assert_allclose(found.coefficients, other.params_.to_numpy(), rtol=1e-5)
    assert_allclose(found.std_error, other.standard_errors_.to_numpy(), rtol=0.02)


def test_fits_that_have_no_answer_say_why():
    t, c, rng = made(10)
    assert ms.fine_gray_fit(np.ones((t.size, 1)), t, c).status == Status.CONSTANT
    assert ms.fine_gray_fit(rng.random((t.size, 2)), t, np.where(np.arange(t.size) < 2, 1, 0)).status == Status.TOO_FEW


@pytest.mark.parametrize(
    ("group", "event", "message"), [(np.zeros(80), 1, "group is 0 for all"), (np.arange(80) % 2, 3, "cause is never 3")]
)
def test_tests_without_meaning_are_refused(group, event, message):
    t, c, _ = made(11)
    with pytest.raises(DataError, match=message):
        ms.gray_test(t, c, group, event=event)
