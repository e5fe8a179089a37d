"""The search for the study to run: against brute force, closed forms and simulation."""

import time
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.special import expit, logit
from scipy.stats import norm

from biomarker import trial
from biomarker.errors import ConfigError
from biomarker.trial.planning.uncertainty import gains, shifted
from biomarker.trial.planning.worth import CLAIMS, Option

MEANS = trial.MeansEffect(0.5, 0.1, 1.0)
RATES = trial.RatesEffect(0.55, 0.35, 0.3, 0.28)
SURVIVAL = trial.SurvivalEffect(0.5, 0.85, 0.08, 24, 12)
ASSAY = trial.Assay(0.9, 0.85, failure=0.1)
SETTING = trial.Setting(0.35, MEANS, ASSAY, consent=0.8, screening_rate=30.0)
COSTS = trial.Costs(fixed=1.0, screened=0.0005, tested=0.001, randomised=0.02, time=0.05, look=0.1)
WORTH = trial.Worth(value=0.05, patients=100.0, horizon=96.0, treatment=0.004, test=0.0005)
UNSURE = trial.EffectUncertainty(0.2, 0.1, 0.3)
DESIGNS = ("all-comers", "enrichment", "stratified", "fallback", "biomarker-strategy")
LOOKS = trial.group_sequential(information=[0.5, 0.75, 1.0], futility=trial.HwangShihDeCani(-4))


# --- assurance --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sd", [0.0, 0.05, 0.2, 0.4])
@pytest.mark.parametrize("n", [50, 170])
def test_assurance_of_a_mean_is_the_closed_form(sd, n):
    setting = replace(SETTING, assay=trial.Assay())
    found = trial.assurance(setting, trial.EffectUncertainty(sd, 0.3), design="enrichment", n=n)
    root = np.sqrt(n / 4.0)
    exact = norm.cdf((0.5 * root - norm.isf(0.025)) / np.sqrt(1 + (sd * root) ** 2))
    assert_allclose(found.assurance["positive"], exact, atol=0.002 if sd * root > 2 else 1e-5)
    assert_allclose(found.power["positive"], norm.cdf(0.5 * root - norm.isf(0.025)))


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 1.0])
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("effect", [MEANS, RATES, SURVIVAL], ids=["means", "rates", "survival"])
def test_assurance_is_the_power_averaged_over_draws_of_the_effects(effect, design, correlation):
    rng = np.random.default_rng(3)
    setting = trial.Setting(0.35, effect, ASSAY)
    unsure = trial.EffectUncertainty(0.3, 0.2, correlation)
    draws = rng.multivariate_normal([0, 0], [[0.09, 0.06 * correlation], [0.06 * correlation, 0.04]], size=400)
    powers = []
    for a, b in draws:
        if effect is MEANS:
            true = replace(effect, difference_positive=0.5 + a, difference_negative=0.1 + b)
        elif effect is RATES:
            true = replace(effect, rate_positive=expit(logit(0.55) + a), rate_negative=expit(logit(0.35) + b))
        else:
            true = replace(effect, hazard_ratio_positive=0.5 * np.exp(a), hazard_ratio_negative=0.85 * np.exp(b))
        result = trial.DESIGNS[design].evaluate(replace(setting, effect=true), n=400)
        powers.append(result.power[result.primary])
    found = trial.assurance(setting, unsure, design=design, n=400, nodes=12)
    assert abs(found.assurance[found.primary] - np.mean(powers)) < 3 * np.std(powers) / 20 + 1e-6


@pytest.mark.parametrize("design", DESIGNS)
def test_assurance_of_effects_that_are_known_is_the_power(design):
    found = trial.assurance(SETTING, trial.EffectUncertainty(0.0, 0.0), design=design, n=300)
    assert found.assurance == found.power


# --- Pareto front -----------------------------------------------------------------------------------------------------


# Designs about one marker whose power is a formula
COMPUTED = tuple(name for name in CLAIMS if name != "platform" and not trial.DESIGNS[name].simulated)


def beaten(i, losses):
    return any(
        all(a <= b for a, b in zip(other, losses[i], strict=True))
        and any(a < b for a, b in zip(other, losses[i], strict=True))
        for other in losses
    )


