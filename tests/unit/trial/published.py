"""How each published case is computed with `biomarker.trial`: a function of the case's inputs a case or family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from biomarker import trial

Numbers = dict[str, Any]
COMPUTE: dict[str, Callable[[Numbers], Any]] = {}

SHAPES = {
    "OF": lambda given: trial.OBrienFleming(),
    "P": lambda given: trial.Pocock(),
    "WT": lambda given: trial.WangTsiatis(given["delta_wt"]),
    "HP": lambda given: trial.HaybittlePeto(),
    "asOF": lambda given: trial.LanDeMetsOBrienFleming(),
    "asP": lambda given: trial.LanDeMetsPocock(),
}


def computes(*names: str) -> Callable[[Callable[[Numbers], Any]], Callable[[Numbers], Any]]:
    """Say which cases a function computes."""

    def register(function: Callable[[Numbers], Any]) -> Callable[[Numbers], Any]:
        COMPUTE.update(dict.fromkeys(names, function))
        return function

    return register


@computes(
    *(f"GS-OF-K{k}" for k in (2, 3, 5, 10)),
    *(f"GS-P-K{k}" for k in (2, 3, 4, 5, 10)),
    *(f"GS-asOF-K{k}" for k in (3, 4, 10)),
    *(f"GS-asP-K{k}" for k in (3, 5, 10)),
    "GS-WT-K3",
    "GS-HP-K5",
)
def one_sided(given):
    design = trial.group_sequential(
        information=given["K"], alpha=given["alpha"], power=1 - given["beta"], efficacy=SHAPES[given["type"]](given)
    )
    return {
        "z": design.upper,
        "nominal_p_one_sided": design.nominal_p,
        "alpha_spent": design.alpha_spent,
        "inflation_factor": design.inflation_factor,
        "shift": design.drift**2,
        "asn_ratio_H1": design.expected_information,
        "asn_ratio_H0": design.expected_information_null,
        "asn_ratio_H0H1": design.expected_information_half,
    }


def constants(given, shape, at):
    found = {}
    for alpha in given["alpha"]:
        for k in given["K"]:
            design = trial.group_sequential(information=k, alpha=alpha, sided=2, efficacy=shape)
            found[f"alpha{alpha}_K{k}"] = design.upper[at]
    return found


@computes("GS-JT-CONST-OF")
def constants_of_obrien_fleming(given):
    return constants(given, trial.OBrienFleming(), -1)


@computes("GS-JT-CONST-POC")
def constants_of_pocock(given):
    return constants(given, trial.Pocock(), 0)


@computes("GS-JT-INFLATION")
def inflation(given):
    found = {}
    for name, shape in (("OF", trial.OBrienFleming()), ("P", trial.Pocock())):
        for k in (2, 3, 4, 5, 10):
            for power in (0.9, 0.8):
                design = trial.group_sequential(information=k, alpha=0.05, sided=2, power=power, efficacy=shape)
                found[f"{name}_K{k}_power{power}"] = {
                    "R": design.inflation_factor,
                    "asn_H1": design.expected_information,
                    "asn_H0": design.expected_information_null,
                }
    return found


@computes("GS-JT-OFSS")
def percent_of_the_fixed_design(given):
    designs = [
        trial.group_sequential(
            information=case["K"], alpha=0.05, sided=2, power=1 - case["beta"], efficacy=trial.OBrienFleming()
        )
        for case in given["cases"]
    ]
    return {
        "max_pct": [100 * design.inflation_factor for design in designs],
        "EN_H0_pct": [100 * design.expected_information_null for design in designs],
    }


@computes("GS-JT-POWERFAM")
def power_family(given):
    designs = [
        trial.group_sequential(
            information=case["K"], alpha=0.05, sided=2, power=0.8, efficacy=trial.KimDeMets(case["rho"])
        )
        for case in given["cases"]
    ]
    times = np.array(given["theta_mult"])
    return {
        "max_pct": [100 * design.inflation_factor for design in designs],
        "EN_pct": [100 * design.expected(times * design.drift) for design in designs],
    }


@computes("GS-REPEATED")
def repeated_naive_tests(given):
    upper = {
        k: trial.exit_probabilities(np.arange(1, k + 1) / k, [-given["z"]] * k, [given["z"]] * k)
        for k in given["K"] + [4]
    }
    return {
        "alpha": [float((upper[k].upper + upper[k].lower).sum()) for k in given["K"]],
        "upper_tail_published": {str(k): float(upper[k].upper.sum()) for k in (2, 4, 10, 20)},
    }


@computes("GS-HSD4-K5-ONESIDED")
def one_sided_without_futility(given):
    design = trial.group_sequential(information=given["K"], efficacy=trial.HwangShihDeCani(given["gamma"]))
    return {
        "z": design.upper,
        "n_ratio": design.information * design.inflation_factor,
        "spend": np.diff(design.alpha_spent, prepend=0),
        "power_per_look": design.power_by_look,
        "EN_H0": design.expected_information_null,
        "EN_H1": design.expected_information,
        "theta_drift_fixed": design.fixed_drift,
    }


def with_futility(given, *, binding):
    return trial.group_sequential(
        information=given["K"],
        efficacy=trial.HwangShihDeCani(given["sfu_gamma"]),
        futility=trial.HwangShihDeCani(given["sfl_gamma"]),
        binding=binding,
    )


@computes("GS-HSD-TYPE4")
def non_binding_futility(given):
    design = with_futility(given, binding=False)
    return {
        "N": given["n_fix"] * design.information * design.inflation_factor,
        "z_low": design.lower,
        "z_up": design.upper,
        "spend_low": np.diff(design.beta_spent, prepend=0),
        "EN_H0": given["n_fix"] * design.expected_information_null,
        "EN_H1": given["n_fix"] * design.expected_information,
        "alpha_when_futility_binding": design.type_one_error,
    }


@computes("GS-HSD-TYPE3")
def binding_futility(given):
    design = with_futility(given, binding=True)
    return {
        "n_ratio": design.information * design.inflation_factor,
        "z_low": design.lower,
        "z_up": design.upper,
        "EN_H0": design.expected_information_null,
        "EN_H1": design.expected_information,
        "power_per_look": design.power_by_look,
    }


@computes("GS-LDOF-UNEQUAL", "GS-LDOF-UNEQUAL2")
def unequal_looks(given):
    design = trial.group_sequential(information=given["t"], alpha=given["alpha"], power=1 - given["beta"])
    return {"z": design.upper, "alpha_spent": design.alpha_spent, "inflation": design.inflation_factor}


@computes("GS-RPACT-IN-DEFAULT")
def default_of_the_inverse_normal_design(given):
    design = trial.group_sequential(information=given["K"], efficacy=trial.OBrienFleming())
    return {"alpha_spent": design.alpha_spent, "z": design.upper, "stage_levels": design.nominal_p}


@computes("GS-RPACT-WT03")
def wang_tsiatis_unequal(given):
    design = trial.group_sequential(information=given["t"], efficacy=trial.WangTsiatis(given["Delta"]))
    return {"alpha_spent": design.alpha_spent, "z": design.upper, "reject_per_stage": design.power_by_look}


@computes("GS-RPACT-PROB")
def probabilities_of_a_recursion(given):
    k = len(given["t"])
    ended = trial.exit_probabilities(given["t"], [given["lower"]] * k, [given["upper"]] * k)
    reached = 1 - np.append(0, np.cumsum(ended.upper[0] + ended.lower[0])[:-1])
    return {"P_below": ended.lower[0], "P_below_plus_continue": reached - ended.upper[0], "P_total": reached}


@computes("GS-HSD-K3", "GS-KD-K3")
def spending_families(given):
    name, family = ("gamma", trial.HwangShihDeCani) if "gamma" in given else ("rho", trial.KimDeMets)
    found = {}
    for value in given[name]:
        design = trial.group_sequential(information=given["K"], efficacy=family(value))
        found[str(value)] = {"z": design.upper, "alpha_spent": design.alpha_spent, "inflation": design.inflation_factor}
    return found


@computes("GS-CP-EAST")
def conditional_power(given):
    design = trial.group_sequential(information=2, efficacy=trial.HwangShihDeCani(-4))
    drift = given["theta"] * np.sqrt(given["n2"] / (1 - given["timing"]))
    return {"conditional_power": trial.conditional_power(design, given["z1"], look=1, drift=drift)[0]}


@computes("GS-INVNORM")
def combination_tests(given):
    from scipy.special import ndtr

    z = trial.inverse_normal([given["p1"], given["p2"]], weights=given["w"])[-1]
    return {
        "z": z,
        "p": ndtr(-z),
        "fisher_p": trial.fisher_combination([given["p1"], given["p2"]])[1][-1],
        "fisher_design_crit": trial.fisher_design(looks=2, alpha=0.025).critical,
    }


@computes("GS-POWER-RATES")
def power_of_rates_with_looks(given):
    design = trial.group_sequential(information=given["K"], alpha=given["alpha"], efficacy=SHAPES[given["type"]](given))
    found = [trial.power_rates(given["N"], rate, given["pi2"], design=design) for rate in given["pi1"]]
    return {"power": [one.power for one in found], "EN": [one.n_expected for one in found]}


@computes("SS-SCHOENFELD")
def schoenfeld(given):
    return {
        f"events_power{power}": [trial.events_needed(hr, power=power / 100) for hr in given["hr"]] for power in (90, 80)
    }


@computes("SS-NEVENTS-07")
def events_of_one_hazard_ratio(given):
    events = trial.events_needed(given["hr"], alpha=given["alpha"], power=1 - given["beta"])
    return {"events": events, "events_ceiling": np.ceil(events)}


@computes("SS-SURV-SCHOEN_06", "SS-SURV-SCHOEN_06R2")
def subjects_for_survival(given):
    size = trial.sample_size_survival(
        given["hr"],
        hazard_control=given["lambda2"],
        accrual=trial.Accrual(given["accrual"]),
        follow_up=given["followup"],
        ratio=given["ratio"],
    )
    return {
        "eventsFixed": size.events_fixed,
        "maxNumberOfEvents": size.events,
        "maxNumberOfSubjects": size.n,
        "nFixed": size.n_fixed,
        "analysisTime": size.duration,
        "omega": size.events / size.n,
    }


@computes("SS-SURV-GS4-FU")
def follow_up_for_given_accrual(given):
    size = trial.sample_size_survival(
        given["hr"],
        hazard_control=given["lambda2"],
        accrual=trial.Accrual(given["accrual"], rates=given["accrual_rate"]),
        design=trial.group_sequential(information=given["t"]),
    )
    return {
        "study_duration": size.duration,
        "min_followup": size.follow_up,
        "events": size.events,
        "n": size.n,
        "rpact_events": size.events,
        "rpact_followup": size.follow_up,
    }


@computes("SS-LACHIN-FOULKES")
def lachin_foulkes(given):
    def size(method="lachin-foulkes", dropout=0.0, **more):
        return trial.sample_size_survival(
            given["lambda2"] / given["lambda1"],
            hazard_control=given["lambda1"],
            dropout=dropout,
            follow_up=given["Ts"] - given["Tr"],
            method=method,
            **({"accrual": trial.Accrual(given["Tr"])} | more),
        )

    decaying = {"accrual": trial.Accrual(given["Tr"], decay=1.0)}
    uniform = size(dropout=given["eta"])
    return {
        "n_unif": uniform.n_whole,
        "events": uniform.events_whole,
        "n_expo_accrual_gamma1": size(dropout=given["eta"], **decaying).n_whole,
        "n_rd_approx_eta0": size("lachin-simple").n_whole,
        "n_rd_exact_eta0": size("lachin").n_whole,
        "expo_ratio125_eta0": {"n": (r := size(ratio=1.25, **decaying)).n_whole, "events": r.events_whole},
        "expo_ratio08_eta0": {"n": (r := size(ratio=0.8, **decaying)).n_whole, "events": r.events_whole},
    }


@computes("SS-GSSURV-LF")
def looks_at_a_survival_study(given):
    design = trial.group_sequential(
        information=given["K"], efficacy=trial.HwangShihDeCani(-4), futility=trial.HwangShihDeCani(-2)
    )
    size = trial.sample_size_survival(
        given["hr"],
        hazard_control=given["lambdaC"],
        accrual=trial.Accrual(rates=given["accrual_rate"]),
        follow_up=given["minfup"],
        method="lachin-foulkes",
        design=design,
    )
    return {
        "N": size.n,
        "events": size.events,
        "Z_eff": design.upper,
        "Z_fut": design.lower,
        "HR_at_eff": size.critical_hazard_ratio,
        "HR_at_fut": np.exp(-design.lower * 2 / np.sqrt(size.events_by_look)),
        "P_cross_eff_H1": np.cumsum(design.power_by_look),
    }


@computes("SS-RPACT-SURV-PI")
def survival_from_event_probabilities(given):
    control = trial.hazard_from_event_probability(given["pi2"], time=given["eventTime"])
    treated = [trial.hazard_from_event_probability(p, time=given["eventTime"]) for p in given["pi1"]]
    sizes = [
        trial.sample_size_survival(
            hazard / control,
            hazard_control=control,
            accrual=trial.Accrual(given["accrual"]),
            follow_up=given["followup"],
            alpha=given["alpha"],
            power=1 - given["beta"],
        )
        for hazard in treated
    ]
    return {
        "lambda1": treated,
        "lambda2": control,
        "hr": [size.hazard_ratio for size in sizes],
        "median2": np.log(2) / control,
        "events": [size.events for size in sizes],
        "n": [size.n for size in sizes],
        "hr_critical": [size.critical_hazard_ratio[0] for size in sizes],
    }


@computes("SS-RATES")
def two_rates(given):
    return {
        "n_total": [
            trial.sample_size_rates(case["p1"], case["p2"], power=case["power"], ratio=case["ratio"]).n
            for case in given["cases"]
        ]
    }


@computes("SS-MEANS")
def two_means(given):
    looks = trial.group_sequential(information=3, efficacy=trial.OBrienFleming())
    with_looks = trial.sample_size_means(given["delta"], sd=given["sd"], method="z", design=looks)
    return {
        "n_z": trial.sample_size_means(given["delta"], sd=given["sd"], method="z").n,
        "n_t": trial.sample_size_means(given["delta"], sd=given["sd"]).n,
        "gs_max_n": with_looks.n,
        "gs_EN_H1": with_looks.n_expected,
        "gs_crit_effect": with_looks.critical_effect,
        "pwr_t_test_n_per_arm_twosided": trial.sample_size_means(given["delta"], sd=given["sd"], sided=2).n_treatment,
    }


@computes("SS-NNORMAL")
def unequal_variances(given):
    # the source's group 2, twice as large, is the one with sd2
    setting = {"sd": given["sd2"], "sd_control": given["sd1"], "ratio": given["ratio"], "method": "z"}
    return {
        "n_power90": trial.sample_size_means(given["delta"], **setting).n,
        "power_n200": trial.power_means(200, given["delta"], **setting).power,
    }


@computes("SS-PWR")
def classics(given):
    return {
        "n_arcsine": trial.sample_size_rates(0.67, 0.805, method="arcsine", sided=2).n_control,
        "n_power_prop_test": trial.sample_size_rates(0.5, 0.75, sided=2).n_control,
        "n_anova": trial.sample_size_anova(0.25, groups=4, power=0.8).n_treatment,
        "n_t_d05_power80": trial.sample_size_means(0.5, sd=1, sided=2, power=0.8).n_control,
    }


@computes("SS-SIMON-2STAGE")
def simon(given):
    found = []
    for case in given["designs"]:
        both = trial.simon_two_stage(case["p0"], case["p1"], alpha=case["alpha"], power=1 - case["beta"])
        found.append(
            {
                name: {
                    "r1": design.r1,
                    "n1": design.n1,
                    "r": design.r,
                    "n": design.n,
                    "EN": design.expected_n,
                    "PET": design.early_stop,
                    "alpha": design.alpha,
                    "power": design.power,
                }
                for name, design in (("optimal", both.optimal), ("minimax", both.minimax))
            }
        )
    return found


@computes("BM-CDX-CI")
def agreement(given):
    exact, score = {}, {}
    for case in given["cases"]:
        x, n = map(int, case.split("/"))
        exact[case] = [float(limit) for limit in trial.proportion_interval(x, n)]
        score[case] = [float(limit) for limit in trial.proportion_interval(x, n, method="wilson")]
    table = np.array(given["kappa_table"]) / np.sum(given["kappa_table"])
    observed, chance = np.trace(table), table.sum(axis=0) @ table.sum(axis=1)
    return {
        "clopper_pearson": exact,
        "wilson": score,
        "kappa": (observed - chance) / (1 - chance),
        "po": observed,
        "pe": chance,
    }


@computes("BM-SM-RATIO")
def efficiency_of_enrichment(given):
    found = []
    for case in given["cases"]:
        one = trial.enrichment_efficiency(
            case["d_pos"], case["d_neg"], prevalence=case["prev"], assay=trial.Assay(case["se"], case["sp"])
        )
        found.append(
            {
                "ppv": one.ppv,
                "test_pos": one.test_positive,
                "delta_targeted": one.effect_targeted,
                "delta_untargeted": one.effect_untargeted,
                "randomised_ratio": one.randomised_ratio,
                "screened_ratio": one.screened_ratio,
            }
        )
    return found


@computes("BM-TRASTUZUMAB")
def trastuzumab(given):
    control, gain, found = given["p_control"], given["delta_pos"], {}
    for name, in_negative, design in (
        ("targeted", 0.0, trial.enrichment),
        ("untargeted", 0.0, trial.all_comers),
        ("half", gain / 2, trial.all_comers),
    ):
        effect = trial.RatesEffect(control + gain, control + in_negative, control, control)
        setting = trial.Setting(given["prev"], effect)
        found[f"n_{name}_uncorrected"] = (
            design(setting, power=given["power"], alpha=given["alpha"] / 2).n_randomised / 2
        )
        overall = gain if name == "targeted" else given["prev"] * gain + (1 - given["prev"]) * in_negative
        corrected = trial.sample_size_rates(control + overall, control, sided=2, method="continuity")
        found[f"n_{name}_cc"] = corrected.n_treatment
    return found


@computes("BM-MIX-HR")
def diluted_hazard_ratio(given):
    effect = trial.SurvivalEffect(given["hr_pos"], given["hr_neg"], 0.1, 12, 12, mixture="prevalence")
    setting = trial.Setting(given["prev"], effect)
    return {
        "prev": given["prev"],
        "hr_pos": given["hr_pos"],
        "hr_neg": given["hr_neg"],
        "overall_hr": np.exp(-setting.all().effect),
        "events_pos": trial.enrichment(setting, power=given["power"], alpha=given["alpha"]).events,
        "events_all": trial.all_comers(setting, power=given["power"], alpha=given["alpha"]).events,
    }


@computes("BM-SONGCHI-ALPHA")
def level_of_the_subset(given):
    levels = {"alpha_overall": given["alpha_overall"]}
    return {
        "alpha_subset": [trial.subset_alpha(given["alpha_total"], fraction=p, **levels) for p in given["prev"]],
        "bonferroni_alpha_subset": trial.subset_alpha(given["alpha_total"], fraction=0.5, correlated=False, **levels),
    }


@computes("BM-SPIESSENS")
def intersections(given):
    from scipy.special import ndtr

    names = {"p": "spiessens-debois", "bonf": "bonferroni", "sidak": "sidak", "simes": "simes"}
    p = ndtr(-given["zF"]), ndtr(-given["zS"])
    return {
        key: float(trial.intersection_p_value(*p, method=method, fraction=given["prev"]))
        for key, method in names.items()
    }


@computes("BM-ADENRICH-SURV-SPIESSENSDEBOIS")
def adaptive_enrichment_survival(given):
    return adaptive_enrichment_of(given, "spiessens-debois")


@computes("BM-ADENRICH-SURV-SIDAK")
def adaptive_enrichment_survival_sidak(given):
    return adaptive_enrichment_of(given, "sidak")


def adaptive_enrichment_of(given, method):
    from scipy.special import ndtr

    # the source's design also has non-binding futility bounds that spend beta t^1.3, which its conditional rejection
    # probabilities obey and its critical values do not know of
    design = trial.group_sequential(
        information=given["design"]["information"], efficacy=trial.LanDeMetsPocock(), futility=trial.KimDeMets(1.3)
    )
    z = {name: np.array(given[name]["logRanks"], dtype=float) for name in ("S1", "F")}
    events = {name: np.array(given[name]["events"], dtype=float) for name in ("S1", "F")}
    both = ~np.isnan(z["F"])
    fraction = np.where(both, events["S1"] / events["F"], 1.0)
    test = trial.closed_combination_test(ndtr(-z["F"]), ndtr(-z["S1"]), design=design, method=method, fraction=fraction)
    limits = [
        trial.closed_confidence_interval(
            lambda effect, k=k: z["S1"][:k] - effect * np.sqrt(events["S1"][:k]) / 2,
            design=design,
            both=both[:k],
            limits=(-5, 5),
            method=method,
            fraction=fraction[:k],
        )
        for k in (1, 2, 3)
    ]
    subset, full = test.repeated_p["subset"], test.repeated_p["full"]
    return {
        "critical_z": test.critical,
        "adjusted_stage_p_S_and_F": test.stage_p["both"],
        "adjusted_stage_p_S": test.stage_p["subset"],
        "adjusted_stage_p_F": test.stage_p["full"],
        "overall_z_S_and_F": test.overall_z["both"],
        "overall_z_S": test.overall_z["subset"],
        "rejected": [test.rejected["subset"], test.rejected["full"]],
        "repeated_p": [subset, full],
        "published": {
            "repeated_p_S": subset,
            "repeated_p_F": full[:2],
            "crp_S": test.conditional_rejection["subset"][:2],
            "crp_F": test.conditional_rejection["full"][:2],
            "rci_low_S": np.exp([low for low, _ in limits]),
            "rci_up_S": np.exp([high for _, high in limits]),
        },
    }


@computes("BM-ADENRICH-RATES")
def adaptive_enrichment_rates(given):
    from scipy.special import ndtr

    design = trial.group_sequential(information=[0.4, 0.7, 1.0], alpha=0.02, efficacy=trial.Pocock())
    data = {name: {key: np.array(value[:2]) for key, value in given[name].items()} for name in ("S1", "F")}

    def z(name, null=0.0):
        one = data[name]
        # lower is better: large where the treatment has fewer events
        return -np.array(
            [trial.rates_statistic(one["e1"][k], one["n1"][k], one["e2"][k], one["n2"][k], null=null) for k in (0, 1)]
        )

    size = {name: one["n1"] + one["n2"] for name, one in data.items()}
    fraction = size["S1"] / size["F"]
    found = {}
    for name, method in (("SpiessensDebois", "spiessens-debois"), ("Bonferroni", "bonferroni")):
        test = trial.closed_combination_test(
            ndtr(-z("F")), ndtr(-z("S1")), design=design, method=method, fraction=fraction
        )
        left = {key: test.conditional_rejection[key][:2] for key in ("subset", "full")}
        limits = [
            trial.closed_confidence_interval(
                lambda effect, k=k: -z("S1", effect)[:k],
                design=design,
                both=[True] * k,
                limits=(-0.95, 0.9),
                method=method,
                fraction=fraction[:k],
            )
            for k in (1, 2)
        ]
        power = [
            trial.power_rates(
                80,
                data[key]["e1"].sum() / data[key]["n1"].sum(),
                data[key]["e2"].sum() / data[key]["n2"].sum(),
                ratio=0.5,
                alpha=float(left[part][1]),
            ).power
            for key, part in (("S1", "subset"), ("F", "full"))
        ]
        found[name] = {
            "crp_S": left["subset"],
            "crp_F": left["full"],
            "cp": power,
            "repeated_p": test.repeated_p["subset"][:2],
            "rci_low_S": [low for low, _ in limits],
            "rci_up_S": [high for _, high in limits],
        }
    return found
