"""Continuous-time Markov processes: what follows from intensities, fits, simulated trajectories."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm

from biomarker.errors import ConfigError, DataError, NumericalError
from biomarker.rng import stream
from biomarker.stats import multistate as ms
from biomarker.stats.estimate import Status
from biomarker.stats.markov_likelihood import Likelihood
from biomarker.stats.markov_panel import panel_of

from ....golden.validation.reading import r_data

ILLNESS = np.array([[-0.3, 0.2, 0.1], [0.15, -0.4, 0.25], [0, 0, 0]])


def random_intensities(seed, s=4):
    q = np.random.default_rng(seed).random((s, s)) * (np.random.default_rng(seed + 1).random((s, s)) < 0.7)
    np.fill_diagonal(q, 0)
    np.fill_diagonal(q, -q.sum(axis=1))
    return q


def visits(q, n, rng, *, years=8, gap=1.0, exact_death=True, covariate=None):
    """Panel data of simulated subjects: states at roughly yearly visits, death at its own time."""
    made = ms.simulate_trajectories(q, 0, horizon=years, n_subjects=n, rng=rng)
    subject, when, state = [], [], []
    for i in range(n):
        rows = made.subject == i
        dead = np.flatnonzero(rows & (made.next_state == 2))
        death = made.stop[dead[0]] if dead.size else np.inf
        t = np.concatenate([[0.0], np.sort(rng.uniform(0, years, int(years / gap)))])
        t = t[t < death]
        states = [made.state[rows & (made.start <= u) & (u < made.stop)][0] for u in t]
        if np.isfinite(death):
            t, states = np.append(t, death if exact_death else years), [*states, 2]
        subject += [i] * len(t)
        when += t.tolist()
        state += states
    return np.array(subject), np.array(when), np.array(state)


# --- intensities ------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0, 20))
def test_rows_of_probabilities_sum_to_one(seed, time):
    p = ms.transition_probabilities(random_intensities(seed), time)
    assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    assert np.all(p >= 0)


def test_two_steps_are_one_long_step():
    q = random_intensities(3)
    p = ms.transition_probabilities(q, [1.5, 2.0, 3.5])
    assert_allclose(p[0] @ p[1], p[2])
    assert_allclose(p[0], expm(1.5 * q))


def test_a_diagonal_that_is_not_given_is_filled_in():
    off = ILLNESS - np.diag(np.diag(ILLNESS))
    assert_allclose(ms.transition_probabilities(off, 1), ms.transition_probabilities(ILLNESS, 1))


@pytest.mark.parametrize("discount", [0.0, 0.05])
def test_length_of_stay_is_the_integral_of_occupancy(discount):
    t = np.linspace(0, 6, 121)
    path = ms.occupancy(ILLNESS, [1, 0, 0], t) * np.exp(-discount * t[:, None])
    simpson = np.where(np.arange(121) % 2, 4.0, 2.0) * 0.05 / 3
    simpson[[0, -1]] /= 2
    assert_allclose(ms.length_of_stay(ILLNESS, horizon=6, discount=discount), simpson @ path, rtol=1e-6)
    forever = ms.length_of_stay(ILLNESS, discount=discount)
    assert_allclose(forever[:2], ms.length_of_stay(ILLNESS, horizon=400, discount=discount)[:2])


def test_where_nothing_ends_the_total_time_is_infinite_and_said_to_be():
    with pytest.raises(NumericalError, match="horizon is not given and no state is absorbing"):
        ms.length_of_stay([[-1, 1], [1, -1]])
    assert_array_equal(ms.length_of_stay(ILLNESS)[2], np.inf)


@pytest.mark.parametrize(
    ("q", "message"),
    [
        ([[-1, 1], [0.5, -1]], "intensities: row 1 sums to -0.5, expected 0"),
        ([[1, -1], [0, 0]], "intensities holds -1 off the diagonal, expected at least 0"),
        ([[0, 1]], "as many rows as columns"),
    ],
)
def test_intensities_that_cannot_be_are_refused(q, message):
    with pytest.raises(ConfigError, match=message):
        ms.transition_probabilities(q, 1)


# --- likelihood -------------------------------------------------------------------------------------------------------


def by_uniformisation(q, t):
    """``exp(Q t)`` of many times as a Poisson mixture of powers: nothing in common with eigenvalues."""
    rate = -q.diagonal().min()
    step, term, total = np.eye(len(q)) + q / rate, np.eye(len(q)), np.zeros((len(t), *q.shape))
    weight = np.exp(-rate * t)
    for k in range(1, 120):
        total += weight[:, None, None] * term
        term, weight = term @ step, weight * rate * t / k
    return total


def slow_log_likelihood(q, subject, when, state, *, exact=()):
    same = subject[1:] == subject[:-1]
    p = by_uniformisation(q, np.diff(when)[same])
    total = 0.0
    for matrix, r, s in zip(p, state[:-1][same], state[1:][same], strict=True):
        if s in exact and r != s:
            total += np.log(sum(matrix[r, k] * q[k, s] for k in range(len(q)) if k != s))
        else:
            total += np.log(matrix[r, s])
    return total


@pytest.fixture(scope="module")
def panel():
    return visits(ILLNESS, 60, stream(1))


def test_the_maximum_is_that_of_a_slow_likelihood(panel):
    fit = ms.markov_fit(*panel, ILLNESS > 0, exact_states=[2])
    assert fit.status == Status.OK
    assert_allclose(slow_log_likelihood(fit.intensities, *panel, exact=[2]), fit.log_likelihood, rtol=1e-10)
    for r, s in fit.transitions:
        for factor in (0.97, 1.03):
            q = fit.intensities.copy()
            q[r, s] *= factor
            np.fill_diagonal(q, 0)
            np.fill_diagonal(q, -q.sum(axis=1))
            assert slow_log_likelihood(q, *panel, exact=[2]) < fit.log_likelihood


def check_gradient(problem, at):
    numeric = [(problem(at + e)[0] - problem(at - e)[0]) / 2e-4 for e in np.eye(at.size) * 1e-4]
    assert_allclose(problem(at)[1], numeric, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("exact_times", [False, True])
def test_the_gradient_is_that_of_finite_differences(panel, exact_times):
    who, when, state = panel
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.standard_normal(who.size), rng.integers(0, 2, who.size)])
    made = panel_of(who, when, state, x, ILLNESS * (ILLNESS > 0), {2}, exact_times, None)[0]
    problem = Likelihood(made, np.argwhere(ILLNESS > 0), 3, np.ones((2, 4), bool))
    check_gradient(problem, rng.normal(-1, 0.2, 12))


@pytest.mark.parametrize("exact", [set(), {2}])
def test_equal_intensities_without_a_basis_of_eigenvectors_are_no_obstacle(exact):
    """A progressive model with equal rates: the other way of computing is taken."""
    rng = np.random.default_rng(2)
    who, when = np.repeat(np.arange(40), 4), np.tile(np.arange(4.0), 40) + rng.random(160) * 0.5
    state = np.minimum(np.cumsum(rng.random((40, 4)) < 0.4, axis=1), 2).ravel()
    x, allowed = rng.integers(0, 2, 160), np.array([[0, 1.0, 0], [0, 0, 1.0], [0, 0, 0]])
    made = panel_of(who, when, state, x[:, None], allowed, exact, False, None)[0]
    problem = Likelihood(made, np.argwhere(allowed > 0), 3, np.ones((1, 2), bool))
    check_gradient(problem, np.array([-0.5, -0.5, 0.0, 0.0]))
    fit = ms.markov_fit(who, when, state, allowed, exact_states=exact)
    assert_allclose(fit.log_likelihood, slow_log_likelihood(fit.intensities, who, when, state, exact=exact))


def test_known_intensities_and_effects_are_recovered_within_their_errors():
    """Known truth: 400 subjects with a covariate that doubles one intensity."""
    rng = stream(2)
    x = np.repeat([0.0, 1.0], 200)
    q = np.repeat(ILLNESS[None], 400, axis=0)
    q[200:, 0, 1] *= 2
    q[:, [0, 1, 2], [0, 1, 2]] = 0
    who, when, state = visits(q, 400, rng)
    fit = ms.markov_fit(who, when, state, ILLNESS > 0, covariates=x[who], exact_states=[2], reference="zero")
    assert fit.status == Status.OK
    r, s = fit.transitions.T
    width = np.log(fit.ci_high[r, s] / fit.ci_low[r, s]) / 2 / 1.96
    assert np.all(np.abs(np.log(fit.intensities[r, s] / ILLNESS[r, s])) < 3.5 * width)
    truth = np.array([np.log(2), 0, 0, 0])
    assert np.all(np.abs(fit.coefficients[0] - truth) < 3.5 * fit.std_error[0])
    assert_allclose(fit.at([1.0])[0, 1], fit.intensities[0, 1] * np.exp(fit.coefficients[0, 0]))
    assert_allclose(fit.at([[0.0], [1.0]])[0], fit.intensities)


def test_the_reference_of_the_covariates_moves_the_baseline_and_nothing_else(panel):
    who, when, state = panel
    x = np.random.default_rng(3).standard_normal(who.size) + 2
    only = np.zeros((1, 4), bool)
    only[0, 0] = True
    one, two = (
        ms.markov_fit(
            who, when, state, ILLNESS > 0, covariates=x, covariate_transitions=only, exact_states=[2], reference=at
        )
        for at in ("mean", "zero")
    )
    assert_allclose(one.coefficients, two.coefficients)
    assert_allclose(one.at([1.3]), two.at([1.3]))
    assert_array_equal(one.coefficients[0, 1:], 0)
    assert_allclose(one.log_likelihood, two.log_likelihood)


def test_units_of_time_and_covariates_change_nothing_but_units(panel):
    who, when, state = panel
    x = np.random.default_rng(4).standard_normal(who.size)
    one = ms.markov_fit(who, when, state, ILLNESS > 0, covariates=x, exact_states=[2])
    two = ms.markov_fit(who, 12 * when, state, ILLNESS > 0, covariates=1000 * x, exact_states=[2])
    assert_allclose(one.intensities, 12 * two.intensities, rtol=1e-5)
    assert_allclose(one.coefficients, 1000 * two.coefficients, rtol=1e-4, atol=1e-6)


def test_with_exact_times_the_estimate_is_events_over_time():
    made = ms.simulate_trajectories(ILLNESS, 0, horizon=10, n_subjects=50, rng=stream(5))
    rows = []
    for i in range(50):
        here = made.subject == i
        rows += [(i, a, s) for a, s in zip(made.start[here], made.state[here], strict=True)]
        rows.append(
            (
                i,
                made.stop[here][-1],
                made.next_state[here][-1] if made.next_state[here][-1] >= 0 else made.state[here][-1],
            )
        )
    who, when, state = np.array(rows).T
    fit = ms.markov_fit(who, when, state, ILLNESS > 0, exact_times=True)
    spent = made.time_in_state().sum(axis=0)
    for r, s in fit.transitions:
        events = np.count_nonzero((made.state == r) & (made.next_state == s))
        assert_allclose(fit.intensities[r, s], events / spent[r], rtol=1e-6)


def test_an_unknown_last_state_counts_as_any_that_is_not_absorbing(panel):
    who, when, state = panel
    last = np.append(who[1:] != who[:-1], True) & (state != 2)
    hidden = np.where(last, 9, state)
    fit = ms.markov_fit(who, when, hidden, ILLNESS > 0, exact_states=[2], unknown_state=9)
    assert fit.status == Status.OK
    q = fit.intensities
    known = slow_log_likelihood(q, who[~last], when[~last], state[~last], exact=[2])
    for k in np.flatnonzero(last):
        known += np.log(by_uniformisation(q, when[k : k + 1] - when[k - 1])[0, state[k - 1], :2].sum())
    assert_allclose(fit.log_likelihood, known)


def test_a_transition_that_never_happens_has_no_estimate(panel):
    who, when, state = panel
    two = np.where(state == 1, 0, state)
    fit = ms.markov_fit(who, when, two, [[0, 1, 1], [0, 0, 1], [0, 0, 0]], exact_states=[2])
    assert fit.status == Status.SEPARATION
    assert (fit.ci_low[0, 1], fit.ci_high[0, 1]) == (0, np.inf)
    # what is left is dying, with its own maximum
    plain = ms.markov_fit(who, when, two, [[0, 0, 1], [0, 0, 0], [0, 0, 0]], exact_states=[2])
    assert_allclose(fit.intensities[0, 2], plain.intensities[0, 2], rtol=1e-4)
    assert_allclose(fit.ci_high[0, 2], plain.ci_high[0, 2], rtol=1e-3)
    assert_allclose(fit.log_likelihood, plain.log_likelihood, atol=1e-3)


def test_the_order_of_rows_does_not_matter(panel):
    order = np.random.default_rng(6).permutation(panel[0].size)
    one, two = ms.markov_fit(*panel, ILLNESS > 0), ms.markov_fit(*(c[order] for c in panel), ILLNESS > 0)
    assert_array_equal(one.intensities, two.intensities)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"state": [0, 1, 2.5]}, DataError, "state holds 2.5, expected whole numbers from 0"),
        ({"state": [0, 1, 7]}, DataError, "state holds 7, expected whole numbers from 0 to 2"),
        ({"state": [2, 1, 0]}, DataError, "state goes from 2 to 1, which allowed makes impossible"),
        ({"time": [0, 0, 1]}, DataError, "state changes between two observations .* same time"),
        ({"subject": [1, 2, 3]}, DataError, "at least one interval"),
        ({"allowed": np.zeros((3, 3))}, ConfigError, "allowed holds no positive number"),
        ({"exact_states": [5]}, ConfigError, "exact_states names 5"),
        ({"covariates": [1, 1, 1]}, DataError, r"covariates\[:, 0\] is constant"),
        ({"reference": "median"}, ConfigError, "reference is 'median', expected one of mean, zero"),
        ({"state": [0, 9, 1], "unknown_state": 9}, DataError, "before a subject's last observation"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change, error, message):
    arguments = {"subject": [1, 1, 1], "time": [0, 1, 2], "state": [0, 1, 2], "allowed": ILLNESS > 0} | change
    given = [arguments.pop(name) for name in ("subject", "time", "state", "allowed")]
    with pytest.raises(error, match=message):
        ms.markov_fit(*given, **arguments)


# --- trajectories -----------------------------------------------------------------------------------------------------


def test_simulated_shares_and_stays_are_the_expected_ones():
    n = 20_000
    made = ms.simulate_trajectories(ILLNESS, [0.7, 0.3, 0], horizon=6, n_subjects=n, rng=stream(7))
    expected = ms.occupancy(ILLNESS, [0.7, 0.3, 0], [0, 2, 6])
    states = made.state_at([0, 2, 6])
    for k in range(3):
        share = np.bincount(states[:, k], minlength=3) / n
        assert_allclose(share, expected[k], atol=4 * np.sqrt(0.25 / n))
    stay = 0.7 * ms.length_of_stay(ILLNESS, start=0, horizon=6) + 0.3 * ms.length_of_stay(ILLNESS, start=1, horizon=6)
    spent = made.time_in_state()
    assert_allclose(spent.sum(axis=1), 6)
    assert_allclose(spent.mean(axis=0), stay, atol=0.06)


def test_each_subject_can_have_intensities_and_a_state_of_its_own():
    q = np.stack([ILLNESS, 5 * ILLNESS, 0 * ILLNESS])
    made = ms.simulate_trajectories(np.repeat(q, 2000, axis=0), 1, horizon=1, n_subjects=6000, rng=stream(8))
    dead = (made.state_at([1.0])[:, 0] == 2).reshape(3, 2000).mean(axis=1)
    expected = [ms.transition_probabilities(m, 1)[1, 2] for m in q]
    assert_allclose(dead, expected, atol=0.04)
    start = np.arange(6000) % 3
    made = ms.simulate_trajectories(ILLNESS, start, horizon=1, n_subjects=6000, rng=stream(9))
    assert_array_equal(made.state_at([0.0])[:, 0], start)


def test_the_same_stream_gives_the_same_trajectories():
    one, two = (ms.simulate_trajectories(ILLNESS, 0, horizon=5, n_subjects=50, rng=stream(10)) for _ in range(2))
    assert_array_equal(one.stop, two.stop)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"initial": 3}, "initial holds 3"), ({"initial": [0.5, 0.4, 0]}, "sum 0.9"), ({"horizon": 0}, "horizon is 0"),
     ({"intensities": np.zeros((2, 3, 3))}, "expected one matrix or 4")],
)  # fmt: skip
def test_simulations_that_cannot_be_are_refused(change, message):
    arguments = {"intensities": ILLNESS, "initial": 0, "horizon": 1, "n_subjects": 4, "rng": stream(1)} | change
    with pytest.raises(ConfigError, match=message):
        ms.simulate_trajectories(arguments.pop("intensities"), arguments.pop("initial"), **arguments)


def test_an_effect_without_a_finite_estimate_leaves_the_others_as_msm_gives_them():
    """The manual of the R package msm: sex in the heart-transplant data, where no woman seems to go from 2 to 4."""
    table = r_data("msm", "cav")
    allowed = np.array([[0, 0.25, 0, 0.25], [0.166, 0, 0.166, 0.166], [0, 0.25, 0, 0.25], [0, 0, 0, 0]])
    fit = ms.markov_fit(
        table["PTNUM"], table["years"], table["state"] - 1, allowed, covariates=table["sex"], exact_states=[3]
    )
    assert fit.status == Status.SEPARATION
    assert abs(-2 * fit.log_likelihood - 3954.777) < 0.002
    ratios = [0.5632779, 1.1289701, 1.2905854, 1.0765518, np.nan, 1.0965531, 2.4135380]
    low = [0.3333382, 0.6261976, 0.4916004, 0.5193868, np.nan, 0.1345395, 1.176293]
    here = np.isfinite(fit.std_error[0])
    assert_array_equal(here, [True] * 4 + [False] + [True] * 2)
    assert_allclose(np.exp(fit.coefficients[0])[here], np.array(ratios)[here], rtol=3e-4)
    assert_allclose(np.exp(fit.coefficients - 1.96 * fit.std_error)[0][here], np.array(low)[here], rtol=1e-3)