@given(arrays(float, st.tuples(st.integers(1, 25), st.integers(1, 4)), elements=st.integers(0, 4).map(float)))
def test_the_front_is_what_a_double_loop_leaves_unbeaten(losses):
    assert trial.pareto_front(losses).tolist() == [not beaten(i, losses.tolist()) for i in range(len(losses))]


def brute(setting, designs, cutoffs, ratios, sizes):
    """Every design, cut-off, ratio and size with its numbers, written out."""
    found = []
    for design, (p, se, sp), ratio in product(designs, cutoffs, ratios):
        at = replace(setting, prevalence=p, assay=trial.Assay(se, sp, 0.1), ratio=ratio)
        plus, minus = 0.5, 0.1
        tp, fp = p * se * 0.9, (1 - p) * (1 - sp) * 0.9
        everybody = 100 * (0.05 * (p * plus + (1 - p) * minus) - 0.004)
        some = 100 * (0.05 * (tp * plus + fp * minus) - 0.004 * (tp + fp) - 0.0005)
        for n in sizes:
            result = trial.DESIGNS[design].evaluate(at, n=float(n))
            power = result.power
            screened = {"all-comers": n, "biomarker-strategy": n, "enrichment": n / (tp + fp)}.get(design, n / 0.9)
            cost = 1 + 0.0005 * screened / 0.8 + 0.02 * n + 0.05 * screened / 0.8 / 30
            cost += 0.001 * screened * (design != "all-comers")
            if design == "all-comers":
                benefit = power["overall"] * everybody
            elif design in ("enrichment", "biomarker-strategy"):
                benefit = power[result.primary] * some
            else:
                once = power["positive"] if design == "stratified" else power["any"]
                benefit = power["overall"] * everybody + (once - power["overall"]) * some
            duration = screened / 0.8 / 30
            net = benefit * max(96 - duration, 0) - cost
            found.append(
                (
                    *(design, se if design != "all-comers" else 0.0, ratio, n),
                    *(duration, cost, screened / 0.8, power[result.primary], net),
                )
            )
    return found


CUTOFFS = [(0.35, 0.95, 0.6), (0.35, 0.8, 0.9)]
LIMITS = trial.Constraints(power=0.8, budget=22.0, time=40.0, patients=1100)


def plan(**changed):
    choices = {
        "costs": COSTS,
        "worth": WORTH,
        "constraints": LIMITS,
        "cutoffs": trial.CutOffs([1.0, 2.0], *np.transpose(CUTOFFS).tolist()),
        "ratios": (1.0, 2.0),
        "sizes": 8,
    }
    return trial.optimise(SETTING, **(choices | changed))


def test_the_front_is_that_of_brute_force_over_everything_tried():
    found = plan(designs=COMPUTED)
    key = {1.0: 0.95, 2.0: 0.8}
    tried = {(c.design, key.get(c.cutoff, 0.0), c.ratio, c.n) for c in found.candidates}
    sizes = sorted({c.n for c in found.candidates})
    rows = [row for row in brute(SETTING, COMPUTED, CUTOFFS, (1.0, 2.0), sizes) if row[:4] in tried]
    numbers = {row[:4]: row[4:] for row in rows}
    for c in found.candidates:
        duration, cost, patients, power, net = numbers[(c.design, key.get(c.cutoff, 0.0), c.ratio, c.n)]
        assert_allclose([c.duration, c.cost, c.patients, c.power], [duration, cost, patients, power], rtol=1e-12)
        if c.feasible:
            assert_allclose(c.net_benefit, net, rtol=1e-10)
    good = [k for k, v in numbers.items() if v[1] <= 22 and v[0] <= 40 and v[2] <= 1100 and v[3] >= 0.8]
    losses = [(*numbers[k][:3], -numbers[k][3], -numbers[k][4]) for k in good]
    expected = {k for i, k in enumerate(good) if not beaten(i, losses)}
    front = {(c.design, key.get(c.cutoff, 0.0), c.ratio, c.n) for c in found.front}
    assert front == expected
    assert found.recommended.net_benefit == pytest.approx(max(numbers[k][4] for k in good))
    assert {c.design for c in found.candidates} == set(COMPUTED)


