"""Parametric survival models: fits, curves, extrapolation, draws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, special
from scipy import stats as scipy_stats

from biomarker.errors import ConfigError, DataError
from biomarker.rng import stream
from biomarker.stats import multistate as ms
from biomarker.stats.estimate import Status
from biomarker.stats.log_gamma_tail import log_upper_gamma


def made(seed, n=300):
    rng = stream(20, seed)
    x = rng.standard_normal((n, 2))
    t, c = 10 * np.exp(0.4 * x[:, 0]) * rng.weibull(1.4, n), rng.exponential(25, n)
    return np.minimum(t, c), (t <= c).astype(float), x, rng


FITTED = {}


def fit(family, **options):
    if family not in FITTED:
        t, d, _, _ = made(1)
        FITTED[family] = ms.parametric_survival(t, d, family=family)
    return FITTED[family]


@pytest.mark.parametrize("family", ms.FAMILIES)
def test_curve_hazard_quantile_and_mean_belong_together(family):
    model = fit(family)
    assert model.status == Status.OK
    t = np.array([0.5, 4.0, 12.0, 30.0])
    s = model.survival(t)
    assert np.all(np.diff(s) < 0)
    h = 1e-5
    slope = -(np.log(model.survival(t + h)) - np.log(model.survival(t - h))) / (2 * h)
    assert_allclose(model.hazard(t), slope, rtol=1e-5)
    assert_allclose(model.survival(np.atleast_1d(model.quantile(0.3))), 0.7, rtol=1e-8)
    area = integrate.quad(lambda u: model.survival([u])[0], 0, 20, limit=200)[0]
    assert_allclose(model.restricted_mean(20), area, rtol=1e-6)
    assert_allclose(model.cycle_probabilities([0, 4, 8])[1], 1 - model.survival([8])[0] / model.survival([4])[0])


@pytest.mark.parametrize("family", ms.FAMILIES)
def test_draws_follow_the_curve(family):
    drawn = fit(family).draw(4000, stream(21, family))
    assert scipy_stats.kstest(drawn, lambda u: 1 - fit(family).survival(np.maximum(u, 0))).pvalue > 1e-3 or (
        family == "gaussian"  # times below 0 have no place on the curve
    )


@pytest.mark.parametrize(
    ("family", "other"),
    [("weibull", "WeibullFitter"), ("lognormal", "LogNormalFitter"), ("loglogistic", "LogLogisticFitter"),
     ("exponential", "ExponentialFitter"), ("generalised-gamma", "GeneralizedGammaFitter")],
)  # fmt: skip
def test_curves_equal_lifelines(family, other):
    import lifelines

    t, d, _, _ = made(1)
    reference = getattr(lifelines, other)().fit(t, d)
    at = np.array([2.0, 8.0, 20.0])
    assert_allclose(fit(family).survival(at), reference.survival_function_at_times(at), rtol=2e-3)
    assert fit(family).log_likelihood >= reference.log_likelihood_ - 1e-6


def test_covariates_and_late_entry_equal_lifelines():
    from lifelines import WeibullAFTFitter
    from pandas import DataFrame

    t, d, x, rng = made(2)
    late = t * rng.random(t.size) * 0.5
    frame = DataFrame({"t": t, "d": d, "a": x[:, 0], "b": x[:, 1], "e": late})
    reference = WeibullAFTFitter().fit(frame, "t", "d", entry_col="e")
    model = ms.parametric_survival(t, d, family="weibull", covariates=x, entry=late)
    expected = reference.params_["lambda_"][["Intercept", "a", "b"]].to_numpy()
    assert_allclose(model.coefficients, expected, atol=2e-4)
    assert_allclose(1 / model.shapes["scale"], np.exp(reference.params_["rho_"]["Intercept"]), rtol=1e-3)
    assert_allclose(model.std_error[:3], reference.standard_errors_["lambda_"][["Intercept", "a", "b"]], rtol=5e-3)
    assert model.survival([5.0], x[:4]).shape == (4, 1)


def test_the_gompertz_fit_is_at_the_top_of_a_slow_likelihood():
    t, d, _, _ = made(3)
    model = ms.parametric_survival(t, d, family="gompertz")

    def slow(b, a):
        return sum(di * (-b + a * ti) - np.exp(-b) * (np.exp(a * ti) - 1) / a for ti, di in zip(t, d, strict=True))

    b, a = model.coefficients[0], model.shapes["shape"]
    assert_allclose(slow(b, a), model.log_likelihood)
    for db, da in ((0.01, 0), (-0.01, 0), (0, 1e-3), (0, -1e-3)):
        assert slow(b + db, a + da) < slow(b, a)


def test_the_generalised_gamma_holds_the_others():
    """Q = 1 is Weibull, Q = 0 lognormal, Q = sigma gamma: its likelihood is at least as high as any of theirs."""
    top = fit("generalised-gamma").log_likelihood
    assert all(top >= fit(name).log_likelihood - 1e-8 for name in ("weibull", "lognormal", "gamma", "exponential"))


def test_a_falling_gompertz_hazard_leaves_some_without_the_event_for_ever():
    rng = stream(22)
    u = rng.random(800)
    inside = 1 + 0.3 * np.log(u) / 0.2  # hazard 0.2 exp(-0.3 t): a share never has the event
    t = np.where(inside > 0, -np.log(np.where(inside > 0, inside, 1)) / 0.3, np.inf)
    model = ms.parametric_survival(np.minimum(t, 12), t <= 12, family="gompertz")
    assert abs(model.shapes["shape"] + 0.3) < 4 * model.std_error[1]
    assert np.isinf(model.quantile(0.9))
    assert np.isinf(model.draw(2000, rng)).any()


@pytest.mark.parametrize("family", ms.FAMILIES)
def test_units_of_time_change_nothing_but_units(family):
    t, d, x, _ = made(4)
    one = ms.parametric_survival(t, d, family=family, covariates=x)
    two = ms.parametric_survival(t * 365.25, d, family=family, covariates=x * 10)
    assert_allclose(one.survival([3.0, 9.0], x[:3]), two.survival([3.0 * 365.25, 9 * 365.25], 10 * x[:3]), rtol=1e-6)
    assert_allclose(one.log_likelihood - d.sum() * np.log(365.25), two.log_likelihood, rtol=1e-8)


def test_models_come_by_aic_and_the_right_one_is_near_the_top():
    t, d, _, _ = made(5)
    models = ms.survival_models(t, d)
    aics = [model.aic for model in models]
    assert aics == sorted(aics)
    assert "weibull" in [model.family for model in models[:4]]
    assert {model.n_parameters for model in models} == {1, 2, 3}


def test_limits_of_an_estimate_cover_at_their_rate():
    inside = []
    for k in range(150):
        rng = stream(23, k)
        t = 10 * rng.weibull(1.4, 80)
        model = ms.parametric_survival(np.minimum(t, 15), t <= 15, family="weibull")
        inside.append(abs(model.coefficients[0] - np.log(10)) < 1.96 * model.std_error[0])
    assert abs(np.mean(inside) - 0.95) < 3 * np.sqrt(0.05 * 0.95 / 150)


def test_tails_of_the_gamma_law_go_on_beyond_double_precision():
    for a in (0.3, 1.0, 4.5):
        x = np.array([0.5, 20.0, 600.0])
        assert_allclose(log_upper_gamma(a, x)[:2], np.log(special.gammaincc(a, x[:2])))
        assert_allclose(log_upper_gamma(a, 651.0) - log_upper_gamma(a, 650.0), -1 + (a - 1) / 650, atol=1e-4)
        assert_allclose(log_upper_gamma(a, 2.0, complement=True), np.log(special.gammainc(a, 2.0)))
    assert np.isfinite(log_upper_gamma(200.0, 1e-3, complement=True))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"family": "pareto"}, ConfigError, "family is 'pareto', expected one of exponential"),
        ({"time": [0.0, 1, 2, 3]}, DataError, "time holds 0, expected positive"),
        ({"event": [0, 0, 0, 1]}, DataError, "event holds 1 events, expected at least 2"),
        ({"entry": [0, 2, 0, 0]}, DataError, "entry is at or after time"),
        ({"covariates": [1, 1, 1, 1], "event": [1, 1, 1, 1]}, DataError, "covariates depend on each other"),
        ({"covariates": [1, 2]}, DataError, "covariates holds 2 subjects, expected 4"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change, error, message):
    arguments = {"time": [1.0, 2, 3, 4], "event": [1, 1, 0, 1], "family": "weibull"} | change
    with pytest.raises(error, match=message):
        ms.parametric_survival(arguments.pop("time"), arguments.pop("event"), **arguments)


def test_a_model_with_covariates_asks_for_them():
    t, d, x, _ = made(6)
    model = ms.parametric_survival(t, d, family="weibull", covariates=x[:, 0])
    with pytest.raises(ConfigError, match="covariates is None, expected 1 values"):
        model.survival([1.0])
