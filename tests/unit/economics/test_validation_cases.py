"""Published and recomputed cases of health economics: the project's own copy, and the shared list where present."""

import numpy as np
import pytest
from benchmarks.sick_sicker import PARAMETERS as SICK_SICKER
from benchmarks.sick_sicker import STRATEGIES, sick_sicker, sick_sicker_draws

from biomarker import economics as eco

from ...golden.validation.reading import assert_close, cases, r_data


def sick_sicker_inputs(i):
    rates = {name: i[name] for name in ("r_HD", "r_HS1", "r_S1H", "r_S1S2", "hr_S1", "hr_S2", "hr_S1S2_trtB")}
    costs = {f"c_{name}": i["c"][name] for name in ("H", "S1", "S2", "trtA", "trtB")}
    utilities = {f"u_{name}": i["u"][name] for name in ("H", "S1", "S2", "trtA")}
    return rates | costs | utilities


def darth_sick_sicker(i, e, tol):
    cost, qaly = sick_sicker(sick_sicker_inputs(i), cycles=i["cycles"], discount=i["discount"])
    for k, name in enumerate(STRATEGIES):
        assert_close(cost[k], e["cost"][name], tol["cost"])
        assert_close(qaly[k], e["qaly"][name], tol["qaly"])
        assert_close([cost[k], qaly[k]], e["full_precision"][name], 1e-9)
    found = eco.incremental_analysis(cost, qaly, names=STRATEGIES)
    assert [STRATEGIES[k] for k in found.frontier] == ["SoC", "B", "AB"]
    assert [n for n, s in zip(found.names, found.status, strict=True) if s == "D"] == e["dominated"]
    assert_close(found.icer[found.frontier[1:]], [e["icer_B_vs_SoC"], e["icer_AB_vs_B"]], tol["icer"])


def darth_wcc(i, e, tol):
    for correction, key in (("half-cycle", "half_cycle"), ("all-points", "none")):
        cost, qaly = sick_sicker(sick_sicker_inputs(i), cycles=i["cycles"], cycle_correction=correction)
        for k, name in enumerate(STRATEGIES):
            assert_close([cost[k], qaly[k]], e[key][name], tol)
        if correction == "half-cycle":
            found = eco.incremental_analysis(cost, qaly)
            assert_close(found.icer[found.frontier[1:]], e["icer_half"], tol)


def darth_ceac(i, e, tol):
    drawn = sick_sicker_draws(1000, np.random.default_rng(20261122))
    psa = eco.probabilistic_analysis(sick_sicker, drawn, names=STRATEGIES)
    found = eco.acceptability(psa, np.arange(0, 200_001, 5000)).optimal
    assert [name for name, _, _ in found] == [name for name, _, _ in e["optimal"]]
    switches = [low for _, low, _ in found[1:]]
    assert_close(switches, [low for _, low, _ in e["optimal"][1:]], tol["switch_wtp"])


def dampack_va(i, e, tol):
    found = eco.incremental_analysis(i["cost"], i["effect"], names=i["strategy"])
    assert [found.names[k] for k in found.order] == e["order"]
    assert [found.status[k] for k in found.order] == e["status"]
    for got, key in (
        (found.incremental_cost, "inc_cost"),
        (found.incremental_effect, "inc_effect"),
        (found.icer, "icer"),
    ):
        assert_close(got[found.order], e[key], tol)


def hiv_screen(i, e, tol):
    found = eco.incremental_analysis(i["cost"], i["qaly"], names=i["names"])
    assert_close(found.icer[:4], e["icer"], tol)
    assert found.status[4] == e["annual"]