def test_the_cheapest_study_is_the_cheapest_of_all_whole_sizes():
    found = plan(prefer="cost").recommended
    rows = [row for row in brute(SETTING, DESIGNS, CUTOFFS, (1.0,), range(80, 400)) if row[7] >= 0.8]
    best = min(rows, key=lambda row: row[5])
    assert (found.design, found.n, found.ratio) == (best[0], best[3], 1.0)


def test_a_fine_search_comes_within_a_thousandth_of_the_best_net_benefit_of_all_whole_sizes():
    found = plan(sizes=40, designs=("enrichment", "stratified"), ratios=(1.0,)).recommended
    rows = brute(SETTING, ("enrichment", "stratified"), CUTOFFS, (1.0,), range(80, 900))
    best = max(row[8] for row in rows if row[7] >= 0.8 and row[5] <= 22.0 and row[4] <= 40 and row[6] <= 1100)
    assert best * 0.999 <= found.net_benefit <= best + 1e-9


# --- properties -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [MEANS, RATES, SURVIVAL], ids=["means", "rates", "survival"])
def test_enrichment_is_all_comers_where_nearly_everybody_is_positive(effect):
    setting = trial.Setting(1 - 1e-9, effect, screening_rate=30.0)
    costs, worth = replace(COSTS, tested=0.0), replace(WORTH, test=0.0)
    one, other = (
        trial.optimise(setting, costs=costs, worth=worth, designs=(name,), looks=(None, LOOKS), sizes=2)
        for name in ("all-comers", "enrichment")
    )
    for a, b in zip(one.candidates, other.candidates, strict=True):
        assert a.n == b.n
        assert_allclose(
            [a.duration, a.cost, a.power, a.net_benefit], [b.duration, b.cost, b.power, b.net_benefit], rtol=1e-6
        )


def test_the_same_search_gives_the_same_plan():
    one, other = (plan(uncertainty=UNSURE, sizes=2, nodes=4, looks=(None, LOOKS)) for _ in range(2))
    assert one.reason == other.reason
    assert [c.net_benefit for c in one.front] == [c.net_benefit for c in other.front]


def test_net_benefit_averages_over_the_posterior_and_falls_to_the_point_where_it_is_sharp():
    point = plan(sizes=1).candidates
    sharp = plan(sizes=1, uncertainty=trial.EffectUncertainty(0.0, 0.0)).candidates
    assert_allclose([c.net_benefit for c in sharp], [c.net_benefit for c in point], rtol=1e-12)
    assert_allclose([c.assurance for c in sharp if c.feasible], [c.power for c in point if c.feasible], rtol=1e-12)
    # one mean: E[Phi(a d - c) (k d - r)] with d ~ N(m, s^2)
    setting = replace(SETTING, assay=trial.Assay())
    found = trial.optimise(
        setting, costs=COSTS, worth=WORTH, uncertainty=UNSURE, designs=("enrichment",), sizes=1, nodes=40
    ).recommended
    a, s, c = np.sqrt(found.n / 4.0), 0.2, norm.isf(0.025)
    h = (a * 0.5 - c) / np.sqrt(1 + (a * s) ** 2)
    chance = norm.cdf(h)
    slope = 0.5 * chance + s**2 * a / np.sqrt(1 + (a * s) ** 2) * norm.pdf(h)
    benefit = 100 * (0.05 * 0.35 * slope - (0.004 * 0.35 + 0.0005) * chance)
    assert_allclose(found.assurance, chance, atol=1e-5)
    assert_allclose(found.net_benefit, benefit * (96 - found.duration) - found.cost, rtol=1e-4)


def test_the_benefit_of_a_policy_is_that_of_simulated_patients():
    rng = np.random.default_rng(5)
    n = 1_000_000
    marker = rng.random(n) < 0.35
    positive = np.where(marker, rng.random(n) < 0.9, rng.random(n) < 0.15) & (rng.random(n) > 0.1)
    gain = np.where(marker, 0.25, 0.07)
    everybody, some = WORTH.rates(replace(SETTING, effect=RATES))
    each = np.where(positive, 0.05 * gain - 0.004, 0.0) - 0.0005
    assert gains(RATES) == pytest.approx((0.25, 0.07))
    assert abs(some / 100 - each.mean()) < 4 * each.std() / np.sqrt(n)
    assert_allclose(everybody / 100, 0.05 * (0.35 * 0.25 + 0.65 * 0.07) - 0.004)


