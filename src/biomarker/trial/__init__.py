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
from biomarker.trial.sizes.accrual import (
    Accrual,
    Hazard,
    event_probability,
    hazard_from_event_probability,
    hazard_from_median,
)
from biomarker.trial.sizes.clusters import ClusterSize, cluster_size, design_effect
from biomarker.trial.sizes.diagnostic import (
    DiagnosticSize,
    proportion_interval,
    sample_size_accuracy,
    sample_size_accuracy_test,
    sample_size_auc,
)
from biomarker.trial.sizes.interaction import (
    sample_size_interaction_means,
    sample_size_interaction_rates,
    sample_size_interaction_survival,
)
from biomarker.trial.sizes.means import power_anova, power_means, sample_size_anova, sample_size_means
from biomarker.trial.sizes.plan import Power, SampleSize
from biomarker.trial.sizes.rates import power_rates, sample_size_rates
from biomarker.trial.sizes.single_arm import (
    SimonDesigns,
    SingleStage,
    TwoStage,
    simon_two_stage,
    single_stage,
    two_stage_properties,
)
from biomarker.trial.sizes.survival import SurvivalSize, events_needed, power_survival, sample_size_survival
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
    "Accrual",
    "ClusterSize",
    "DiagnosticSize",
    "ExitProbabilities",
    "Exponential",
    "FisherDesign",
    "FixedBounds",
    "GroupSequentialDesign",
    "HaybittlePeto",
    "Hazard",
    "HwangShihDeCani",
    "KimDeMets",
    "LanDeMetsOBrienFleming",
    "LanDeMetsPocock",
    "OBrienFleming",
    "Pocock",
    "Power",
    "Reestimation",
    "SampleSize",
    "SimonDesigns",
    "SingleStage",
    "Spending",
    "StagewiseInference",
    "SurvivalSize",
    "TwoStage",
    "UserSpending",
    "WangTsiatis",
    "cluster_size",
    "conditional_power",
    "design_effect",
    "event_probability",
    "events_needed",
    "exit_probabilities",
    "fisher_combination",
    "fisher_design",
    "group_sequential",
    "hazard_from_event_probability",
    "hazard_from_median",
    "inverse_normal",
    "power_anova",
    "power_means",
    "power_rates",
    "power_survival",
    "predictive_power",
    "promising_from",
    "promising_zone",
    "proportion_interval",
    "repeated_confidence_interval",
    "repeated_p_value",
    "sample_size_accuracy",
    "sample_size_accuracy_test",
    "sample_size_anova",
    "sample_size_auc",
    "sample_size_interaction_means",
    "sample_size_interaction_rates",
    "sample_size_interaction_survival",
    "sample_size_means",
    "sample_size_rates",
    "sample_size_survival",
    "simon_two_stage",
    "single_stage",
    "stagewise_inference",
    "two_stage_properties",
]