def hiv_chancellor(i, e, tol):
    counts = np.array(i["counts"], dtype=float)
    mono = counts / counts.sum(axis=1, keepdims=True)
    slowed = np.where(~np.eye(4, dtype=bool), mono * i["rr"], 0.0)
    slowed += np.diag(1 - slowed.sum(axis=1))
    n, both = i["cycles"], i["rr_years"]
    yearly = np.array([a + b for a, b in zip(i["cost_direct"], i["cost_community"], strict=True)])
    alive = np.array([1.0, 1, 1, 0])

    def run(p, lamivudine_years, correction="end"):
        cost = np.zeros((n + 1, 4))
        cost[:, :3] = yearly + i["zidovudine"]
        cost[1 : lamivudine_years + 1, :3] += i["lamivudine"]
        return eco.cohort_model(
            p, [1, 0, 0, 0], cycles=n, state_costs=cost, state_effects=alive, discount_cost=i["discount_cost"],
            discount_effect=i["discount_effect"], cycle_correction=correction,
        )  # fmt: skip

    combined = np.concatenate([np.repeat(slowed[None], both, 0), np.repeat(mono[None], n - both, 0)])
    one, two = run(mono, 0), run(combined, both)
    for got, name in ((one.cost, "cost_mono"), (two.cost, "cost_comb")):
        assert_close(got, e[name], tol["cost"])
        assert_close(got, e["computed"][name], 1e-9)
    for got, name in ((one.effect, "ly_mono"), (two.effect, "ly_comb")):
        assert_close(got, e[name], tol["ly"])
        assert_close(got, e["computed"][name], 1e-9)
    ratio = eco.icer(two.cost, two.effect, comparator_cost=one.cost, comparator_effect=one.effect)[0]
    assert_close(ratio, e["icer"], tol["icer"])
    # printed from transition probabilities rounded to three decimals, as the case's note says of the life years
    assert_close(run(mono, 0, "half-cycle").effect, e["hcc_published"]["ly_mono"], 0.006)
    assert_close(run(combined, both, "half-cycle").effect, e["hcc_published"]["ly_comb"], 0.006)


def sumatriptan_tree(i, name, cost, relief, no_recurrence):
    """Evans 1997: an attack under one drug, over 24 hours."""
    u, p = i["u"], i["p"]
    hospital = [
        eco.branch("relief at the emergency department", probability=1 - p["admit"], effect=u["er"]),
        eco.branch("admitted", probability=p["admit"], cost=i["c_adm"], effect=u["endures"]),
    ]
    failed = [
        eco.branch("endures", probability=1 - p["er"], effect=u["endures"]),
        eco.branch("emergency department", probability=p["er"], cost=i["c_ed"], children=hospital),
    ]
    eased = [
        eco.branch("no recurrence", probability=no_recurrence, effect=u["relief_norec"]),
        eco.branch("recurrence, second dose", probability=1 - no_recurrence, cost=cost, effect=u["relief_rec"]),
    ]
    return eco.branch(name, cost=cost, children=[
        eco.branch("relief", probability=relief, children=eased),
        eco.branch("no relief", probability=1 - relief, children=failed),
    ])  # fmt: skip


def sumatriptan(i, e, tol):
    p = i["p"]
    trees = [
        sumatriptan_tree(i, "suma", i["c_suma"], p["suma_relief"], p["suma_norecurrence"]),
        sumatriptan_tree(i, "caf", i["c_caf"], p["caf_relief"], p["caf_norecurrence"]),
    ]
    cost, utility = (np.array(x) for x in zip(*(eco.roll_back(tree) for tree in trees), strict=True))
    assert_close(cost, e["cost"], 1e-9)
    assert_close(utility, e["utility"], 1e-9)
    ratio = (cost[0] - cost[1]) / ((utility[0] - utility[1]) / 365.25)
    assert_close(ratio, e["icer_per_qaly"], tol["icer"])
    first = {path.names[-1]: path for path in eco.paths(trees[0])}["no recurrence"]
    last = {path.names[-1]: path for path in eco.paths(trees[1])}["endures"]
    for path, want in ((first, e["path_A"]), (last, e["path_H"])):
        assert_close(path.probability, want["p"], 0.001)
        assert_close(path.probability * path.cost, want["cost"], tol["path"])
        assert_close(path.probability * path.effect, want["utility"], tol["path"])