def test_costs_and_duration_of_looks_are_those_of_simulated_studies():
    rng = np.random.default_rng(6)
    setting = replace(SETTING, assay=trial.Assay())
    study = trial.Study.plan(Option("enrichment", setting, np.nan, 0.025, LOOKS), COSTS, 180.0)
    found = study.under(worth=WORTH)
    steps = rng.normal(0.5 * np.sqrt(180 / 4) * np.array([0.5, 0.25, 0.25]), np.sqrt([0.5, 0.25, 0.25]), (200_000, 3))
    z = steps.cumsum(axis=1) / np.sqrt([0.5, 0.75, 1.0])
    out = (z[:, :2] >= LOOKS.upper[:2]) | (z[:, :2] < LOOKS.lower[:2])
    look = np.where(out[:, 0], 0, np.where(out[:, 1], 1, 2))
    share = np.array([0.5, 0.75, 1.0])[look]
    full = 180 / 0.35 / 0.8
    costs = 1 + share * (full * 0.0005 + 180 / 0.35 * 0.001 + 180 * 0.02) + 0.05 * full / 30 * share
    costs = costs + 0.1 * np.minimum(look + 1, 2)
    assert abs(found.cost - costs.mean()) < 4 * costs.std() / np.sqrt(200_000)
    assert abs(found.duration - (share * full / 30).mean()) < 4 * (share * full / 30).std() / np.sqrt(200_000)


def test_looks_at_survival_fall_when_the_simulated_events_are_there():
    rng = np.random.default_rng(7)
    setting = replace(SETTING, assay=trial.Assay(), effect=SURVIVAL)
    study = trial.Study.plan(Option("enrichment", setting, np.nan, 0.025, LOOKS), COSTS, 200.0)
    n = 400_000
    accrual = study.most.duration - 12
    entry = rng.uniform(0, accrual, n)
    event = rng.exponential(1 / (0.08 * np.where(np.arange(n) % 2, 0.5, 1.0)))
    seen = [np.mean(entry + event <= date) for date in study.dates]
    assert_allclose(np.array(seen) / seen[-1], LOOKS.information, atol=0.005)
    assert_allclose(study.enrolled, [np.mean(entry <= date) for date in study.dates], atol=0.005)


def test_cut_offs_of_two_normal_markers_are_those_of_simulated_subjects():
    rng = np.random.default_rng(8)
    found = trial.CutOffs.binormal([0.5, 1.5], prevalence=0.3, separation=2.0, spread=1.5)
    sick, well = rng.normal(2.0, 1.5, 400_000), rng.normal(0, 1, 400_000)
    for c, sensitivity, specificity in zip(found.value, found.sensitivity, found.specificity, strict=True):
        assert_allclose([np.mean(sick >= c), np.mean(well < c)], [sensitivity, specificity], atol=0.004)


# --- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "limits",
    [
        {"budget": 3.0},
        {"time": 10.0},
        {"patients": 300.0},
        {"budget": 6.0, "power": 0.97},
        {"budget": 3.0, "time": 9.0},
    ],
    ids=str,
)
def test_where_nothing_is_feasible_the_relaxed_limits_are_just_enough(limits):
    constraints = trial.Constraints(**limits)
    found = plan(constraints=constraints)
    assert found.recommended is None
    assert found.front == ()
    assert found.binding
    for name, value in found.relaxed.items():
        if np.isnan(value):
            continue
        loose, tight = (1 - 1e-7, 1.002) if name == "power" else (1 + 1e-7, 0.998)
        assert plan(constraints=replace(constraints, **{name: value * loose})).recommended is not None
        assert plan(constraints=replace(constraints, **{name: value * tight})).recommended is None
        assert f"{name} of" in found.reason


def test_the_constraint_that_binds_is_named_with_its_numbers():
    found = plan(constraints=trial.Constraints(patients=300.0))
    assert found.binding == ("power", "patients")
    assert "at most 300" in found.reason
    assert f"power {found.nearest.power:.4g} (at least 0.8)" in found.reason
    assert found.nearest.power == pytest.approx(found.relaxed["power"])


