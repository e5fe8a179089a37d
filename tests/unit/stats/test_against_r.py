"""Numbers of R's lm, glm, limma and survival (recipe: tests/golden/r_statistics/make.R)."""

import csv
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker import stats

from .oracles import score_statistics

FOLDER = Path(__file__).parents[2] / "golden" / "r_statistics"


def read(name):
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def expected():
    return {row["name"]: float(row["value"]) for row in read("expected.csv")}


@pytest.fixture(scope="module")
def data():
    rows = read("data.csv")
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    number = {k: np.array([float(v) if v else np.nan for v in c]) for k, c in columns.items() if k != "site"}
    site = np.column_stack([(columns["site"] == level).astype(float) for level in ("b", "c")])
    return SimpleNamespace(
        **number,
        site=columns["site"],
        features=np.column_stack([number[x] for x in ("x1", "x2", "x3")]),
        responses=np.column_stack([number["y1"], number["y2"]]),
        age_and_site=np.column_stack([number["age"], site]),
        with_intercept=np.column_stack([np.ones(len(rows)), number["age"], site]),
    )


def values(expected, pattern):
    return np.array([expected[pattern.format(x)] for x in ("x1", "x2", "x3")])


@pytest.mark.parametrize(("k", "y"), [(0, "y1"), (1, "y2")])
def test_linear_screens_equal_lm(data, expected, k, y):
    result = stats.linear_screen(data.features, data.responses, data.with_intercept)
    assert_allclose(result.estimate[:, k], values(expected, f"lm {{}} {y} estimate"), rtol=1e-10)
    assert_allclose(result.std_error[:, k], values(expected, f"lm {{}} {y} std_error"), rtol=1e-10)
    assert_allclose(result.p_value[:, k], values(expected, f"lm {{}} {y} p"), rtol=1e-9)
    assert_allclose(result.dof[:, k], values(expected, f"lm {{}} {y} dof"))
    result = stats.linear_interaction_screen(data.features, data.responses, data.with_intercept, data.arm, min_group=1)
    assert_allclose(result.estimate[:, k], values(expected, f"lm_interaction {{}} {y} estimate"), rtol=1e-9)


def test_linear_screen_equals_limma_before_moderation(data, expected):
    result = stats.linear_screen(data.features, data.responses[:, :1], data.with_intercept)
    assert_allclose(result.estimate[:, 0], values(expected, "limma {} estimate"), rtol=1e-10)
    assert_allclose(result.std_error[:, 0], values(expected, "limma {} std_error"), rtol=1e-10)


def test_logistic_screens_equal_raos_test_of_glm(data, expected):
    result = stats.logistic_screen(data.features, data.response, data.with_intercept)
    assert_allclose(score_statistics(result, result.n[0, 0]) ** 2, values(expected, "glm_rao {}"), rtol=1e-7)
    result = stats.logistic_interaction_screen(data.features, data.response, data.with_intercept, data.arm)
    assert_allclose(
        score_statistics(result, result.n[0, 0]) ** 2, values(expected, "glm_interaction_rao {}"), rtol=1e-6
    )


def test_logistic_fits_and_likelihood_ratios_equal_glm(data, expected):
    null = stats.logistic_fit(data.with_intercept, data.response)
    for x in ("x1", "x2", "x3"):
        fit = stats.logistic_fit(np.column_stack([data.with_intercept, getattr(data, x)]), data.response)
        assert_allclose(fit.coefficients[-1], expected[f"glm {x} estimate"], rtol=1e-7)
        assert_allclose(fit.std_error[-1], expected[f"glm {x} std_error"], rtol=1e-7)
        assert_allclose(fit.log_likelihood, expected[f"glm {x} log_likelihood"], rtol=1e-11)
        assert_allclose(stats.likelihood_ratio(fit, null).statistic, expected[f"glm_lr {x}"], rtol=1e-8)


@pytest.mark.parametrize("tag", ["plain", "strata"])
def test_cox_screens_and_fits_equal_coxph_with_efron_ties(data, expected, tag):
    covariates = data.age_and_site if tag == "plain" else data.age_and_site[:, :1]
    strata = None if tag == "plain" else data.site
    result = stats.cox_screen(data.features, data.time, data.event, covariates, strata=strata)
    assert_allclose(
        score_statistics(result, result.n_events[0, 0]) ** 2, values(expected, f"cox_score {tag} {{}}"), rtol=1e-7
    )
    result = stats.cox_interaction_screen(data.features, data.time, data.event, covariates, data.arm, strata=strata)
    assert_allclose(
        score_statistics(result, result.n_events[0, 0]) ** 2,
        values(expected, f"cox_interaction_score {tag} {{}}"),
        rtol=1e-6,
    )
    for x in ("x1", "x2", "x3"):
        fit = stats.cox_fit(np.column_stack([covariates, getattr(data, x)]), data.time, data.event, strata=strata)
        assert_allclose(fit.coefficients[-1], expected[f"cox {tag} {x} estimate"], rtol=1e-7)
        assert_allclose(fit.std_error[-1], expected[f"cox {tag} {x} std_error"], rtol=1e-7)
        assert_allclose(fit.log_likelihood, expected[f"cox {tag} {x} log_likelihood"], rtol=1e-10)


def test_the_survival_curve_equals_survfit_with_log_log_limits(data):
    rows = read("curve.csv")
    curve = stats.kaplan_meier(data.time, data.event)
    for name in ("time", "survival", "ci_low", "ci_high", "n_at_risk", "n_events"):
        assert_allclose(getattr(curve, name)[1:], [float(row[name]) for row in rows], rtol=1e-9, err_msg=name)
