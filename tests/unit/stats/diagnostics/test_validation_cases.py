"""Published and recomputed cases of prognostic and predictive statistics: our own copy, and the shared list."""

import numpy as np
import pytest
from scipy.special import expit, logit

from biomarker.stats import cox_fit, diagnostics, kaplan_meier, likelihood_ratio, logistic_fit
from biomarker.stats.concordance import known_order

from ....golden.validation.reading import assert_close, cases, r_data, synthetic_patients

D = synthetic_patients()
ONE = np.ones(80)


def glm(*columns):
    """Coefficients and fitted probabilities of a logistic regression of y."""
    design = np.column_stack([ONE, *columns])
    fit = logistic_fit(design, D["y"])
    return fit, expit(design @ fit.coefficients)


def log_rank(i, e, tol):
    found = diagnostics.log_rank(D["time"], D["status"], D["arm"])
    assert_close(found.observed, e["logrank"]["obs"], tol)
    assert_close(found.expected, e["logrank"]["exp"], tol)
    assert_close([found.statistic, found.p_value], [e["logrank"]["chisq"], e["logrank"]["p"]], tol)
    stratified = diagnostics.log_rank(D["time"], D["status"], D["arm"], strata=D["mpos"])
    assert_close(stratified.statistic, e["stratified_by_mpos"]["chisq"], tol)


def kaplan_meier_by_arm(i, e, tol):
    for arm in (0, 1):
        here, k = D["arm"] == arm, slice(3 * arm, 3 * arm + 3)
        at = e["at_times"]
        curve = kaplan_meier(D["time"][here], D["status"][here], grid=np.array(at["time"][k], float), limits="log")
        for got, name in (
            (curve.survival, "surv"), (curve.std_error, "se"), (curve.ci_low, "lo"), (curve.ci_high, "hi"),
        ):  # fmt: skip
            assert_close(got, at[name][k], tol, name)
        steps = kaplan_meier(D["time"][here], D["status"][here], limits="log")
        expected = [e["median"][arm], e["median_lcl"][arm], e["median_ucl"][arm]]
        assert_close(diagnostics.survival_quantile(steps), expected, tol)
        mean = diagnostics.restricted_mean(steps, horizon=18)
        expected = [e["rmst18"]["rmean"][arm], e["rmst18"]["se(rmean)"][arm]]
        assert_close([mean.estimate, mean.std_error], expected, tol)


def maxstat_dlbcl(i, e, tol):
    table = r_data("maxstat", "DLBCL")
    kept = ~np.any([np.isnan(table[name]) for name in ("time", "cens", "MGE")], axis=0)
    scores = diagnostics.log_rank_scores(table["time"][kept], table["cens"][kept], ties="last")
    for key, method in (("HL", "hothorn-lausen"), ("Lau94", "lausen94"), ("Lau92", "lausen92")):
        found = diagnostics.maximally_selected(table["MGE"][kept], scores, method=method, bound="maxstat")
        assert_close(found.cutoff, e["cut"], tol)
        assert_close([found.statistic, found.p_value], [e[key]["M"], e[key]["p"]], tol, key)


def time_dependent(i, e, tol):
    # riskRegression predicts by the Cox model's own baseline; its hazard is Efron's
    fit = cox_fit(D["marker"][:, None], D["time"], D["status"])
    score = D["marker"] * fit.coefficients[0]
    times = np.array(i["times"], dtype=float)
    found = diagnostics.time_dependent_auc(D["time"], D["status"], score, times=times)
    assert_close(found.estimate, e["auc"]["AUC"], tol["auc"])
    for got, name in ((found.std_error, "se"), (found.ci_low, "lower"), (found.ci_high, "upper")):
        assert_close(got, e["auc"][name], tol["se"], name)
    overall = 1.0 - kaplan_meier(D["time"], D["status"], grid=times).survival
    hazard = cumulative_hazard(score, times)
    risks = (np.tile(overall, (80, 1)), 1.0 - np.exp(-np.exp(score)[:, None] * hazard[None, :]))
    for k, risk in enumerate(risks):
        found = diagnostics.time_dependent_brier(D["time"], D["status"], risk, times=times)
        assert_close(found.estimate, e["brier"]["Brier"][3 * k : 3 * k + 3], tol["brier"])
        assert_close(found.std_error, e["brier"]["se"][3 * k : 3 * k + 3], tol["se"])