def companion_test(i, e, tol):
    made = eco.companion_test(
        prevalence=i["prev"], sensitivity=i["sens"], specificity=i["spec"], test_cost=i["c_test"],
        drug_cost_positive=i["c_new"], drug_cost_negative=i["c_new"],
        control_cost_positive=i["c_soc"], control_cost_negative=i["c_soc"],
        drug_effect_positive=i["q_pos_new"], drug_effect_negative=i["q_neg_new"],
        control_effect_positive=i["q_pos_soc"], control_effect_negative=i["q_neg_soc"],
    )  # fmt: skip
    for k, name in enumerate(("SoC", "TreatAll", "TestTreat")):
        assert_close([made.cost[k], made.effect[k]], e[name], tol)
    found = made.incremental()
    assert_close(found.icer[2], e["icer_TestTreat_vs_SoC"], tol)
    assert found.status == ("ND", "D", "ND")


def dampack_psa(i, e, tol):
    # a list of tables: costs and effects of the strategies, in their order
    code = (
        "{x <- dampack::example_psa; m <- cbind(as.matrix(x$cost), as.matrix(x$effectiveness)); "
        "colnames(m) <- c(paste0(x$strategies, '_Cost'), paste0(x$strategies, '_Eff')); m}"
    )
    table = r_data("dampack", "example_psa", code)
    names = ("Chemo", "Radio", "Surg")
    psa = eco.psa_of(
        np.column_stack([table[f"{n}_Cost"] for n in names]), np.column_stack([table[f"{n}_Eff"] for n in names]),
        names=names,
    )  # fmt: skip
    for k, name in enumerate(names):
        assert_close(psa.cost[:, k].mean(), e["mean_cost"][f"{name}_Cost"], tol)
        assert_close(psa.effect[:, k].mean(), e["mean_eff"][f"{name}_Eff"], tol)
    found = eco.acceptability(psa, [point["wtp"] for point in e["points"]])
    for k, point in enumerate(e["points"]):
        assert_close(found.probability[k], [point["ceac"][f"{n}_Eff"] for n in names], tol)
        assert_close(found.evpi[k], point["evpi"], tol)
        assert f"{names[found.best[k]]}_Eff" == point["best"]


def rate_and_probability(i, e, tol):
    assert_close(eco.rate_to_probability(i["rate"]), e["p_annual"], tol)
    assert_close(eco.probability_to_rate(i["p5y"], time=5), e["rate_from_p10_5y"], tol)
    assert_close(eco.rescale_probability(i["p5y2"], given_over=5, wanted_over=1), e["annual_p_from_30pct_5y"], tol)


HANDLERS = {
    "ECON-DARTH-SICKSICKER": darth_sick_sicker,
    "ECON-DARTH-WCC": darth_wcc,
    "ECON-DARTH-CEAC": darth_ceac,
    "ECON-DAMPACK-VA": dampack_va,
    "ECON-HIV-SCREEN": hiv_screen,
    "ECON-HIV-CHANCELLOR": hiv_chancellor,
    "ECON-SUMATRIPTAN": sumatriptan,
    "ECON-TESTTREAT": companion_test,
    "ECON-DAMPACK-PSA": dampack_psa,
    "ECON-RATEPROB": rate_and_probability,
}
CASES = cases("3-economics")


@pytest.mark.parametrize("name", CASES)
def test_published_case(name):
    case = CASES[name]
    HANDLERS[case["id"]](case["inputs"], case["expected"], case["tolerance"])


def test_the_sick_sicker_parameters_are_those_of_the_case():
    assert sick_sicker_inputs(CASES["own/ECON-DARTH-SICKSICKER"]["inputs"]) == SICK_SICKER
