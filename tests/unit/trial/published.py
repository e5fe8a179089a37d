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