def cumulative_hazard(score, times):
    """Efron's baseline cumulative hazard, as a plain loop."""
    t, d, total = D["time"], D["status"] == 1, np.zeros(len(times))
    for u in np.unique(t[d]):
        risk, dying = np.exp(score[t >= u]).sum(), np.exp(score[(t == u) & d])
        step = sum(1 / (risk - l / dying.size * dying.sum()) for l in range(dying.size))  # noqa: E741
        total += step * (times >= u)
    return total


def roc(i, e, tol):
    found = diagnostics.auc(D[i["m1"]], D[i["y"]])
    assert_close(found.estimate, e["auc"], tol)
    assert_close(found.std_error**2, e["var"], tol)
    assert_close([found.ci_low, found.estimate, found.ci_high], e["ci"], tol)
    assert_close(diagnostics.auc(D[i["m2"]], D[i["y"]]).estimate, e["auc2"], tol)
    difference = diagnostics.auc_difference(D[i["m1"]], D[i["m2"]], D[i["y"]])
    assert_close([difference.statistic, difference.p_value], [e["delong_z"], e["delong_p"]], tol)
    curve = diagnostics.roc_curve(D[i["m1"]], D[i["y"]])
    best = curve.youden
    expected = [e["youden"][name] for name in ("threshold", "sensitivity", "specificity")]
    assert_close([best.threshold, best.sensitivity, best.specificity], expected, tol)
    assert_close(diagnostics.partial_auc(curve, low=0.8), e["pauc"], tol)


def roc_asah(i, e, tol):
    table = r_data("pROC", "aSAH")
    y = (table["outcome"] == "Poor").astype(float)
    found = diagnostics.auc(table["s100b"], y)
    assert_close([found.ci_low, found.estimate, found.ci_high], e["ci"], tol)
    for name in ("s100b", "wfns", "ndka"):
        assert_close(diagnostics.auc(table[name], y).estimate, e[f"auc_{name}"], tol)
    for other in ("wfns", "ndka"):
        found = diagnostics.auc_difference(table["s100b"], table[other], y)
        assert_close([found.statistic, found.p_value], e[f"delong_s100b_{other}"], tol)


def logistic_interaction(i, e, tol):
    columns = [ONE, D["arm"], D["mpos"], D["arm"] * D["mpos"]]
    full, null = (logistic_fit(np.column_stack(columns[:k]), D["y"]) for k in (4, 3))
    assert_close(full.coefficients, e["coef"], tol)
    assert_close(full.std_error, e["se"], tol)
    assert_close(-2 * full.log_likelihood, e["dev"], tol)
    test = likelihood_ratio(full, null)
    assert_close([test.statistic, test.p_value], [e["lrt"], e["lrt_p"]], tol)


def calibration(i, e, tol):
    fit, p = glm(D["marker"])
    assert_close(fit.coefficients, list(e["shifted"]["glm_coef"].values()), tol)
    shifted = expit(1.6 * logit(p) + 0.3)
    names = {
        "C (ROC)": "auc", "R2": "r_squared", "D": "discrimination", "D:Chi-sq": "discrimination_chi2",
        "U": "unreliability", "U:Chi-sq": "unreliability_chi2", "U:p": "unreliability_p", "Q": "quality",
        "Brier": "brier", "Intercept": "intercept", "Slope": "slope", "Emax": "e_max", "E90": "e_90", "Eavg": "e_mean",
        "S:z": "spiegelhalter_z", "S:p": "spiegelhalter_p",
    }  # fmt: skip
    for prediction, expected in ((p, e["own"]), (shifted, e["shifted"]["vp"])):
        found = diagnostics.calibration(prediction, D["y"])
        for name, attribute in names.items():
            assert_close(getattr(found, attribute), expected[name], tol, name)
        assert_close(2 * found.auc - 1, expected["Dxy"], tol)
    assert_close(diagnostics.calibration_in_the_large(shifted, D["y"])[0], e["shifted"]["citl"], tol)


def nri_idi(i, e, tol):
    _, old = glm(D["marker"])
    fit, new = glm(D["marker"], D["marker2"])
    assert_close(fit.coefficients, list(e["coef2"].values()), tol)
    found = diagnostics.reclassification(old, new, D["y"])
    got = [found.nri, found.nri_z, found.nri_events, found.nri_non_events, found.idi, found.idi_z]
    assert_close(got, [e[name] for name in ("nri", "z.nri", "nri_ev", "nri_ne", "idi", "z.idi")], tol)