def test_a_design_that_cannot_reach_the_power_is_reported_and_the_others_are_searched():
    harm = replace(SETTING, effect=trial.MeansEffect(0.5, -0.4, 1.0))
    found = trial.optimise(harm, costs=COSTS, designs=("all-comers", "enrichment"))
    assert {c.design for c in found.candidates} == {"enrichment"}
    assert len(found.unreachable) == 1
    assert found.unreachable[0].startswith("all-comers")
    with pytest.raises(ConfigError, match="reached by none"):
        trial.optimise(harm, costs=COSTS, designs=("all-comers",))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: trial.Costs(tested=-1.0), "tested is -1.0; allowed: a number of at least 0"),
        (lambda: trial.Worth(0.0, 1, 1), "value is 0.0; allowed: a number above 0"),
        (lambda: trial.Worth(1.0, 1, np.nan), "horizon is nan"),
        (lambda: trial.Constraints(power=0.02), "power is 0.02; allowed: a number above 0.025 to below 1"),
        (lambda: trial.Constraints(alpha=0.6), "alpha is 0.6"),
        (lambda: trial.Constraints(budget=0.0), "budget is 0.0; allowed: a number above 0"),
        (lambda: trial.EffectUncertainty(-0.1, 0.1), "sd_positive is -0.1"),
        (lambda: trial.EffectUncertainty(0.1, 0.1, 1.5), "correlation is 1.5; allowed: a number from -1 to 1"),
        (lambda: trial.CutOffs([1], [1.0], [0.9], [0.9]), "prevalence is 1.0"),
        (lambda: trial.CutOffs([1, 2], [0.3], [0.9], [0.9]), "prevalence is .*; allowed: 2 finite numbers"),
        (lambda: trial.CutOffs([1], [0.3], [0.4], [0.5]), "sensitivity \\+ specificity"),
        (lambda: plan(designs=("other",)), "designs is 'other'; allowed: one of"),
        (lambda: plan(designs=("platform",)), "arms is 1; allowed: a whole number of at least 2"),
        (lambda: plan(ratios=(0.0,)), "ratios is 0.0"),
        (lambda: plan(ratios=()), "ratios is .*at least one"),
        (lambda: plan(sizes=0), "sizes is 0"),
        (lambda: plan(nodes=1), "nodes is 1"),
        (lambda: plan(nodes="many"), "nodes is 'many'; allowed: a whole number"),
        (lambda: plan(sizes=np.nan), "sizes is nan"),
        (lambda: trial.CutOffs(["low"], [0.3], [0.9], [0.9]), "value is .*low.*; allowed: 1 finite numbers"),
        (lambda: trial.Constraints(time="soon"), "time is 'soon'"),
        (lambda: plan(prefer="fame"), "prefer is 'fame'"),
        (lambda: plan(prefer="net_benefit", worth=None), "prefer is 'net_benefit'"),
        (lambda: plan(looks=(trial.group_sequential(information=2, alpha=0.05),)), "looks is .*alpha 0.025"),
        (lambda: trial.optimise(replace(SETTING, screening_rate=None), costs=COSTS), "screening_rate is None"),
        (lambda: trial.assurance(SETTING, UNSURE, design="basket", n=100), "design is 'basket'"),
        (lambda: trial.assurance(SETTING, UNSURE, design="enrichment", n=2), "n is 2"),
        (lambda: trial.pareto_front([1.0, 2.0]), "losses is"),
        (lambda: discover(sizes=[-1]), "sizes is -1"),
        (lambda: discover(uncertainty=trial.EffectUncertainty(0.0, 0.1)), "sd_positive is 0.0"),
        (lambda: discover(rate=0.0), "rate is 0.0"),
    ],
)
def test_an_impossible_argument_is_named_with_its_range(call, words):
    with pytest.raises(ConfigError, match=words):
        call()


# --- discovery first --------------------------------------------------------------------------------------------------


