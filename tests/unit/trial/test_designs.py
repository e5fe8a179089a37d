"""Biomarker designs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import expit, ndtri
from scipy.stats import binom, multivariate_normal, norm

from biomarker import trial
from biomarker.errors import ConfigError
from biomarker.trial.normal import bivariate_normal_cdf

MEANS = trial.MeansEffect(0.5, 0.1, 1.0, prognostic=0.2)
RATES = trial.RatesEffect(0.55, 0.35, 0.3, 0.28)
SURVIVAL = trial.SurvivalEffect(0.5, 0.9, 0.08, 24, 12, prognostic=1.3, dropout=0.01)
ASSAY = trial.Assay(0.9, 0.85, failure=0.1)
ANALYTIC = [name for name, method in trial.DESIGNS.items() if not method.simulated]


def setting(effect=MEANS, **changed):
    return trial.Setting(**({"prevalence": 0.35, "effect": effect, "assay": ASSAY, "consent": 0.8} | changed))


# --- what all designs share -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [MEANS, RATES, SURVIVAL], ids=["means", "rates", "survival"])
@pytest.mark.parametrize("name", ANALYTIC)
def test_the_size_has_the_power_it_was_made_for(name, effect):
    found = trial.DESIGNS[name].evaluate(setting(effect, ratio=1.5), power=0.85)
    again = trial.DESIGNS[name].evaluate(setting(effect, ratio=1.5), n=found.n_randomised)
    assert_allclose(again.power[again.primary], 0.85, rtol=1e-8)
    assert found.design == name


@pytest.mark.parametrize("name", ANALYTIC)
@given(n=st.floats(50, 2000), gain=st.floats(0.0, 0.5), ratio=st.floats(0.5, 2))
@settings(max_examples=15)
def test_power_rises_with_n_and_with_the_effect(name, n, gain, ratio):
    def power(n, more):
        found = trial.DESIGNS[name].evaluate(
            setting(trial.MeansEffect(0.1 + gain + more, 0.1 * gain + more, 1.0), ratio=ratio), n=n
        )
        return found.power[found.primary]

    assert power(1.3 * n, 0.0) >= power(n, 0.0) - 1e-9
    assert power(n, 0.1) >= power(n, 0.0) - 1e-9


@pytest.mark.parametrize("name", ANALYTIC)
def test_where_nothing_works_success_has_at_most_probability_alpha(name):
    found = trial.DESIGNS[name].evaluate(setting(trial.MeansEffect(0.0, 0.0, 1.0)), n=400)
    assert max(found.power.values()) <= 0.025 + 1e-9


def test_screening_is_counted_through_consent_failure_and_the_test():
    s = setting(screening_rate=20.0)
    enriched = trial.enrichment(s, n=100)
    positive = 0.35 * 0.9 + 0.65 * 0.15
    assert_allclose(enriched.n_screened, 100 / (positive * 0.9 * 0.8))
    assert_allclose(enriched.n_tested, 100 / (positive * 0.9))
    assert_allclose(enriched.duration, enriched.n_screened / 20)
    assert_allclose(trial.all_comers(s, n=100).n_screened, 125)
    assert trial.all_comers(s, n=100).n_tested == 0
    stratified = trial.stratified(s, n=100)
    assert_allclose([stratified.n_positive, stratified.n_negative], [100 * positive, 100 * (1 - positive)])
    assert_allclose(stratified.n_screened, 100 / (0.9 * 0.8))
    assert_allclose(trial.enrichment(setting(SURVIVAL, screening_rate=20.0), n=100).duration, enriched.duration + 12)


@pytest.mark.parametrize("name", ANALYTIC)
def test_a_size_is_found_at_a_screening_rate_however_long_the_search_makes_accrual(name):
    found = trial.DESIGNS[name].evaluate(setting(SURVIVAL, screening_rate=30.0), power=0.8)
    assert_allclose(found.power[found.primary], 0.8, rtol=1e-8)


def test_a_screening_rate_sets_how_long_survival_subjects_accrue():
    found = trial.enrichment(setting(SURVIVAL, screening_rate=20.0), power=0.9)
    lasting = trial.SurvivalEffect(0.5, 0.9, 0.08, found.n_screened / 20, 12, prognostic=1.3, dropout=0.01)
    again = trial.enrichment(setting(lasting), power=0.9)
    assert_allclose([again.n_randomised, again.events], [found.n_randomised, found.events], rtol=1e-8)
    assert_allclose(found.duration, found.n_screened / 20 + 12)


@pytest.mark.parametrize("effect", [MEANS, RATES, SURVIVAL], ids=["means", "rates", "survival"])
def test_enrichment_is_all_comers_where_nearly_everybody_is_positive_and_the_assay_perfect(effect):
    s = trial.Setting(1 - 1e-12, effect)
    one, other = trial.enrichment(s, power=0.9), trial.all_comers(s, power=0.9)
    for name in ("n_randomised", "n_screened", "events"):
        assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9)


def test_looks_enlarge_the_maximum_and_not_the_expected_size():
    looks = trial.group_sequential(information=3, efficacy=trial.OBrienFleming())
    one = trial.enrichment(setting(), power=0.9)
    three = trial.enrichment(setting(), power=0.9, looks=looks)
    assert_allclose(three.n_randomised / one.n_randomised, looks.inflation_factor, rtol=1e-6)


def test_the_published_efficiency_is_the_ratio_of_sizes_where_variances_are_equal():
    # a large standard deviation makes the variance of the mixture negligible, as the published formula takes it to be
    s = setting(trial.MeansEffect(1.0, 0.25, 100.0), prevalence=0.25)
    published = trial.enrichment_efficiency(1.0, 0.25, prevalence=0.25, assay=ASSAY)
    enriched, everybody = trial.enrichment(s, power=0.9), trial.all_comers(s, power=0.9)
    assert_allclose(everybody.n_randomised / enriched.n_randomised, published.randomised_ratio, rtol=1e-3)
    assert_allclose(everybody.n_randomised / enriched.n_tested, published.screened_ratio, rtol=1e-3)


# --- against subjects simulated one by one ----------------------------------------------------------------------------


def simulated_means(s, n, trials, seed):
    """Statistics of the positive, of the negative, and of all unstratified, from subjects with their true marker."""
    rng = np.random.default_rng(seed)
    e = s.effect
    share = s.ratio / (1 + s.ratio)
    marker = rng.random((trials, n)) < s.prevalence
    test = np.where(
        marker, rng.random((trials, n)) < s.assay.sensitivity, rng.random((trials, n)) > s.assay.specificity
    )
    arm = rng.random((trials, n)) < share
    y = rng.normal(0, e.sd, (trials, n)) + e.prognostic * marker
    y += arm * np.where(marker, e.difference_positive, e.difference_negative)

    def z(group, contrast):
        treated, control = group & arm, group & ~arm
        means = [(y * part).sum(axis=1) / part.sum(axis=1) for part in (treated, control)]
        return (means[0] - means[1]) / np.sqrt(contrast.variance_null / group.sum(axis=1))

    everybody = np.ones_like(arm)
    return z(test, s.test_positive()), z(~test, s.test_negative()), z(everybody, s.all())


def test_powers_of_the_analytic_designs_are_those_of_simulated_subjects():
    s = setting(trial.MeansEffect(0.6, 0.1, 1.0, prognostic=0.4), assay=trial.Assay(0.85, 0.9))
    n, trials = 160, 20_000
    plus, minus, everybody = simulated_means(s, n, trials, 12)
    c = norm.isf(0.025)
    a = s.positive / s.test_positive().variance_null
    f = a / (a + (1 - s.positive) / s.test_negative().variance_null)
    whole = np.sqrt(f) * plus + np.sqrt(1 - f) * minus
    fallback = trial.fallback(s, n=n)
    stratified = trial.stratified(s, n=n)
    first, second = (float(-ndtri(fallback.alpha[name])) for name in ("overall", "positive"))
    pairs = {
        "all-comers": (trial.all_comers(s, n=n).power["overall"], everybody >= c),
        "enrichment": (trial.enrichment(s, n=n * s.positive).power["positive"], plus >= c),
        "fallback any": (fallback.power["any"], (whole >= first) | (plus >= second)),
        "fallback overall": (fallback.power["overall"], whole >= first),
        "positive then overall": (stratified.power["overall"], (plus >= c) & (whole >= c)),
        "positive then negative": (
            trial.stratified(s, n=n, analysis="positive-then-negative").power["negative"],
            (plus >= c) & (minus >= c),
        ),
        "interaction": (
            trial.stratified(s, n=n, analysis="interaction").power["interaction"],
            interaction(s, n, plus, minus) >= c,
        ),
    }
    for name, (power, success) in pairs.items():
        # group sizes vary from study to study, which costs a little power: a thousandth more than Monte-Carlo error
        assert abs(power - success.mean()) < 3 * np.sqrt(power * (1 - power) / trials) + 1e-3, name


def interaction(s, n, plus, minus):
    errors = [
        np.sqrt(c.variance / (n * q)) for c, q in ((s.test_positive(), s.positive), (s.test_negative(), 1 - s.positive))
    ]
    return (plus * errors[0] - minus * errors[1]) / np.hypot(*errors)


def test_the_signature_s_power_is_that_of_simulated_statistics():
    s = setting(trial.MeansEffect(0.6, 0.0, 1.0), assay=trial.Assay(0.8, 0.9))
    trials, n = 40_000, 300
    halves = [simulated_means(s, n // 2, trials // 4, seed)[:2] for seed in range(8)]
    learn, validate = (np.concatenate([np.stack(h) for h in part], axis=1) for part in (halves[:4], halves[4:]))
    a = s.positive / s.test_positive().variance_null
    f = a / (a + (1 - s.positive) / s.test_negative().variance_null)
    whole = [np.sqrt(f) * part[0] + np.sqrt(1 - f) * part[1] for part in (learn, validate)]
    overall = (whole[0] + whole[1]) / np.sqrt(2)
    found = trial.adaptive_signature(s, n=n)
    success = (overall >= norm.isf(0.02)) | (validate[0] >= norm.isf(0.005))
    assert abs(found.power["any"] - success.mean()) < 3 * np.sqrt(0.25 / trials) + 1e-3


@pytest.mark.parametrize("against", ["control", "treatment"])
def test_the_strategy_s_effect_and_variance_are_those_of_simulated_subjects(against):
    rng = np.random.default_rng(3)
    n = 400_000
    for effect in (MEANS, RATES):
        s = setting(effect)
        contrast = s.effect.strategy(0.9 * 0.9, 0.9 * 0.15, 0.35, against)
        marker = rng.random(n) < 0.35
        positive = np.where(marker, rng.random(n) < 0.9, rng.random(n) < 0.15) & (rng.random(n) < 0.9)
        outcome = []
        for treated in (positive, np.full(n, against == "treatment")):
            if effect is MEANS:
                mean = 0.2 * marker + treated * np.where(marker, 0.5, 0.1)
                outcome.append(rng.normal(mean, 1.0))
            else:
                rate = np.where(treated, np.where(marker, 0.55, 0.35), np.where(marker, 0.3, 0.28))
                outcome.append((rng.random(n) < rate).astype(float))
        error = np.sqrt((outcome[0].var() + outcome[1].var()) / n)
        assert abs(outcome[0].mean() - outcome[1].mean() - contrast.effect) < 3.5 * error
        assert_allclose(2 * (outcome[0].var() + outcome[1].var()), contrast.variance, rtol=0.02)


def test_a_strategy_that_treats_everybody_is_the_all_comers_study():
    s = trial.Setting(0.5, SURVIVAL)
    contrast = s.effect.strategy(1.0, 1.0, 0.5, "control")
    assert_allclose([contrast.effect, contrast.variance], [s.all().effect, s.all().variance])


@pytest.mark.parametrize("accrual", [0.1, 24.0, 5000.0])
def test_log_rank_expectations_count_the_events_of_the_integral(accrual):
    effect = trial.SurvivalEffect(0.5, 1.2, trial.Hazard([0.1, 0.05], [4.0]), accrual, 6, prognostic=1.5, dropout=0.02)
    first_order = trial.SurvivalEffect(
        0.5, 1.2, trial.Hazard([0.1, 0.05], [4.0]), accrual, 6, prognostic=1.5, dropout=0.02, mixture="events"
    )
    assert_allclose(effect.contrast(0.3, 2.0).events, first_order.contrast(0.3, 2.0).events, rtol=1e-9)


def test_log_rank_expectations_near_schoenfelds_as_the_effect_gets_small():
    for hr in (0.999, 1.001):
        found = trial.SurvivalEffect(hr, hr, 0.1, 12, 12).contrast(0.4, 2.0)
        assert_allclose(found.effect, -np.log(hr), rtol=1e-3)
        assert_allclose(found.variance, 1 / (2 / 9 * found.events), rtol=1e-3)


# --- closed testing ---------------------------------------------------------------------------------------------------


@given(h=st.floats(-4, 4), k=st.floats(-4, 4), r=st.floats(-0.99, 0.99))
@settings(max_examples=40)
def test_the_bivariate_normal_law_is_scipys(h, k, r):
    assert_allclose(
        bivariate_normal_cdf(h, k, r), multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([h, k]), atol=1e-10
    )


@pytest.mark.parametrize("method", ["spiessens-debois", "simes", "sidak", "bonferroni"])
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_intersection_tests_keep_their_level(method, fraction):
    rng = np.random.default_rng(5)
    subset, rest = rng.normal(size=(2, 150_000))
    full = np.sqrt(fraction) * subset + np.sqrt(1 - fraction) * rest
    p = trial.intersection_p_value(norm.sf(full), norm.sf(subset), method=method, fraction=fraction)
    rate, error = np.mean(p <= 0.025), np.sqrt(0.025 * 0.975 / len(p))
    assert rate <= 0.025 + 3 * error
    if method == "spiessens-debois":
        assert rate >= 0.025 - 3 * error


@given(p=st.floats(1e-6, 0.5), q=st.floats(1e-6, 0.5), f=st.floats(0.05, 0.95))
@settings(max_examples=30)
def test_the_exact_intersection_test_lies_between_the_single_tests_and_bonferroni(p, q, f):
    exact = float(trial.intersection_p_value(p, q, fraction=f))
    bonferroni = float(trial.intersection_p_value(p, q, method="bonferroni"))
    assert min(p, q) - 1e-12 <= exact <= bonferroni + 1e-12


@given(f=st.floats(0.02, 0.98), first=st.floats(0.001, 0.024))
@settings(max_examples=30)
def test_the_subset_s_level_spends_exactly_alpha_and_more_than_bonferroni(f, first):
    second = trial.subset_alpha(0.025, alpha_overall=first, fraction=f)
    z = norm.isf([first, second])
    joint = multivariate_normal([0, 0], [[1, np.sqrt(f)], [np.sqrt(f), 1]]).cdf(z)
    assert_allclose(1 - joint, 0.025, rtol=1e-6)
    assert second >= 0.025 - first - 1e-12


def test_a_closed_test_without_a_look_between_is_the_two_single_tests_and_their_intersection():
    design = trial.group_sequential(information=1)
    test = trial.closed_combination_test([0.01], [0.2], design=design, fraction=[0.4])
    assert test.rejected["full"][0]
    assert not test.rejected["subset"][0]
    nothing = trial.closed_combination_test([0.02], [0.2], design=design, method="bonferroni")
    assert not nothing.rejected["full"][0]


# rules of selection that look for whatever seems best
RULES = [
    {"enrich_below": 0.0},
    {"enrich_below": 1.0, "stop_below": 0.0},
    {"enrich_below": 5.0},
    {"enrich_below": -np.inf},
]
TRUTHS = {
    "nothing works": (trial.MeansEffect(0.0, 0.0, 1.0), "any"),
    "the average is nothing": (trial.MeansEffect(0.4, -0.4 * 0.35 / 0.65, 1.0), "overall"),
    "only the negative benefit": (trial.MeansEffect(0.0, 0.4, 1.0), "positive"),
}


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("method", ["spiessens-debois", "simes"])
def test_adaptive_enrichment_keeps_the_type_one_error(truth, rule, method):
    effect, hypothesis = TRUTHS[truth]
    found = trial.adaptive_enrichment(
        setting(effect, assay=trial.Assay()),
        n=400,
        rng=np.random.default_rng(21),
        intersection=method,
        trials=200_000,
        interim=0.4,
        **rule,
    )
    assert found.power[hypothesis] <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 200_000)


def test_adaptive_enrichment_enriches_where_only_the_positive_benefit():
    only = setting(trial.MeansEffect(0.5, 0.0, 1.0))
    rng = np.random.default_rng(2)
    adaptive = trial.adaptive_enrichment(only, n=300, rng=rng, enrich_below=0.5)
    fixed = trial.adaptive_enrichment(only, n=300, rng=rng, enrich_below=-np.inf)
    assert adaptive.decisions["enriched"] > 0.5
    assert adaptive.power["positive"] > fixed.power["positive"] + 0.05
    assert adaptive.n_screened > fixed.n_screened
    again = trial.adaptive_enrichment(only, n=300, rng=np.random.default_rng(2), enrich_below=0.5)
    assert again.power == adaptive.power


def test_without_enrichment_or_stop_the_adaptive_design_is_the_closed_test_of_one_stage():
    s = setting(assay=trial.Assay())
    found = trial.adaptive_enrichment(s, n=300, rng=np.random.default_rng(4), enrich_below=-np.inf, trials=200_000)
    # in one stage: the closed test by Spiessens-Debois rejects something where the larger statistic passes
    f = trial.fallback(s, n=300, alpha_overall=0.012)
    assert abs(found.power["any"] - f.power["any"]) < 0.02


# --- platform and basket ----------------------------------------------------------------------------------------------


def test_critical_values_are_dunnetts():
    # Dunnett 1955, table 1a: one-sided 0.05, infinite degrees of freedom
    found = [trial.dunnett_critical(k, alpha=0.05) for k in (1, 2, 3, 4, 5)]
    assert_allclose(found, [1.64, 1.92, 2.06, 2.16, 2.23], atol=0.0051)


def test_the_platform_s_family_wise_error_is_that_of_the_multivariate_law():
    for multiplicity, limit in (("dunnett", 0.025), ("bonferroni", 0.025), ("none", 0.075)):
        found = trial.platform(setting(), n=600, arms=3, multiplicity=multiplicity)
        rho = (1 / np.sqrt(3)) / (1 + 1 / np.sqrt(3))
        covariance = np.full((3, 3), rho) + (1 - rho) * np.eye(3)
        c = np.full(3, norm.isf(found.alpha["arm"]))
        joint = multivariate_normal(np.zeros(3), covariance).cdf(c, rng=0)
        assert_allclose(found.decisions["family-wise error"], 1 - joint, atol=2e-4)
        assert found.decisions["family-wise error"] <= limit + 1e-9


def test_a_shared_control_saves_subjects():
    s = setting()
    shared = trial.platform(s, power=0.9, arms=4).n_randomised
    assert shared < 4 * trial.all_comers(s, power=0.9).n_randomised


@pytest.mark.parametrize("borrowing", ["hierarchical", "none"])
def test_the_basket_posterior_is_that_of_a_large_sample_from_the_prior(borrowing):
    rng = np.random.default_rng(9)
    draws, x, n, null = 2_000_000, np.array([6, 3, 1]), np.array([15, 12, 10]), 0.2
    mu = rng.normal(np.log(0.2 / 0.8), 2.0, draws)
    if borrowing == "none":
        mu = rng.normal(np.log(0.2 / 0.8), 2.0, (3, draws))
        tau = np.ones(draws)
    else:
        tau = np.abs(rng.normal(0, 1.0, draws))
    p = expit(mu + tau * rng.normal(size=(3, draws)))
    likelihood = binom.pmf(x[:, None], n[:, None], p)
    if borrowing == "none":
        expected = (likelihood * (p > null)).sum(axis=1) / likelihood.sum(axis=1)
    else:
        weight = likelihood.prod(axis=0)
        expected = ((p > null) * weight).sum(axis=1) / weight.sum()
    assert_allclose(trial.basket_posterior(x, n, null=null, borrowing=borrowing), expected, atol=0.004)


def test_borrowing_draws_baskets_together_and_its_price_is_shown():
    settings_ = {"n": 20, "null": 0.15, "alternative": 0.4, "active": 3, "baskets": 4, "trials": 40_000}
    alone = trial.basket(**settings_, rng=np.random.default_rng(1), borrowing="none")
    shared = trial.basket(**settings_, rng=np.random.default_rng(1))
    error = 3 * np.sqrt(0.05 * 0.95 / 40_000)
    for found in (alone, shared):
        assert found.decisions["error, nothing active"] <= 0.05 + error
    assert shared.power["active basket"] > alone.power["active basket"]
    assert shared.decisions["error beside active baskets"] > 0.05 + error
    assert alone.decisions["error beside active baskets"] <= 0.05 + error


# --- what cannot be ---------------------------------------------------------------------------------------------------

LOOKS = trial.group_sequential(information=2)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("prevalence", lambda: setting(prevalence=0.0)),
        ("prevalence", lambda: setting(prevalence=1.0)),
        ("consent", lambda: setting(consent=0.0)),
        ("ratio", lambda: setting(ratio=-1.0)),
        ("screening_rate", lambda: setting(screening_rate=0.0)),
        ("sensitivity", lambda: trial.Assay(0.0)),
        ("specificity", lambda: trial.Assay(0.9, 1.2)),
        ("failure", lambda: trial.Assay(failure=1.0)),
        (r"sensitivity \+ specificity", lambda: trial.Assay(0.5, 0.5)),
        ("sd", lambda: trial.MeansEffect(1, 0, 0)),
        ("better", lambda: trial.MeansEffect(1, 0, 1, better="more")),
        ("rate_positive", lambda: trial.RatesEffect(1.0, 0.5, 0.5, 0.5)),
        ("method", lambda: trial.RatesEffect(0.6, 0.5, 0.5, 0.5, method="exact")),
        ("hazard_ratio_positive", lambda: trial.SurvivalEffect(0.0, 1.0, 0.1, 12, 12)),
        ("hazard_control", lambda: trial.SurvivalEffect(0.5, 1.0, 0.0, 12, 12)),
        ("mixture", lambda: trial.SurvivalEffect(0.5, 1.0, 0.1, 12, 12, mixture="none")),
        ("n, power", lambda: trial.enrichment(setting())),
        ("n, power", lambda: trial.enrichment(setting(), n=100, power=0.8)),
        ("n", lambda: trial.enrichment(setting(), n=2)),
        ("power", lambda: trial.enrichment(setting(), power=0.02)),
        ("alpha", lambda: trial.enrichment(setting(), n=100, alpha=0.0)),
        ("analysis", lambda: trial.stratified(setting(), n=100, analysis="all")),
        ("alpha_positive", lambda: trial.stratified(setting(), n=100, analysis="separate", alpha_positive=0.03)),
        ("alpha_overall", lambda: trial.fallback(setting(), n=100, alpha_overall=0.025)),
        ("validation", lambda: trial.adaptive_signature(setting(), n=100, validation=1.0)),
        ("against", lambda: trial.biomarker_strategy(setting(), n=100, against="placebo")),
        ("interim", lambda: trial.adaptive_enrichment(setting(), n=100, rng=np.random.default_rng(), interim=1.0)),
        ("trials", lambda: trial.adaptive_enrichment(setting(), n=100, rng=np.random.default_rng(), trials=3)),
        ("active", lambda: trial.platform(setting(), n=100, arms=2, active=3)),
        ("multiplicity", lambda: trial.platform(setting(), n=100, multiplicity="holm")),
        ("alternative", lambda: trial.basket(n=9, null=0.3, alternative=0.2, rng=np.random.default_rng())),
        ("n", lambda: trial.basket(n=[9, 9], null=0.1, alternative=0.2, rng=np.random.default_rng())),
        ("responses", lambda: trial.basket_posterior([12], [10], null=0.1)),
        ("fraction", lambda: trial.intersection_p_value(0.1, 0.1)),
        ("method", lambda: trial.intersection_p_value(0.1, 0.1, method="holm")),
        ("p_full, p_subset", lambda: trial.intersection_p_value(1.1, 0.1, method="sidak")),
        ("p_full, p_subset", lambda: trial.closed_combination_test([0.1] * 3, [0.1] * 3, design=LOOKS)),
        ("p_full", lambda: trial.closed_combination_test([np.nan, 0.1], [0.1, 0.1], design=LOOKS, fraction=0.5)),
        ("effect_positive", lambda: trial.enrichment_efficiency(1.0, -1.0, prevalence=0.5)),
    ],
)
def test_an_impossible_setting_is_refused_by_its_name(name, call):
    with pytest.raises(ConfigError, match=f"^{name} is .*allowed: "):
        call()


def test_a_power_without_an_effect_is_said_to_be_out_of_reach():
    with pytest.raises(ConfigError, match=r"^power of 0.8 is not reached") as refused:
        trial.enrichment(setting(trial.MeansEffect(-0.1, 0.3, 1.0), assay=trial.Assay()), power=0.8)
    assert "wrong direction" in refused.value.hint
