"""Study designs: how many subjects, when to look, whom to enrol. Usable on its own with plain numbers.

from biomarker import trial
trial.group_sequential(information=3, efficacy=trial.OBrienFleming(), power=0.9)
"""

from biomarker.trial.combination import FisherDesign, fisher_combination, fisher_design, inverse_normal
from biomarker.trial.group_sequential import GroupSequentialDesign, group_sequential
from biomarker.trial.monitoring import (
    StagewiseInference,
    conditional_power,
    predictive_power,
    repeated_confidence_interval,
    repeated_p_value,
    stagewise_inference,
)
from biomarker.trial.recursion import ExitProbabilities, exit_probabilities
from biomarker.trial.reestimation import Reestimation, promising_from, promising_zone
from biomarker.trial.spending import (
    Exponential,
    FixedBounds,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    LanDeMetsOBrienFleming,
    LanDeMetsPocock,
    OBrienFleming,
    Pocock,
    Spending,
    UserSpending,
    WangTsiatis,
)

__all__ = [
    "ExitProbabilities",
    "Exponential",
    "FisherDesign",
    "FixedBounds",
    "GroupSequentialDesign",
    "HaybittlePeto",
    "HwangShihDeCani",
    "KimDeMets",
    "LanDeMetsOBrienFleming",
    "LanDeMetsPocock",
    "OBrienFleming",
    "Pocock",
    "Reestimation",
    "Spending",
    "StagewiseInference",
    "UserSpending",
    "WangTsiatis",
    "conditional_power",
    "exit_probabilities",
    "fisher_combination",
    "fisher_design",
    "group_sequential",
    "inverse_normal",
    "predictive_power",
    "promising_from",
    "promising_zone",
    "repeated_confidence_interval",
    "repeated_p_value",
    "stagewise_inference",
]