def discover(designs=("enrichment",), effect=MEANS, **changed):
    setting = replace(SETTING, assay=trial.Assay(), effect=effect)
    studies = [
        trial.Study.plan(Option(name, setting, np.nan, 0.025), COSTS, n)
        for name, n in zip(designs, (170.0, 400.0, 500.0), strict=False)
    ]
    choices = {"uncertainty": UNSURE, "worth": WORTH, "sizes": [50, 200, 1000]} | changed
    return trial.discovery_value(studies, choices.pop("uncertainty"), choices.pop("worth"), **choices)


def test_a_discovery_study_for_one_mean_has_the_value_of_conjugate_normal_beliefs():
    unsure = trial.EffectUncertainty(0.4, 0.1)
    worth = replace(WORTH, value=0.02)
    found = discover(uncertainty=unsure, worth=worth, cost=0.002, fixed=0.3, rate=40.0)
    a, c = np.sqrt(170 / 4), norm.isf(0.025)
    study = trial.Study.plan(Option("enrichment", replace(SETTING, assay=trial.Assay()), np.nan, 0.025), COSTS, 170.0)

    def net(m, s, left):
        root = np.sqrt(1 + (a * s) ** 2)
        h = (a * m - c) / root
        slope = m * norm.cdf(h) + s**2 * a / root * norm.pdf(h)
        rate = 100 * (0.02 * 0.35 * slope - (0.004 * 0.35 + 0.0005) * norm.cdf(h))
        return rate * (left - study.most.duration) - study.cost

    rng = np.random.default_rng(9)
    for n, value, sd, stop in zip(found.sizes, found.net_benefit, found.sd_positive, found.stop, strict=True):
        if n == 0:
            assert_allclose(value, max(net(0.5, 0.4, 96), 0.0), rtol=2e-3)
            continue
        # subjects are drawn: truth, estimate, beliefs, decision
        truth = rng.normal(0.5, 0.4, 200_000)
        seen = rng.normal(truth, np.sqrt(4 / (n * 0.35)))
        weight = 0.16 / (0.16 + 4 / (n * 0.35))
        after = np.sqrt(0.16 * (1 - weight))
        decided = net(0.5 + weight * (seen - 0.5), after, 96 - n / 40)
        worths = np.maximum(decided, 0.0)
        assert_allclose(sd, after)
        assert abs(value - (worths.mean() - 0.3 - 0.002 * n)) < 4 * worths.std() / np.sqrt(200_000) + 0.01
        assert abs(stop - np.mean(decided <= 0)) < 0.01


@pytest.mark.parametrize("effect", [MEANS, RATES], ids=["means", "rates"])
def test_without_cost_and_delay_more_data_never_harm_and_never_exceed_knowing_all(effect):
    found = discover(("enrichment", "all-comers", "stratified"), effect=effect, sizes=[20, 100, 500, 100_000_000])
    assert np.all(np.diff(found.net_benefit) >= -1e-3 * abs(found.net_benefit[-1]))
    assert_allclose(found.chosen.sum(axis=1) + found.stop, 1.0)
    rng = np.random.default_rng(10)
    setting = replace(SETTING, assay=trial.Assay(), effect=effect)
    draws = rng.multivariate_normal([0, 0], [[0.04, 0.006], [0.006, 0.01]], size=2000)
    best = []
    for a, b in draws:
        at = [
            trial.Study.plan(Option(name, setting, np.nan, 0.025), COSTS, n).under(shifted(effect, a, b), WORTH)
            for name, n in (("enrichment", 170.0), ("all-comers", 400.0), ("stratified", 500.0))
        ]
        best.append(max(0.0, *(outcome.net_benefit(96.0) for outcome in at)))
    assert abs(found.net_benefit[-1] - np.mean(best)) < 3 * np.std(best) / np.sqrt(2000)


def test_a_discovery_study_that_costs_more_than_it_tells_is_advised_against():
    found = discover(cost=10.0)
    assert found.best == 0
    assert "do not wait" in found.reason


def test_waiting_for_the_endpoint_of_a_discovery_study_shortens_the_horizon():
    waited = discover(sizes=[200], delay=12.0, grid=17)
    shorter = discover(sizes=[200], worth=replace(WORTH, horizon=WORTH.horizon - 12.0), grid=17)
    at_once = discover(sizes=[200], grid=17)
    assert_allclose(waited.net_benefit, [at_once.net_benefit[0], shorter.net_benefit[1]], rtol=1e-12)
    with pytest.raises(ConfigError, match=r"^delay is -1.*allowed"):
        discover(sizes=[200], delay=-1.0)


