"""Everything that judges a test or a prediction, in one place: `from biomarker.stats import diagnostics`.

Not part of `biomarker.stats` itself: every job of a workflow imports that, and would pay for these.
"""

from biomarker.stats.agreement import (
    Accuracy,
    Agreement,
    agreement,
    diagnostic_accuracy,
    predictive_values,
    two_by_two,
)
from biomarker.stats.auc import Auc, AucDifference, MannWhitney, auc, auc_difference, mann_whitney
from biomarker.stats.calibration import Calibration, calibration, calibration_in_the_large
from biomarker.stats.concordance_interval import ConcordanceInterval, concordance_interval
from biomarker.stats.decision_curve import (
    DecisionCurve,
    decision_curve,
    decision_curve_survival,
    net_benefit,
    net_benefit_at_prevalence,
    net_benefit_of_risk,
)
from biomarker.stats.log_rank import LogRank, log_rank
from biomarker.stats.lowess import lowess
from biomarker.stats.maximally_selected import MaximallySelected, log_rank_scores, maximally_selected, rank_scores
from biomarker.stats.proportion import Proportion, proportion
from biomarker.stats.reclassification import Reclassification, reclassification
from biomarker.stats.roc import RocCurve, RocPoint, partial_auc, roc_curve
from biomarker.stats.survival_summary import RestrictedMean, restricted_mean, survival_quantile
from biomarker.stats.time_dependent import AtTimes, time_dependent_auc, time_dependent_brier

__all__ = [
    "Accuracy", "Agreement", "AtTimes", "Auc", "AucDifference", "Calibration", "ConcordanceInterval", "DecisionCurve",
    "LogRank", "MannWhitney", "MaximallySelected", "Proportion", "Reclassification", "RestrictedMean", "RocCurve",
    "RocPoint", "agreement", "auc", "auc_difference", "calibration", "calibration_in_the_large",
    "concordance_interval", "decision_curve", "decision_curve_survival", "diagnostic_accuracy", "log_rank",
    "log_rank_scores", "lowess", "mann_whitney", "maximally_selected", "net_benefit", "net_benefit_at_prevalence",
    "net_benefit_of_risk", "partial_auc", "predictive_values", "proportion", "rank_scores", "reclassification",
    "restricted_mean", "roc_curve", "survival_quantile", "time_dependent_auc", "time_dependent_brier", "two_by_two",
]  # fmt: skip
