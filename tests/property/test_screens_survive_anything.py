"""Whatever finite numbers come in, a screen answers with numbers or a status: no exception, no warning."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biomarker import stats

KINDS = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "two-valued": lambda rng, n: rng.integers(0, 2, n).astype(float),
    "constant": lambda rng, n: np.zeros(n),
    "heavy": lambda rng, n: rng.lognormal(0, 3, n),
    "large steps": lambda rng, n: rng.integers(0, 3, n) * 1e6,
    "one carrier": lambda rng, n: np.eye(n)[0],
    "small": lambda rng, n: rng.standard_normal(n) * 1e-60,
    "large": lambda rng, n: rng.standard_normal(n) * 1e60,
    "too small": lambda rng, n: rng.standard_normal(n) * 1e-90,
    "too large": lambda rng, n: rng.standard_normal(n) * 1e90,
}
COVARIATES = ["normal", "two-valued", "constant", "heavy", "large steps", "one carrier"]
ANY = {"min_group": 1}
EVENTS = {"min_group": 1, "min_events": 1}


def trial(seed, n, features, covariates, responses):
    rng = np.random.default_rng(seed)
    outcome = (rng.random(n) < rng.choice([0.1, 0.5])).astype(float)
    y = np.column_stack([KINDS[kind](rng, n) for kind in responses])
    y[rng.random(y.shape) < rng.choice([0.0, 0.3, 0.8])] = np.nan
    x = np.column_stack([KINDS[kind](rng, n) for kind in features])
    if rng.random() < 0.3:
        outcome = (x[:, 0] > np.median(x[:, 0])).astype(float)
    c = np.column_stack([np.ones(n), *(KINDS[kind](rng, n) for kind in covariates)])
    arm = (rng.random(n) < 0.5).astype(float)
    return x, y, c, arm, outcome, np.ceil(rng.exponential(3, n)), rng.integers(0, rng.integers(1, 5), n)


@pytest.mark.filterwarnings("error")
@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(4, 40),
    features=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4),
    covariates=st.lists(st.sampled_from(COVARIATES), max_size=2),
    responses=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3),
)
def test_every_screen_and_fit_answers_with_numbers_or_a_status(seed, n, features, covariates, responses):
    x, y, c, arm, outcome, time, strata = trial(seed, n, features, covariates, responses)
    level = np.minimum(time, 4.0) * (1 - 0.5 * outcome) // 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = [
            stats.linear_screen(x, y, c, **ANY),
            stats.linear_interaction_screen(x, y, c, arm, **ANY),
            stats.moderated_screen(x, y, c, **ANY),
            stats.logistic_screen(x, outcome, c, **EVENTS),
            stats.logistic_interaction_screen(x, outcome, c, arm, **EVENTS),
            stats.clustered_linear_screen(x, y[:, 0], c, strata, min_group=1),
            stats.clustered_linear_screen(x, y[:, 0], c, strata, treatment=arm, min_group=1),
            stats.clustered_logistic_screen(x, outcome, c, strata, **EVENTS),
            stats.clustered_ordinal_screen(x, level, c, time, treatment=arm, **EVENTS),
            stats.clustered_cox_screen(x, time, outcome, c[:, 1:], np.arange(n) // 2, strata=strata, **EVENTS),
            stats.ordinal_screen(x, level, c, **EVENTS),
            stats.ordinal_interaction_screen(x, level, c, arm, **EVENTS),
            stats.cox_screen(x, time, outcome, c[:, 1:], strata=strata, **EVENTS),
            stats.cox_interaction_screen(x, time, outcome, c[:, 1:], arm, strata=strata, **EVENTS),
        ]
        fits = [
            stats.logistic_fit(np.column_stack([c, x[:, 0]]), outcome),
            stats.ordinal_fit(np.column_stack([c[:, 1:], x[:, 0]]), level),
            stats.cox_fit(np.column_stack([c[:, 1:], x[:, 0]]), time, outcome, strata=strata),
            stats.firth_logistic_fit(np.column_stack([c, x[:, 0]]), outcome, interval=False),
            stats.firth_cox_fit(np.column_stack([c[:, 1:], x[:, 0]]), time, outcome, strata=strata, interval=False),
            stats.linear_fit(np.column_stack([c, x[:, 0]]), np.nan_to_num(y[:, 0])),
        ]
        if 0 < outcome.sum() < n:
            areas = stats.rank_sum_screen(x, outcome)
            assert np.all((areas.auc >= 0) & (areas.auc <= 1) & (areas.p_value >= 0) & (areas.p_value <= 1))
        chance = np.random.default_rng(seed)
        plan = stats.permutations_within(np.linspace(-1, 1, n), np.ones((n, 1)), count=5, generator=chance)
        adjusted = stats.max_t(x, plan).p_familywise
        assert np.all(np.isnan(adjusted) | ((adjusted > 0) & (adjusted <= 1)))
    # an Estimate checks itself when made; a fit has to be finite exactly where it claims to be good
    assert all(result.estimate.shape[0] == len(features) for result in results)
    for fit in fits:
        assert np.all(np.isfinite(fit.coefficients)) == (fit.status == stats.Status.OK)
