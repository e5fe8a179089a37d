"""Oracle of the expected statistic: where the outcome is certain, it is the statistic itself, by other software."""

import numpy as np
import pytest
import statsmodels.api as sm

from biomarker.errors import NumericalError
from biomarker.simulate import expectation


@pytest.fixture
def design() -> tuple[np.ndarray, np.ndarray]:
    """A feature (n,) and nuisance columns (n, 3) correlated with it, the first one the intercept."""
    generator = np.random.default_rng(3)
    nuisance = np.column_stack([np.ones(150), generator.standard_normal((150, 2))])
    return generator.standard_normal(150) + 0.4 * nuisance[:, 1], nuisance


def _tabulated(time: np.ndarray, event: np.ndarray) -> expectation.ExpectedSurvival:
    """Observed times as the degenerate case of expected ones: a column an event time."""
    grid = np.unique(time[event])
    return expectation.ExpectedSurvival(
        at_risk=(time[:, None] >= grid).astype(float), events=((time[:, None] == grid) & event[:, None]).astype(float)
    )


def _times(column: np.ndarray, nuisance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(4)
    time = generator.exponential(np.exp(-0.5 * column + 0.3 * nuisance[:, 1]))
    censored = generator.exponential(2.0, size=len(time))
    return np.minimum(time, censored), time <= censored


def test_continuous_equals_the_t_statistic_of_statsmodels(design):
    column, nuisance = design
    y = np.random.default_rng(5).standard_normal(150) + 0.3 * column + nuisance[:, 2]
    expected = sm.OLS(y, np.column_stack([column, nuisance])).fit().tvalues[0]
    assert expectation.continuous_statistic(y, 0.0, column, nuisance) == pytest.approx(expected, rel=1e-10)


def test_binary_equals_the_score_statistic_of_statsmodels(design):
    column, nuisance = design
    y = (np.random.default_rng(6).random(150) < 1 / (1 + np.exp(-column - nuisance[:, 2]))).astype(float)
    null = sm.GLM(y, nuisance, family=sm.families.Binomial()).fit(tol=1e-12)
    chi2 = np.squeeze(null.score_test(exog_extra=column[:, None])[0])
    assert expectation.binary_statistic(y, column, nuisance) == pytest.approx(np.sqrt(chi2), rel=1e-6)


def test_survival_equals_the_score_statistic_worked_out_event_by_event(design):
    column, nuisance = design
    time, event = _times(column, nuisance)
    rest = nuisance[:, 1:]
    null = sm.PHReg(time, rest, status=event).fit(disp=0).params
    weight = np.exp(rest @ null)
    both = np.column_stack([rest, column])
    score, information = np.zeros(3), np.zeros((3, 3))
    for i in np.flatnonzero(event):
        at_risk = time >= time[i]
        share = weight[at_risk] / weight[at_risk].sum()
        mean = share @ both[at_risk]
        score += both[i] - mean
        information += (both[at_risk] - mean).T @ (share[:, None] * (both[at_risk] - mean))
    efficient = information[2, 2] - information[2, :2] @ np.linalg.solve(information[:2, :2], information[:2, 2])
    reached = expectation.survival_statistic(_tabulated(time, event), column, rest)
    assert reached == pytest.approx(score[2] / np.sqrt(efficient), rel=1e-6)


def test_log_hazard_ratio_equals_that_of_statsmodels(design):
    column, nuisance = design
    time, event = _times(column, nuisance)
    arm = (column > 0).astype(float)
    expected = sm.PHReg(time, arm[:, None], status=event).fit(disp=0).params[0]
    assert expectation.log_hazard_ratio(_tabulated(time, event), arm) == pytest.approx(expected, rel=1e-6)


def test_mean_of_the_t_statistic_over_replicates_is_the_expected_one(design):
    column, nuisance = design
    mean = 0.35 * column + nuisance[:, 1]
    generator = np.random.default_rng(8)
    design_matrix = np.column_stack([column, nuisance])
    drawn = [sm.OLS(mean + generator.standard_normal(150), design_matrix).fit().tvalues[0] for _ in range(400)]
    # standard error 0.05; the t statistic's own bias at 146 degrees of freedom is 0.5%
    assert np.mean(drawn) == pytest.approx(expectation.continuous_statistic(mean, 1.0, column, nuisance), abs=0.2)


def test_an_effect_left_out_of_the_model_attenuates_the_others(design):
    column, nuisance = design
    other = np.random.default_rng(9).standard_normal(150)
    other -= column * (other @ column) / (column @ column)

    def expected(left_out: float) -> float:
        probability = 1 / (1 + np.exp(-(column + left_out * other)))
        return expectation.binary_statistic(probability, column, nuisance)

    assert expected(0.0) > expected(1.0) > expected(2.0) > 0


@pytest.mark.parametrize("statistic", ["binary", "survival", "continuous"])
def test_scale_of_the_column_and_a_repeated_covariate_change_nothing(design, statistic):
    column, nuisance = design
    twice = np.column_stack([nuisance, nuisance[:, 2]])
    time, event = _times(column, nuisance)
    compute = {
        "binary": lambda x, z: expectation.binary_statistic(0.2 + 0.6 * (column > 0), x, z),
        "survival": lambda x, z: expectation.survival_statistic(_tabulated(time, event), x, z[:, 1:]),
        "continuous": lambda x, z: expectation.continuous_statistic(column**2, 1.0, x, z),
    }[statistic]
    once = compute(column, nuisance)
    assert compute(3.5 * column, nuisance) == pytest.approx(once, rel=1e-8)
    assert compute(-column, nuisance) == pytest.approx(-once, rel=1e-8)
    assert compute(column, twice) == pytest.approx(once, rel=1e-6)


def test_covariates_that_predict_without_error_are_refused_with_what_to_do():
    side = np.repeat([-1.0, 1.0], 20)
    nuisance = np.column_stack([np.ones(40), side])
    with pytest.raises(NumericalError, match="without error") as caught:
        expectation.binary_statistic((side > 0).astype(float), np.arange(40.0), nuisance)
    assert "noncentrality" in caught.value.hint