def test_a_discovery_study_is_for_studies_of_one_marker():
    studies = [
        trial.Study.plan(Option("enrichment", replace(SETTING, prevalence=p), np.nan, 0.025), COSTS, 100.0)
        for p in (0.2, 0.3)
    ]
    with pytest.raises(ConfigError, match="one prevalence"):
        trial.discovery_value(studies, UNSURE, WORTH, sizes=[10])


def test_a_platform_is_weighed_by_one_treatment_s_share_and_constrained_as_a_whole():
    choices = {"worth": WORTH, "sizes": 1, "designs": ("all-comers", "platform"), "arms": 4}
    found = {c.design: c for c in trial.optimise(SETTING, costs=COSTS, **choices).candidates}
    platform = found["platform"]
    alone = trial.platform(SETTING, n=platform.n, alpha=0.025, arms=4, multiplicity="dunnett")
    assert_allclose(platform.power, alone.power["arm"])
    assert_allclose(alone.decisions["family-wise error"], 0.025, atol=1e-6)
    assert_allclose(platform.cost, platform.cost_most / 4)
    assert_allclose(platform.patients, platform.patients_most / 4)
    benefit = WORTH.rates(SETTING)[0] * max(WORTH.horizon - platform.duration, 0.0)
    assert_allclose(platform.net_benefit, alone.power["arm"] * benefit - platform.cost)
    assert platform.patients < found["all-comers"].patients
    budget = 0.99 * platform.cost_most
    limited = trial.optimise(SETTING, costs=COSTS, constraints=trial.Constraints(budget=budget), **choices)
    assert not [c for c in limited.candidates if c.design == "platform" and c.feasible]


# --- speed ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_seven_designs_in_two_hundred_settings_take_less_than_ten_seconds_of_one_core():
    start = time.process_time()
    prevalence, hazard_ratio, sensitivity = (0.1, 0.2, 0.3, 0.4, 0.5), (0.4, 0.5, 0.55, 0.6), (0.8, 0.9)
    for p, ratio, se, r in product(prevalence, hazard_ratio, sensitivity, (0.8, 1.0, 1.25, 1.5, 2.0)):
        setting = trial.Setting(
            p, replace(SURVIVAL, hazard_ratio_positive=ratio), trial.Assay(se, 0.95), 0.8, r, screening_rate=30.0
        )
        for name in (*COMPUTED, "platform"):
            result = trial.DESIGNS[name].evaluate(setting, power=0.9)
            assert_allclose(result.power[result.primary], 0.9, rtol=1e-8)
    assert time.process_time() - start < 10.0


def test_adaptive_enrichment_is_searched_with_the_same_draws_each_time():
    choices = {
        "setting": replace(SETTING, prevalence=0.3, effect=trial.MeansEffect(0.5, 0.0, sd=1.0)),
        "costs": COSTS,
        "worth": WORTH,
        "uncertainty": trial.EffectUncertainty(0.1, 0.1),
        "constraints": trial.Constraints(power=0.8),
        "designs": ("fallback", "adaptive-enrichment"),
        "sizes": 2,
        "nodes": 3,
    }
    one, other = (trial.optimise(rng=np.random.default_rng(4), **choices) for _ in range(2))
    assert [c.n for c in one.candidates] == [c.n for c in other.candidates]
    assert [c.net_benefit for c in one.candidates] == [c.net_benefit for c in other.candidates]
    found = next(c for c in one.candidates if c.design == "adaptive-enrichment")
    again = trial.adaptive_enrichment(found.study.option.setting, n=found.n, rng=np.random.default_rng(11))
    assert abs(again.power["any"] - found.power) < 0.015
    # one subject in a hundred fewer has not the power asked for
    fewer = found.study.option.evaluate(n=0.99 * found.n)
    assert fewer.power["any"] < 0.8 <= found.power
    with pytest.raises(ConfigError, match="rng is None; allowed: a numpy"):
        trial.optimise(**choices)
