"""Study designs: how many subjects, when to look, whom to enrol. Usable on its own with plain numbers.

from biomarker import trial
trial.group_sequential(information=3, efficacy=trial.OBrienFleming(), power=0.9)
"""

from biomarker.trial.closed_testing import (
    ClosedTest,
    closed_combination_test,
    closed_confidence_interval,
    intersection_p_value,
    subset_alpha,
)
from biomarker.trial.combination import FisherDesign, fisher_combination, fisher_design, inverse_normal
from biomarker.trial.designs.adaptive_enrichment import adaptive_enrichment
from biomarker.trial.designs.all_comers import all_comers
from biomarker.trial.designs.basket import basket, basket_posterior
from biomarker.trial.designs.enrichment import Efficiency, enrichment, enrichment_efficiency
from biomarker.trial.designs.fallback import fallback
from biomarker.trial.designs.platform import dunnett_critical, platform
from biomarker.trial.designs.registry import DESIGNS
from biomarker.trial.designs.result import DesignMethod, DesignResult
from biomarker.trial.designs.setting import Assay, MeansEffect, RatesEffect, Setting, SurvivalEffect
from biomarker.trial.designs.signature import adaptive_signature
from biomarker.trial.designs.strategy import biomarker_strategy
from biomarker.trial.designs.stratified import stratified
from biomarker.trial.group_sequential import GroupSequentialDesign, group_sequential
from biomarker.trial.monitoring import (
    StagewiseInference,
    conditional_power,
    predictive_power,
    repeated_confidence_interval,
    repeated_p_value,
    stagewise_inference,
)
from biomarker.trial.planning.cutoffs import CutOffs
from biomarker.trial.planning.discovery import DiscoveryValue, discovery_value
from biomarker.trial.planning.pareto import pareto_front
from biomarker.trial.planning.search import Candidate, Constraints, Plan, optimise
from biomarker.trial.planning.uncertainty import Assurance, EffectUncertainty, assurance
from biomarker.trial.planning.worth import Costs, Outcome, Study, Worth
from biomarker.trial.recursion import ExitProbabilities, exit_probabilities
from biomarker.trial.reestimation import Reestimation, promising_from, promising_zone
from biomarker.trial.simulation.decision import OperatingCharacteristics
from biomarker.trial.simulation.operating import simulate_survival
from biomarker.trial.simulation.outcomes import OutcomeScenario, simulate_outcomes, standard_outcome_scenarios
from biomarker.trial.simulation.scenario import Scenario, standard_scenarios
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
from biomarker.trial.sizes.rates import power_rates, rates_statistic, sample_size_rates
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
    "DESIGNS",
    "Accrual",
    "Assay",
    "Assurance",
    "Candidate",
    "ClosedTest",
    "ClusterSize",
    "Constraints",
    "Costs",
    "CutOffs",
    "DesignMethod",
    "DesignResult",
    "DiagnosticSize",
    "DiscoveryValue",
    "EffectUncertainty",
    "Efficiency",
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
    "MeansEffect",
    "OBrienFleming",
    "OperatingCharacteristics",
    "Outcome",
    "OutcomeScenario",
    "Plan",
    "Pocock",
    "Power",
    "RatesEffect",
    "Reestimation",
    "SampleSize",
    "Scenario",
    "Setting",
    "SimonDesigns",
    "SingleStage",
    "Spending",
    "StagewiseInference",
    "Study",
    "SurvivalEffect",
    "SurvivalSize",
    "TwoStage",
    "UserSpending",
    "WangTsiatis",
    "Worth",
    "adaptive_enrichment",
    "adaptive_signature",
    "all_comers",
    "assurance",
    "basket",
    "basket_posterior",
    "biomarker_strategy",
    "closed_combination_test",
    "closed_confidence_interval",
    "cluster_size",
    "conditional_power",
    "design_effect",
    "discovery_value",
    "dunnett_critical",
    "enrichment",
    "enrichment_efficiency",
    "event_probability",
    "events_needed",
    "exit_probabilities",
    "fallback",
    "fisher_combination",
    "fisher_design",
    "group_sequential",
    "hazard_from_event_probability",
    "hazard_from_median",
    "intersection_p_value",
    "inverse_normal",
    "optimise",
    "pareto_front",
    "platform",
    "power_anova",
    "power_means",
    "power_rates",
    "power_survival",
    "predictive_power",
    "promising_from",
    "promising_zone",
    "proportion_interval",
    "rates_statistic",
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
    "simulate_outcomes",
    "simulate_survival",
    "single_stage",
    "stagewise_inference",
    "standard_outcome_scenarios",
    "standard_scenarios",
    "stratified",
    "subset_alpha",
    "two_stage_properties",
]