def decision_curve(i, e, tol):
    _, p = glm(D["marker"])
    found = diagnostics.decision_curve(p, D["y"], thresholds=e["thresholds"])
    assert_close(found.net_benefit, e["nb_model"], tol)
    assert_close(found.treat_all, e["nb_all"], tol)
    assert_close(found.prevalence, e["prev"], tol)


def decision_curve_counts(i, e, tol):
    t, n = np.array(i["thresholds"]), i["n"]
    assert_close(diagnostics.net_benefit(i["tp"], i["fp"], n=n, threshold=t), e["nb_model"], tol)
    everybody = diagnostics.net_benefit(i["events"], n - i["events"], n=n, threshold=t)
    assert_close(everybody, e["nb_all"], tol)
    assert_close(diagnostics.net_benefit_at_prevalence(1, 0, prevalence=i["prev"], threshold=t), e["nb_all"], tol)
    at = e["published_025"]
    assert_close([everybody[3], 0, diagnostics.net_benefit(i["tp"], i["fp"], n=n, threshold=t)[3]],
                 [at["all"], at["none"], at["model"]], tol)  # fmt: skip
    zero = e["famhistory_at_0"]
    assert_close(diagnostics.net_benefit(zero["tp"], zero["fp"], n=n, threshold=0), zero["model"], tol)


def decision_curve_survival(i, e, tol):
    for year, got in (("1yr", "nb_1yr"), ("15", "nb_15")):
        q, r = i["p_pos"], i[f"risk_pos_{year}"]
        assert_close(diagnostics.net_benefit_of_risk(q, r, threshold=i["threshold"]), e[got], tol)
        everybody = diagnostics.net_benefit_of_risk(1, i[f"risk_all_{year}"], threshold=i["threshold"])
        assert_close(everybody, e[f"all_{year}"], tol)
    known = diagnostics.net_benefit_at_prevalence(1, 0, prevalence=0.15, threshold=i["threshold"])
    assert_close(known, e["case_control_prev15"]["all"], tol)


def lung(i, e, tol):
    from lifelines.datasets import load_lung

    table = load_lung()
    t, d, sex = (table[name].to_numpy(float) for name in ("time", "status", "sex"))
    found = diagnostics.log_rank(t, d, sex)
    assert_close(found.observed, e["logrank"]["obs"], tol)
    assert_close(found.expected, e["logrank"]["exp"], tol)
    assert_close(found.statistic, e["logrank"]["chisq"], tol)
    for row, k in zip(e["km_rows_by_sex_records_events_median_LCL_UCL"], (1, 2), strict=True):
        here = sex == k
        curve = kaplan_meier(t[here], d[here], limits="log")
        assert_close([here.sum(), d[here].sum(), *diagnostics.survival_quantile(curve)], row, tol)
    complete = table.dropna(subset=["age", "sex", "ph.ecog"])
    x = complete[["age", "sex", "ph.ecog"]].to_numpy(float)
    t, d = complete["time"].to_numpy(float), complete["status"].to_numpy(float)
    fit, cox = cox_fit(x, t, d), e["cox"]
    assert (fit.n, fit.n_events) == (cox["n"], cox["events"])
    assert_close(fit.coefficients, cox["coef"], tol)
    assert_close(fit.std_error, cox["se"], tol)
    assert_close(np.exp(fit.coefficients), cox["hr"], tol)
    assert_close([fit.log_likelihood_null, fit.log_likelihood], cox["loglik"], tol)
    c = diagnostics.concordance_interval(-(x @ fit.coefficients), known_order(t, d))
    assert_close([c.estimate, c.std_error], cox["conc"], tol)


HANDLERS = {
    "PROG-LOGRANK": log_rank,
    "PROG-KM": kaplan_meier_by_arm,
    "PROG-MAXSTAT-DLBCL": maxstat_dlbcl,
    "PROG-TDAUC": time_dependent,
    "PROG-ROC": roc,
    "PROG-ROC-ASAH": roc_asah,
    "PROG-LOGIT-INT": logistic_interaction,
    "PROG-CALIB": calibration,
    "PROG-NRI-IDI": nri_idi,
    "PROG-DCA-SYNTH": decision_curve,
    "PROG-DCA-DCURVES": decision_curve_counts,
    "PROG-DCA-SURV": decision_curve_survival,
    "PROG-LUNG": lung,
}
CASES = cases("5-prognostic-predictive")


@pytest.mark.parametrize("name", CASES)
def test_published_case(name):
    case = CASES[name]
    HANDLERS[case["id"]](case["inputs"], case["expected"], case["tolerance"])
